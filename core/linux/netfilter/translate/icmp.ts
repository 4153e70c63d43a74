/** ICMP types in nft's words; codes there are none for. */
import type { Icmp6Match, IcmpMatch } from "../match/icmp.ts";
import { type Translate, unequal } from "./words.ts";

const ICMP: Readonly<Record<number, string>> = {
  0: "echo-reply",
  3: "destination-unreachable",
  4: "source-quench",
  5: "redirect",
  8: "echo-request",
  9: "router-advertisement",
  10: "router-solicitation",
  11: "time-exceeded",
  12: "parameter-problem",
  13: "timestamp-request",
  14: "timestamp-reply",
  17: "address-mask-request",
  18: "address-mask-reply",
};

const ICMP6: Readonly<Record<number, string>> = {
  1: "destination-unreachable",
  2: "packet-too-big",
  3: "time-exceeded",
  4: "parameter-problem",
  128: "echo-request",
  129: "echo-reply",
  133: "nd-router-solicit",
  134: "nd-router-advert",
  135: "nd-neighbor-solicit",
  136: "nd-neighbor-advert",
  137: "nd-redirect",
};

const ANY = 255;

function typed(
  selector: string,
  names: Readonly<Record<number, string>>,
  { type, low, high, not }: IcmpMatch | Icmp6Match,
): string | undefined {
  const name = low === 0 && high === 255 ? names[type] : undefined;
  return name && `${selector} ${unequal(not)}${name}`;
}

/** `-m icmp`; any type is any packet of the protocol. */
export const icmp: Translate<IcmpMatch> = (m) => m.type === ANY ? "ip protocol icmp" : typed("icmp type", ICMP, m);

/** `-m icmp6`. */
export const icmp6: Translate<Icmp6Match> = (m) => typed("icmpv6 type", ICMP6, m);
