import { RECORDS } from "./igmp.ts";
import { onesSum, pseudoSum, shouldBe } from "../checksum.ts";
import { hexLines } from "../hexdump.ts";
import type { Octets } from "../octets.ts";
import { printNeighbourOptions } from "./neighbour_options.ts";
import { bitNames, nameIn, type Out, sum16 } from "./out.ts";
import type { Carried } from "./carried.ts";

const INNER = 8;
const TYPES: Readonly<Record<number, string>> = {
  1: "destination unreachable",
  2: "packet too big",
  3: "time exceeded in-transit",
  4: "parameter problem",
  128: "echo request",
  129: "echo reply",
  130: "multicast listener query",
  131: "multicast listener report",
  132: "multicast listener done",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbor solicitation",
  136: "neighbor advertisement",
  137: "redirect",
  138: "router renumbering",
  143: "multicast listener report v2",
};
const UNREACHABLE: Readonly<Record<number, string>> = {
  0: "unreachable route",
  1: " unreachable prohibited",
  2: "beyond scope",
  3: "unreachable address",
  4: "unreachable port",
};
/** Types whose length -v says first. */
const LENGTH_FIRST = new Set([133, 134, 135, 136, 137]);
const ADVERTISEMENT_FLAGS = [[0x80, "router"], [0x40, "solicited"], [0x20, "override"]] as const;
const ROUTER_FLAGS = [[0x80, "managed"], [0x40, "other stateful"], [0x20, "home agent"]] as const;
const PREFERENCES = ["medium", "high", "reserved", "low"];

/** ICMPv6 (RFC 4443, 4861, 3810). */
export function printIcmp6(out: Out, message: Octets, { ip, length, fragmented }: Carried): void {
  out.protocol = "icmp6";
  if (ip.u8(0) >> 4 !== 6) {
    out.put("[ICMPv6 requires IPv6]");
    return out.invalid();
  }
  const type = message.u8(0);
  if (out.options.verbose > 0 && !fragmented && !out.options.unchecked && message.has(0, length)) {
    const sum = onesSum(message, length, pseudoSum(ip, 58, length));
    const field = message.u16(2);
    out.put(
      sum === 0xffff ? "[icmp6 sum ok] " : `[bad icmp6 cksum ${sum16(field)} -> ${sum16(shouldBe(field, sum))}!] `,
    );
  }
  out.put(`ICMP6, ${nameIn(TYPES, type, "unknown icmp6 type (%)")}`);
  if (DETAILS[type] === undefined) {
    out.put(`, length ${length}`);
    if (out.options.verbose < 2) out.put(hexLines(message.slice(0), false));
    return;
  }
  if (out.options.verbose > 0 && LENGTH_FIRST.has(type)) out.put(`, length ${length}`);
  DETAILS[type](out, message, length);
  if (out.options.verbose === 0) out.put(`, length ${length}`);
}

type Detail = (out: Out, message: Octets, length: number) => void;

const echo: Detail = (out, message) => out.put(`, id ${message.u16(4)}, seq ${message.u16(6)}`);

/** What stands behind the type's name. */
const DETAILS: Readonly<Record<number, Detail>> = {
  1: unreachable,
  2: (out, message) => out.put(`, mtu ${message.u32(4)}`),
  3: (out, message) => {
    const code = message.u8(1);
    if (code === 0) out.put(` for ${out.host(message.ip6(INNER + 24))}`);
    else out.put(code === 1 ? " (reassembly)" : `, unknown code (${code})`);
  },
  4: (out, message) => {
    const words = [
      ", erroneous - octet ",
      ", next header - octet ",
      ", option - octet ",
      ", incomplete header chain - octet ",
    ];
    const code = message.u8(1);
    out.put(words[code] === undefined ? `, code-#${code}` : `${words[code]}${message.u32(4)}`);
  },
  128: echo,
  129: echo,
  130: (out, message, length) => {
    if (length >= 28) return queryV2(out, message);
    out.put(`max resp delay: ${message.u16(4)} addr: ${out.host(message.ip6(8))}`);
  },
  131: (out, message) => listener(out, message),
  132: (out, message) => listener(out, message),
  133: (out, message, length) => {
    if (out.options.verbose > 0) printNeighbourOptions(out, message.from(8).upTo(length - 8));
  },
  134: routerAdvertisement,
  135: (out, message, length) => {
    out.put(`, who has ${out.host(message.ip6(8))}`);
    if (out.options.verbose > 0) printNeighbourOptions(out, message.from(24).upTo(length - 24));
  },
  136: (out, message, length) => {
    out.put(`, tgt is ${out.host(message.ip6(8))}`);
    if (out.options.verbose === 0) return;
    out.put(`, Flags [${bitNames(ADVERTISEMENT_FLAGS, message.u8(4), ", ")}]`);
    printNeighbourOptions(out, message.from(24).upTo(length - 24));
  },
  137: (out, message, length) => {
    out.put(`, ${out.host(message.ip6(24))} to ${out.host(message.ip6(8))}`);
    if (out.options.verbose > 0) printNeighbourOptions(out, message.from(40).upTo(length - 40));
  },
  143: reportV2,
};

