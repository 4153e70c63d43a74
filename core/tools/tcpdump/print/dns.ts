import type { Octets } from "../octets.ts";
import { DnsReader } from "./dns_reader.ts";
import type { Out } from "./out.ts";

const HEADER = 12;
const OPCODES = (" inv_q stat op3 notify update op6 op7 op8 updateA updateD updateDA updateM updateMA zoneInit zoneRef")
  .split(" ").map((name) => (name === "" ? "" : ` ${name}`));
const RCODES = [
  "",
  " FormErr",
  " ServFail",
  " NXDomain",
  " NotImp",
  " Refused",
  " YXDomain",
  " YXRRSet",
  " NXRRSet",
  " NotAuth",
  " NotZone",
  " Resp11",
  " Resp12",
  " Resp13",
  " Resp14",
  " NoChange",
];

/** DNS (RFC 1035): `7+ A? www.example.com. (33)` asks, `7* 1/0/0 A 10.0.0.1 (49)` answers. */
export function printDns(out: Out, message: Octets, length: number, { mdns }: { readonly mdns: boolean }): void {
  out.protocol = "domain";
  if (length < HEADER) {
    out.put(`domain [length ${length} < ${HEADER}]`);
    return out.invalid();
  }
  const reader = new DnsReader(out, message, mdns);
  const counts = [4, 6, 8, 10].map((at) => message.u16(at)) as [number, number, number, number];
  const response = (message.u16(2) & 0x8000) !== 0;
  const whole = response ? printResponse(out, message, reader, counts) : printRequest(out, message, reader, counts);
  if (!whole) return out.truncated();
  out.put(` (${length})`);
}

type Counts = readonly [questions: number, answers: number, authority: number, additional: number];

function printResponse(out: Out, message: Octets, reader: DnsReader, counts: Counts): boolean {
  const flags = message.u16(2);
  const [opcode, rcode] = [(flags >> 11) & 15, flags & 15];
  out.put(`${message.u16(0)}${OPCODES[opcode]}${RCODES[rcode]}`);
  out.put(`${flags & 0x400 ? "*" : ""}${flags & 0x80 ? "" : "-"}${flags & 0x200 ? "|" : ""}${flags & 0x20 ? "$" : ""}`);
  const [questions, answers, authority, additional] = counts;
  if (questions !== 1) out.put(` [${questions}q]`);
  for (let i = 0; i < questions; i++) {
    if (i > 0) out.put(",");
    if (out.options.verbose > 1) {
      out.put(" q:");
      if (!reader.question()) return false;
    } else if (!reader.skipQuestion()) return false;
  }
  out.put(` ${answers}/${authority}/${additional}`);
  if (!reader.records(answers, "")) return false;
  if (out.options.verbose <= 1) return true;
  return reader.records(authority, " ns:") && reader.records(additional, " ar:");
}

function printRequest(out: Out, message: Octets, reader: DnsReader, counts: Counts): boolean {
  const flags = message.u16(2);
  const opcode = (flags >> 11) & 15;
  out.put(`${message.u16(0)}${OPCODES[opcode]}${flags & 0x100 ? "+" : ""}${flags & 0x10 ? "%" : ""}`);
  if ((flags & 0x6cf) !== 0) out.put(` [b2&3=0x${flags.toString(16)}]`);
  const [questions, answers, authority, additional] = counts;
  const inverse = opcode === 1;
  if (inverse ? questions > 0 : questions !== 1) out.put(inverse ? ` [${questions}q]` : "");
  if (inverse ? answers !== 1 : answers > 0) out.put(` [${answers}a]`);
  if (!inverse && questions !== 1) out.put(` [${questions}q]`);
  if (authority > 0) out.put(` [${authority}n]`);
  if (additional > 0) out.put(` [${additional}au]`);
  for (let i = 0; i < questions; i++) if (!reader.question()) return false;
  if (out.options.verbose <= 1) return true;
  return reader.records(answers, "") && reader.records(authority, " ns:") && reader.records(additional, " ar:");
}
