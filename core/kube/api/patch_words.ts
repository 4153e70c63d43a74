/** How the server tells of a patch that makes something it cannot read. */
import { sameJson } from "../../base/mod.ts";
import { isMap } from "../patch/json_patch.ts";

/** A patched object as Go's JSON: whatever was changed is a map by then, with its keys in order. */
export function printPatched(value: unknown, old: unknown): string {
  return JSON.stringify(ordered(value, old)).replace(/[<>&]/g, (one) => ESCAPES[one] as string);
}

const ESCAPES: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };

function ordered(value: unknown, old: unknown): unknown {
  if (!isMap(value) || !isMap(old) || sameJson(value, old)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item, old[key])]));
}

const HANDLED = /^\S+ in version "[^"]*" cannot be handled as a \S+: ([^]*)$/;
const MISMATCH = /cannot unmarshal (\S+?)(?: \S+)? into Go struct field \S+ of type (\S+)$/;
const KINDS: Readonly<Record<string, string>> = { array: "slice", object: "map", number: "int64" };

/** Why a patched object cannot be read; strategic patches are not JSON any more where that is found out. */
export function reworded(message: string, strategic: boolean): string {
  const why = HANDLED.exec(message)?.[1] ?? message;
  const [, found = "", type = ""] = strategic ? MISMATCH.exec(why) ?? [] : [];
  if (type === "") return why;
  const kind = KINDS[found] ?? found;
  if (type.startsWith("[]")) return `cannot restore slice from ${kind}`;
  if (type.startsWith("map[")) return `cannot restore map from ${kind}`;
  if (type === "string") return `cannot convert ${kind} to string`;
  return /^v\d\w*\./.test(type) ? `cannot restore struct from: ${kind}` : `unrecognized type: ${type}`;
}