function unreachable(out: Out, message: Octets): void {
  const code = message.u8(1);
  const inner = message.from(INNER);
  out.put(`, ${nameIn(UNREACHABLE, code, "unknown unreach code (%)")}`);
  const to = out.host(inner.ip6(24));
  if (code === 2) out.put(` ${to}, source address ${out.host(inner.ip6(8))}`);
  else if (code === 4) {
    const protocol = inner.u8(6);
    const port = inner.u16(42);
    if (protocol !== 6 && protocol !== 17) return out.put(`, ${to} protocol ${protocol} port ${port} unreachable`);
    const name = protocol === 6 ? "tcp" : "udp";
    out.put(`, ${to} ${name} port ${out.names.port(port, name)}`);
  } else if (code < 4) out.put(` ${to}`);
}

function listener(out: Out, message: Octets): void {
  out.put(`max resp delay: ${message.u16(4)} addr: ${out.host(message.ip6(8))}`);
}

function queryV2(out: Out, message: Octets): void {
  const [delay, count] = [message.u16(4), message.u16(26)];
  out.put(" v2");
  if (out.options.verbose > 0) out.put(` [max resp delay=${delay}]`);
  const group = message.ip6(8);
  out.put(` [gaddr ${out.host(group)}`);
  if (out.options.verbose > 0) {
    const flags = message.u8(24);
    if ((flags & 8) !== 0) out.put(" sflag");
    if ((flags & 7) !== 0) out.put(` robustness=${flags & 7}`);
    if (message.u8(25) < 128) out.put(` qqi=${message.u8(25)}`);
  }
  if (count > 0) {
    out.put(
      out.options.verbose > 1
        ? ` { ${Array.from({ length: count }, (_, i) => out.host(message.ip6(28 + i * 16))).join(" ")} }`
        : `, ${count} source(s)`,
    );
  }
  out.put("]");
}

function reportV2(out: Out, message: Octets): void {
  const groups = message.u16(6);
  out.put(`, ${groups} group record(s)`);
  if (out.options.verbose === 0) return;
  let at = 8;
  for (let i = 0; i < groups; i++) {
    const sources = message.u16(at + 2);
    out.put(` [gaddr ${out.host(message.ip6(at + 4))} ${nameIn(RECORDS, message.u8(at), "unknown(%)")}`);
    const list = Array.from({ length: sources }, (_, n) => ` ${out.host(message.ip6(at + 20 + n * 16))}`).join("");
    out.put(out.options.verbose > 1 ? ` {${list} }]` : `, ${sources} source(s)]`);
    at += 20 + sources * 16 + message.u8(at + 1) * 4;
  }
}

function routerAdvertisement(out: Out, message: Octets, length: number): void {
  if (out.options.verbose === 0) return;
  const flags = message.u8(5);
  out.put(`\n\thop limit ${message.u8(4)}, Flags [${bitNames(ROUTER_FLAGS, flags, ", ")}]`);
  out.put(`, pref ${PREFERENCES[(flags >> 3) & 3]}, router lifetime ${message.u16(6)}s`);
  out.put(`, reachable time ${message.u32(8)}ms, retrans timer ${message.u32(12)}ms`);
  printNeighbourOptions(out, message.from(16).upTo(length - 16));
}
