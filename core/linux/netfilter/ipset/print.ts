/** What `ipset list` and `ipset save` print. */
import { printWords } from "../address.ts";
import type { IpSet, Member, SetHeader } from "./model.ts";

/** Output modes of `-o`. */
export type Mode = "plain" | "save" | "xml";

/** Words of the header with their values, in the kernel's order. */
function headerWords(header: SetHeader): (readonly [string, string | undefined])[] {
  const hex = (number: number) => "0x" + number.toString(16).padStart(8, "0");
  const { type, range, size } = header;
  const words: (readonly [string, string | undefined])[] = [];
  if (type.method === "hash") {
    words.push(["family", header.family === 4 ? "inet" : "inet6"]);
    if (header.markmask !== undefined) words.push(["markmask", hex(header.markmask)]);
    words.push(["hashsize", `${header.hashsize}`], ["maxelem", `${header.maxelem}`]);
    if (header.netmask !== undefined) words.push(["netmask", `${header.netmask}`]);
  }
  if (range !== undefined) words.push(["range", rangeText(header, range)]);
  if (size !== undefined) words.push(["size", `${size}`]);
  if (header.timeout !== undefined) words.push(["timeout", `${header.timeout}`]);
  for (const flag of ["counters", "comment", "skbinfo"] as const) if (header[flag]) words.push([flag, undefined]);
  if (type.method === "hash") words.push(["bucketsize", `${header.bucketsize}`], ["initval", hex(header.initval)]);
  return words;
}

function rangeText({ type }: SetHeader, [low, high]: readonly [number, number]): string {
  return type.name === "bitmap:port" ? `${low}-${high}` : `${printWords([low])}-${printWords([high])}`;
}

function headerText(header: SetHeader): string {
  return headerWords(header).map(([word, value]) => value === undefined ? word : `${word} ${value}`).join(" ");
}

function memberText(text: string, member: Member, header: SetHeader): string {
  let out = text;
  if (header.timeout !== undefined) out += ` timeout ${Math.ceil(member.timeout / 1000)}`;
  if (member.nomatch) out += " nomatch";
  if (header.counters) out += ` packets ${member.packets} bytes ${member.bytes}`;
  if (member.comment !== undefined) out += ` comment "${member.comment}"`;
  for (const word of ["skbmark", "skbprio", "skbqueue"] as const) {
    if (member[word] !== undefined) out += ` ${word} ${member[word]}`;
  }
  return out;
}

/** Bytes the kernel would say a set takes: every element in a bucket of its own. */
function memory({ header, members }: IpSet): number {
  const { type, family, range } = header;
  const six = family === 6 && type.method === "hash" ? 8 : 0;
  if (range !== undefined) return type.memory + Math.ceil((range[1] - range[0] + 1) / 64) * 8;
  if (type.method === "list") return type.memory + 48 * members.size;
  const extra = (header.timeout === undefined ? 0 : 8) + (header.counters ? 16 : 0) + (header.comment ? 8 : 0) +
    (header.skbinfo ? 16 : 0);
  return type.memory + six + members.size * (32 + 2 * (type.element + (family === 6 ? 12 : 0) + extra));
}

/** A set in one of the output modes; `members` false leaves them out (`-t`). */
export function printSet(
  set: IpSet,
  references: number,
  options: { mode: Mode; members: boolean; sorted: boolean },
): string {
  const entries = [...set.members].map(([text, member]) => memberText(text, member, set.header));
  if (options.sorted) entries.sort();
  const shown = options.members ? entries : [];
  if (options.mode === "save") return printSave(set, shown);
  if (options.mode === "xml") return printXml(set, references, { entries: shown, members: options.members });
  return `Name: ${set.name}\nType: ${set.header.type.name}\nRevision: ${set.header.type.revision}\n` +
    `Header: ${headerText(set.header)}\nSize in memory: ${memory(set)}\nReferences: ${references}\n` +
    `Number of entries: ${entries.length}\n` + (options.members ? ["Members:", ...shown].join("\n") + "\n" : "");
}

function printSave({ name, header }: IpSet, entries: readonly string[]): string {
  return [`create ${name} ${header.type.name} ${headerText(header)}`, ...entries.map((entry) => `add ${name} ${entry}`)]
    .join("\n") + "\n";
}

function printXml(set: IpSet, references: number, given: { entries: readonly string[]; members: boolean }): string {
  const { name, header } = set;
  const words = headerWords(header).map(([word, value]) =>
    value === undefined ? `<${word}/>` : `<${word}>${value}</${word}>`
  );
  const members = given.entries.map((entry) => `<member><elem>${entry}</elem></member>\n`).join("");
  return `<ipset name="${name}">\n<type>${header.type.name}</type>\n<revision>${header.type.revision}</revision>\n` +
    `<header>${words.join("")}\n<memsize>${memory(set)}</memsize>\n<references>${references}</references>\n` +
    `<numentries>${set.members.size}</numentries>\n</header>\n` +
    (given.members ? `<members>\n${members}</members>\n` : "") + "</ipset>\n";
}
