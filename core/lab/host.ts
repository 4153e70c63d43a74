/** What a lab needs from whoever runs it: the plane's module and a way to wait for promises to settle. Nothing else of the outside world. */
export interface LabHost {
  /** The plane, compiled (edge isolates) or as bytes. */
  readonly module: WebAssembly.Module | BufferSource;
  /** One macrotask: resolves after every promise that can settle now has settled. */
  turn(): Promise<void>;
  /** When the lab begins, in milliseconds since 1970: 2026-01-01 unless the host wants its clients' clocks to agree with it. */
  readonly start?: number;
}
