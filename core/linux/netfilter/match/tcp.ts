import { OP, PORTINV } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { range } from "../encoder.ts";
import type { Argument, Draft, Extension } from "../extension.ts";
import { parseNumber } from "../readers.ts";
import { ANY_PORT, listPorts, portOptions, type Ports, savePorts } from "./ports.ts";

/** `-m tcp`. */
export interface TcpMatch {
  readonly match: "tcp";
  readonly sport: Ports;
  readonly dport: Ports;
  readonly flags?: { readonly mask: number; readonly set: number; readonly not: boolean };
  readonly option?: { readonly number: number; readonly not: boolean };
}

const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;
const SYN_FLAGS = { mask: 0x17, set: 0x02 };

function parseFlags(text: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const name = word.toUpperCase();
    const index = (FLAGS as readonly string[]).indexOf(name);
    if (name === "ALL") bits |= 0x3f;
    else if (index >= 0) bits |= 1 << index;
    else if (name !== "NONE") usage(`Unknown TCP flag \`${word}'`);
  }
  return bits;
}

function printFlags(bits: number): string {
  return FLAGS.filter((_, i) => bits & (1 << i)).join(",") || "NONE";
}

function takeFlags(draft: Draft<TcpMatch>, flags: { mask: number; set: number }, not: boolean): void {
  if (draft.flags !== undefined) usage("Only one of `--syn' or `--tcp-flags'  allowed");
  draft.flags = { ...flags, not };
}

function takeOptionNumber(draft: Draft<TcpMatch>, text: string, argument: Argument): void {
  if (draft.option !== undefined) usage("Only one `--tcp-option' allowed");
  const number = parseNumber(text);
  if (number === undefined || number < 1 || number > 255) usage(`Bad TCP option "${text}"`);
  draft.option = { number, not: argument.not };
}

function listFlags(flags: TcpMatch["flags"], numeric: boolean): string {
  if (flags === undefined) return "";
  const hex = (bits: number) => "0x" + bits.toString(16).toUpperCase().padStart(2, "0");
  const text = numeric ? hex : printFlags;
  return ` flags:${flags.not ? "!" : ""}${text(flags.mask)}/${text(flags.set)}`;
}

/** libxt_tcp. */
export const tcp: Extension<TcpMatch> = {
  name: "tcp",
  op: OP.TCP,
  protos: [6],
  options: [
    ...portOptions("tcp"),
    {
      names: ["syn"],
      value: false,
      multi: true,
      invertible: true,
      take: (draft, _, { not }) => takeFlags(draft, SYN_FLAGS, not),
    },
    {
      names: ["tcp-flags"],
      value: true,
      multi: true,
      invertible: true,
      take: (draft, text, argument) => {
        const set = argument.next();
        if (set === undefined) usage("--tcp-flags requires two args.");
        takeFlags(draft, { mask: parseFlags(text), set: parseFlags(set) }, argument.not);
      },
    },
    { names: ["tcp-option"], value: true, multi: true, invertible: true, take: takeOptionNumber },
  ],
  start: () => ({ match: "tcp", sport: ANY_PORT, dport: ANY_PORT }),
  save(m) {
    const option = m.option === undefined ? "" : `${m.option.not ? " !" : ""} --tcp-option ${m.option.number}`;
    const flags = m.flags === undefined
      ? ""
      : `${m.flags.not ? " !" : ""} --tcp-flags ${printFlags(m.flags.mask)} ${printFlags(m.flags.set)}`;
    return savePorts("sport", m.sport) + savePorts("dport", m.dport) + option + flags;
  },
  list(m, look) {
    const option = m.option === undefined ? "" : ` option=${m.option.not ? "!" : ""}${m.option.number}`;
    return " tcp" + listPorts("spt", m.sport, look) + listPorts("dpt", m.dport, look) + option +
      listFlags(m.flags, look.numeric);
  },
  encode(m, out) {
    out.push(range(m.sport.low, m.sport.high), range(m.dport.low, m.dport.high));
    out.word((m.flags?.mask ?? 0) | ((m.flags?.set ?? 0) << 8) | ((m.option?.number ?? 0) << 16));
    out.word(
      (m.sport.not ? PORTINV.SOURCE : 0) | (m.dport.not ? PORTINV.DESTINATION : 0) |
        (m.flags?.not ? PORTINV.FLAGS : 0) |
        (m.option?.not ? PORTINV.OPTION : 0),
    );
  },
};
