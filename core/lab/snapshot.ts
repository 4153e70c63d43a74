/**
 * Snapshots: what a lab was opened with and every call that changed it since. The same calls on the same seed lead to the same
 * world, so a snapshot is small, is text, and holds on every runtime; restoring one takes the time that its calls take.
 */
import { TextError } from "../base/mod.ts";
import type { ApiRequest } from "../kube/mod.ts";
import type { Protocol } from "./answers.ts";
import type { LabFile } from "./files.ts";
import type { ProxyMode } from "./spec.ts";

/** One call that a lab was given; only calls that were carried out are kept. */
export type Call =
  | { readonly call: "apply" | "delete"; readonly files: readonly LabFile[] }
  | { readonly call: "exec"; readonly place: string; readonly command: string }
  | { readonly call: "why"; readonly from: string; readonly to: string; readonly proto: Protocol }
  | { readonly call: "matrix"; readonly port?: number }
  | { readonly call: "advance"; readonly seconds: number }
  | { readonly call: "proxy"; readonly mode: ProxyMode }
  /** A request that may have changed an object, from a client of the cluster outside. */
  | { readonly call: "kube"; readonly request: ApiRequest }
  | { readonly call: "shell"; readonly place: string }
  /** A line typed at the shell opened by the `shell`th of those calls, counted from 0. */
  | { readonly call: "type"; readonly shell: number; readonly line: string };

/** A lab as what leads to it. */
export interface Snapshot {
  readonly format: "podwire-snapshot/1";
  readonly options: {
    readonly files: readonly LabFile[];
    readonly nodes?: number | undefined;
    readonly network?: string | undefined;
    readonly proxy?: string | undefined;
    readonly seed?: number | undefined;
  };
  readonly calls: readonly Call[];
}

const FORMAT = "podwire-snapshot/1";

/** A snapshot as text. */
export function printSnapshot(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot)}\n`;
}

/** Reads a snapshot; anything else is a TextError. */
export function parseSnapshot(text: string, file = "snapshot"): Snapshot {
  const value = parseJson(text, file) as Partial<Snapshot> | null;
  if (value?.format !== FORMAT || !Array.isArray(value.calls) || !Array.isArray(value.options?.files)) {
    throw new TextError(file, 1, 1, "not a snapshot", `JSON with "format": "${FORMAT}", options and calls`);
  }
  return value as Snapshot;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TextError(file, 1, 1, `not JSON: ${(error as Error).message}`, "what Lab.snapshot() gave");
  }
}
