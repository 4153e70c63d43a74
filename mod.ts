/**
 * podwire: a whole Kubernetes cluster's network, and the Linux networks under it, that answers any packet and says why.
 *
 * ```ts
 * import { Lab } from "./mod.ts";
 *
 * const lab = await Lab.open({ files: ["apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"], nodes: 2 });
 * const { stdout } = await lab.exec("node/node-1", "ip route get 10.96.0.10");
 * ```
 *
 * @module
 */
import { Lab as CoreLab, type LabHost, type LabOptions } from "./core/lab/mod.ts";
import { planeBytes } from "./wasm/bytes.ts";

export { TextError } from "./core/base/mod.ts";
export {
  diff,
  parseLesson,
  PlaceError,
  playExchange,
  playLesson,
  printNameStory,
  readExpectations,
  setStage,
  testExpectation,
  verdictLines,
} from "./core/lab/mod.ts";
export type {
  Answer,
  Applied,
  Capture,
  DecidedBy,
  DiffRow,
  Exchange,
  Expectation,
  FlowOutcome,
  LabEvent,
  LabFile,
  LabHost,
  LabOptions,
  LabShell,
  Lesson,
  MachineRow,
  MatrixRow,
  NameStory,
  NodeRow,
  Overview,
  Played,
  PodRow,
  Protocol,
  ProxyMode,
  ServiceRow,
  Step,
  Tested,
  Variant,
  Verdict,
  Why,
} from "./core/lab/mod.ts";

/** One world: nodes, machines, objects and time, open for questions. */
export type Lab = CoreLab;

/** Opens labs on this runtime: Deno, a browser, Node. Edge isolates hand in their own host, see `examples/edge.ts`. */
export const Lab: {
  /** Builds the world and waits, on virtual time, until everything in it is ready. Throws a `TextError` on bad input. */
  open(options?: LabOptions, host?: LabHost): Promise<CoreLab>;
  /** The lab that a snapshot was taken of, as it was then. Throws a `TextError` where the text is no snapshot. */
  restore(snapshot: string, host?: LabHost): Promise<CoreLab>;
} = {
  open: (options = {}, host = defaultHost()) => CoreLab.open(options, host),
  restore: (snapshot, host = defaultHost()) => CoreLab.restore(snapshot, host),
};

let compiled: WebAssembly.Module | undefined;

/** The host that any JavaScript runtime with timers and run-time Wasm compilation is. */
export function defaultHost(): LabHost {
  compiled ??= new WebAssembly.Module(planeBytes());
  return { module: compiled, turn: macrotask };
}

/** What Deno and Node call a macrotask without delay; browsers have message channels for it. */
type Immediate = (settled: () => void) => unknown;

/** Timers would do as well, but runtimes clamp them to a millisecond. */
function macrotask(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: Immediate };
  return new Promise(setImmediate === undefined ? viaChannel : (settled) => void setImmediate(settled));
}

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

function viaChannel(settled: () => void): void {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  waiting.push(settled);
  channel.port2.postMessage(null);
}
