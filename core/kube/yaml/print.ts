import { foldScalar, type Style } from "./fold.ts";
import { naturalOrder } from "./natural.ts";

/** YAML as kubectl prints it: keys in order, lists not indented, strings quoted only where they would be read as something else. */
export function printYaml(value: unknown): string {
  return `${lines(value, 0, 0).join("\n")}\n`;
}

type Entry = [key: string, value: unknown];

/** @param column where the first line begins, once its key or dash is written */
function lines(value: unknown, depth: number, column: number): string[] {
  if (Array.isArray(value)) return value.length === 0 ? ["[]"] : value.flatMap((item) => listItem(item, depth));
  if (typeof value !== "object" || value === null) return scalar(value, depth, column);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(byKey);
  if (entries.length === 0) return ["{}"];
  return entries.flatMap(([key, item]) => mapEntry(key, item, depth));
}

function byKey([a]: Entry, [b]: Entry): number {
  return naturalOrder(a, b);
}

function mapEntry(key: string, value: unknown, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const head = `${indent}${foldScalar(key, styleOf(key), 0, 0).join(" ")}:`;
  const isList = Array.isArray(value) && value.length > 0;
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && hasFields(value);
  if (isList) return [head, ...lines(value, depth, 0)];
  if (isMap) return [head, ...lines(value, depth + 1, 0)];
  const [first = "", ...rest] = lines(value, depth + 1, head.length + 1);
  return [`${head} ${first}`, ...rest];
}

function hasFields(value: object): boolean {
  return Object.values(value).some((item) => item !== undefined);
}

function listItem(item: unknown, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const [first = "", ...rest] = lines(item, depth + 1, indent.length + 2);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

function scalar(value: unknown, depth: number, column: number): string[] {
  if (value === null || value === undefined) return ["null"];
  if (typeof value !== "string") return [String(value)];
  return isBlock(value) ? block(value, depth) : foldScalar(value, styleOf(value), column, 2 * depth);
}

/** Whether a text of several lines can stand as a block. */
function isBlock(text: string): boolean {
  if (!text.includes("\n") || text.endsWith(" ")) return false;
  return !(UNPRINTABLE.test(text.replaceAll("\n", "")) || / \n/.test(text) || /^\n*$/.test(text));
}

/** A literal block; a text that begins with a blank or ends oddly says so in its head. */
function block(text: string, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const lead = text.startsWith(" ") || text.startsWith("\n") ? "2" : "";
  const chomp = text.endsWith("\n\n") ? "+" : text.endsWith("\n") ? "" : "-";
  const body = text.replace(/\n$/, "").split("\n");
  return [`|${lead}${chomp}`, ...body.map((line) => (line === "" ? "" : indent + line))];
}

const UNPRINTABLE = /[^\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

const NOT_A_STRING = [
  /^(|~|null|Null|NULL)$/,
  /^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)$/,
  /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/,
  /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/,
  /^\d{4}-\d\d?-\d\d?([Tt ]+\d\d?:\d\d:\d\d(\.\d*)?[ \t]*(Z|[-+]\d\d?(:\d\d)?)?)?$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^(<<|=)$/,
];

const INDICATOR = /^[-?:](\s|$)|^[,[\]{}#&*!|>'"%@`]|^(---|\.\.\.)|: |:$| #|^\s|\s$/;

function styleOf(text: string): Style {
  if (NOT_A_STRING.some((shape) => shape.test(text)) || UNPRINTABLE.test(text)) return "double";
  return INDICATOR.test(text) ? "single" : "plain";
}
