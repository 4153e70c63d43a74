import type { Octets } from "../octets.ts";
import { Conversations } from "./conversations.ts";

/** How packets are to be printed: tcpdump's flags by their letters. */
export interface PrintOptions {
  /** -n: numbers instead of names. */
  readonly numeric: boolean;
  /** -e: the link header. */
  readonly link: boolean;
  /** -v, -vv, -vvv. */
  readonly verbose: number;
  /** -q. */
  readonly quiet: boolean;
  /** -S: sequence numbers as they are. */
  readonly absolute: boolean;
  /** -K: no checksums are verified. */
  readonly unchecked: boolean;
  /** -N: names without their domain. */
  readonly short: boolean;
  /** -q, -x, -X or -A was given: bytes nobody can read are not shown, or not twice. */
  readonly bytesShown: boolean;
}

/** What numbers are called on this machine. */
export interface Names {
  host(address: string): string;
  port(port: number, protocol: "tcp" | "udp"): string;
  protocol(number: number): string | undefined;
  device(index: number): string | undefined;
}

/** Prints what is in a packet from here on; `length` is what it was on the wire. */
export type Printer = (out: Out, packet: Octets, length: number) => void;

/** Layers that lie inside others again: tunnels, and packets quoted in errors. */
export interface Layers {
  readonly ether: Printer;
  readonly ip4: Printer;
  readonly ip6: Printer;
  /** By Ethernet type. */
  readonly types: Readonly<Record<number, Printer>>;
}

/** The line of one packet as it is written, and what printers know about the packet and the ones before. */
export class Out {
  text = "";
  /** The protocol a printer is in, as `[|tcp]` names it. */
  protocol = "";

  constructor(
    readonly options: PrintOptions,
    readonly names: Names,
    readonly layers: Layers,
    readonly tcp: Conversations = new Conversations(),
  ) {}

  put(text: string): void {
    this.text += text;
  }

  host(address: string): string {
    return this.names.host(address);
  }

  /** `[|tcp]`: the rest was not captured. */
  truncated(): void {
    this.put(` [|${this.protocol}]`);
  }

  /** ` (invalid)`: the protocol's own rules are broken. */
  invalid(): void {
    this.put(" (invalid)");
  }
}

/** The name of a number, or the number in a form with `%` in its place. */
export function nameIn(names: Readonly<Record<number, string>>, number: number, otherwise: string): string {
  return names[number] ?? otherwise.replace("%", String(number));
}

/** `0x0800`. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** The names of the bits that are set, in the table's order; `none` where none is. */
export function bitNames(table: readonly (readonly [number, string])[], value: number, between: string): string {
  const set = table.filter(([bit]) => (value & bit) === bit).map(([, name]) => name);
  return set.length > 0 ? set.join(between) : "none";
}

/** `0x1a2b (correct)` and its like are built from this. */
export function sum16(value: number): string {
  return `0x${hex(value, 4)}`;
}
