import { hexLines } from "../hexdump.ts";
import type { Octets } from "../octets.ts";
import { bitNames, hex, nameIn, type Out } from "./out.ts";

const OPTIONS: Readonly<Record<number, string>> = {
  1: "source link-address",
  2: "destination link-address",
  3: "prefix info",
  4: "redirected header",
  5: "mtu",
  24: "route info",
  25: "rdnss",
  31: "dnssl",
};
const PREFIX_FLAGS = [[0x80, "onlink"], [0x40, "auto"], [0x20, "router"]] as const;

/** Options of neighbour discovery (RFC 4861), a line each. */
export function printNeighbourOptions(out: Out, options: Octets): void {
  for (let at = 0; options.has(at, 2);) {
    const [kind, length] = [options.u8(at), options.u8(at + 1) * 8];
    out.put(`\n\t  ${nameIn(OPTIONS, kind, "unknown")} option (${kind}), length ${length} (${length / 8}): `);
    if (length === 0) return out.truncated();
    const option = options.from(at).upTo(length);
    printValue(out, option, kind);
    if (out.options.verbose > 1) out.put(hexLines(option.slice(2), false).replaceAll("\n\t", "\n\t    "));
    at += length;
  }
}

function printValue(out: Out, option: Octets, kind: number): void {
  if (kind === 1 || kind === 2) return out.put(option.mac(2, option.length - 2));
  if (kind === 5) {
    return out.put(` ${option.u32(4)}${option.length === 8 ? "" : `, bad option length ${option.length}`}`);
  }
  if (kind !== 3) return;
  out.put(`${option.ip6(16)}/${option.u8(2)}${option.length === 32 ? "" : "badlen"}`);
  out.put(`, Flags [${bitNames(PREFIX_FLAGS, option.u8(3), ", ")}]`);
  out.put(`, valid time ${lifetime(option.u32(4))}, pref. time ${lifetime(option.u32(8))}`);
}

function lifetime(seconds: number): string {
  return hex(seconds, 8) === "ffffffff" ? "infinity" : `${seconds}s`;
}
