/**
 * Lines of batches read before: each node of a cluster is handed the same line for each of its peers. Only lines that came to
 * one change, which followed from the line's words and the devices it names, are kept.
 */
import type { Link, PreparedChange } from "../../../wasm/mod.ts";
import type { IpTool, Noted } from "./tool.ts";

interface Known {
  readonly devices: readonly Link[];
  readonly change: PreparedChange;
}

/** Lines kept of a kind; past that all are forgotten. */
const MOST = 100_000;
/** By program and family that was asked for. */
const kinds = new Map<string, Map<string, Known>>();

/** The lines of one kind, for one run of a tool. */
export class BatchMemo {
  readonly #lines: Map<string, Known>;
  readonly #tool: IpTool;
  /** A device as it was when a line was read, known to stand here as well. */
  #here: Link | undefined;

  constructor(program: string, tool: IpTool) {
    const kind = `${program} ${tool.options.family ?? ""}`;
    this.#lines = kinds.get(kind) ?? new Map();
    kinds.set(kind, this.#lines);
    this.#tool = tool;
  }

  /** What a line asks for here, where it was read before against devices like those that stand here. */
  find(line: string): PreparedChange | undefined {
    const known = this.#lines.get(line);
    return known?.devices.every((device) => this.#isHere(device)) ? known.change : undefined;
  }

  /** Keeps what a line asked for, where that may be asked for again. */
  keep(line: string, { devices, changes: [change, ...more] }: Noted): void {
    if (change === undefined || more.length > 0) return;
    if (this.#lines.size >= MOST) this.#lines.clear();
    this.#lines.set(line, { devices, change });
  }

  /** Devices may have changed. */
  forgetDevices(): void {
    this.#here = undefined;
  }

  #isHere(device: Link): boolean {
    if (device === this.#here) return true;
    this.#tool.keepLinks(true);
    const here = this.#tool.find(device.name);
    const like = here?.index === device.index && here.kind === device.kind && here.master === device.master;
    if (like) this.#here = device;
    return like;
  }
}
