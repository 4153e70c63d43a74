/** Compares replies, log lines and HTTP answers with what a real CoreDNS gave. */
import { isMalformed, type Message, parseMessage, printRecord, type Rr } from "../../core/dns/mod.ts";
import type { Expected } from "./dns_format.ts";
import type { Reply } from "./dns_world.ts";
import { glob } from "./match.ts";

const SECTIONS = ["answer", "authority", "additional"] as const;
const SLACK = 0.3;

/** What differs between a reply and what was recorded; nothing where all is the same. */
export function compareReply(expected: Expected, reply: Reply): string[] {
  if ("failed" in reply) return expected[reply.failed] === true ? [] : [`${reply.failed}, a reply expected`];
  const failure = (["timeout", "refused", "closed"] as const).find((kind) => expected[kind]);
  const messages = reply.messages.map(parseMessage);
  if (failure !== undefined) return [`${failure} expected, got ${messages.map(told)}`];
  const broken = messages.find(isMalformed);
  if (broken !== undefined) return [`a broken message: ${broken.malformed}`];
  const all = messages as Message[];
  const first = all[0] as Message;
  const got = {
    rcode: first.rcode,
    opcode: first.opcode === "QUERY" ? undefined : first.opcode.replace("RESERVED", ""),
    flags: Object.entries(first.flags).filter(([, set]) => set).map(([flag]) => flag).join(" "),
    question: first.questions.map(({ name, type, class: kind }) =>
      `${name} ${kind.replace("CLASS0", "RESERVED0")} ${type}`
    )
      .join("\n"),
    size: (reply.messages[0] as Uint8Array).length,
  };
  const want = {
    rcode: expected.rcode,
    opcode: expected.opcode,
    flags: (expected.flags ?? []).join(" "),
    question: (expected.question ?? []).join("\n"),
    size: expected.size ?? got.size,
  };
  const problems: string[] = [];
  for (const key of ["rcode", "opcode", "flags", "question", "size"] as const) {
    if (want[key] !== got[key]) problems.push(`${key} ${want[key]} expected, got ${got[key]}`);
  }
  const sections = { answer: "answers", authority: "authorities", additional: "additionals" } as const;
  for (const section of SECTIONS) {
    const records = all.flatMap((message) => message[sections[section]]).map(lineOf);
    problems.push(...compareSection(section, { expected, records }));
  }
  const edns = ednsOf(first);
  if (JSON.stringify(sorted(expected.edns)) !== JSON.stringify(sorted(edns))) {
    problems.push(`edns ${JSON.stringify(expected.edns)} expected, got ${JSON.stringify(edns)}`);
  }
  const took = reply.took / 1000;
  if (expected.took === undefined ? took > 1 + SLACK : Math.abs(took - expected.took) > SLACK) {
    problems.push(`${expected.took ?? "less than 1"} s expected, took ${took} s`);
  }
  return problems;
}

function compareSection(
  section: typeof SECTIONS[number],
  { expected, records }: { readonly expected: Expected; readonly records: readonly string[] },
): string[] {
  const want = expected[section] ?? [];
  const same = expected.subset
    ? want.length === records.length
    : expected.unordered
    ? unmatched(want, records).missing.length === 0 && want.length === records.length
    : want.length === records.length && want.every((line, i) => matchesLine(line, records[i] as string));
  if (same) return [];
  return [
    `${section} expected:`,
    ...want.map((line) => `  ${line}`),
    `${section} got:`,
    ...records.map((line) => `  ${line}`),
  ];
}

/** Lines of either list that have no counterpart in the other; exact ones are paired first. */
export function unmatched(
  expected: readonly string[],
  actual: readonly string[],
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  const left = new Map<string, number>();
  for (const line of actual) left.set(line, (left.get(line) ?? 0) + 1);
  const take = (line: string): boolean => {
    const count = left.get(line) ?? 0;
    if (count === 1) left.delete(line);
    else if (count > 1) left.set(line, count - 1);
    return count > 0;
  };
  const rest = expected.filter((line) => !take(line));
  const missing = rest.filter((line) => {
    if (!line.includes("*")) return true;
    const form = glob(line);
    const found = [...left.keys()].find((other) => form.test(other));
    return found === undefined || !take(found);
  });
  return { missing, extra: [...left].flatMap(([line, count]) => Array.from({ length: count }, () => line)) };
}

function matchesLine(expected: string, actual: string): boolean {
  return expected === actual || (expected.includes("*") && glob(expected).test(actual));
}

function lineOf(rr: Rr): string {
  return printRecord(rr).replaceAll("\t", " ").replace(/ $/, "");
}

function told(message: ReturnType<typeof parseMessage>): string {
  return isMalformed(message) ? message.malformed : message.rcode;
}

const EDE = 15;
const NSID = 3;

function ednsOf({ edns }: Message): Record<string, unknown> | undefined {
  if (edns === undefined) return undefined;
  const hex = (data: Uint8Array) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const text = (data: Uint8Array) => new TextDecoder().decode(data);
  const ede = edns.options.filter(({ code }) => code === EDE).map(({ data }) => ({
    code: (data[0] as number) * 256 + (data[1] as number),
    text: text(data.slice(2)),
  }));
  const nsid = edns.options.find(({ code }) => code === NSID);
  const others = edns.options.filter(({ code }) => code !== EDE && code !== NSID);
  return {
    udp: edns.udpSize,
    do: edns.dnssecOk,
    ...(edns.version === 0 ? {} : { version: edns.version }),
    ...(ede.length === 0 ? {} : { ede }),
    ...(nsid === undefined ? {} : { nsid: text(nsid.data) }),
    ...(others.length === 0 ? {} : { options: others.map(({ code, data }) => ({ code, data: hex(data) })) }),
  };
}

function sorted(value: Readonly<Record<string, unknown>> | undefined): unknown {
  return value === undefined ? undefined : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
