import type { Octets } from "../octets.ts";
import { nameIn, type Out } from "./out.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "eol",
  1: "nop",
  2: "mss",
  3: "wscale",
  4: "sackOK",
  5: "sack",
  6: "echo",
  7: "echoreply",
  8: "TS",
  11: "cc",
  12: "ccnew",
  13: "ccecho",
  19: "md5",
  28: "uto",
  29: "tcp-ao",
  30: "mptcp",
  34: "tfo",
  254: "exp",
};

/** `, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7]`; SACK blocks are printed relative to `base`. False: they are broken, and nothing more is printed. */
export function printTcpOptions(out: Out, options: Octets, length: number, base: number): boolean {
  out.put(", options [");
  let between = "";
  for (let at = 0; at < length;) {
    out.put(between);
    between = ",";
    const kind = options.u8(at);
    const single = kind === 0 || kind === 1;
    const size = single ? 1 : options.u8(at + 1);
    if (size < 1 || (!single && size < 2) || at + size > length) {
      out.put("[bad opt]");
      return false;
    }
    out.put(nameIn(NAMES, kind, "unknown-%"));
    printValue(out, options.from(at).upTo(size), kind, base);
    if (kind === 0) break;
    at += size;
  }
  out.put("]");
  return true;
}

function printValue(out: Out, option: Octets, kind: number, base: number): void {
  switch (kind) {
    case 0:
    case 1:
    case 4:
      return;
    case 2:
      return out.put(` ${option.u16(2)}`);
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
      return out.put(` ${option.u32(2)}`);
    case 19:
      return out.put(` shared secret not supplied with -M, can't check - ${bytes(option, 2)}`);
    case 28: {
      const value = option.u16(2);
      return out.put(` 0x${value.toString(16)} ${(value & 1) !== 0 ? (value >> 1) * 60 : value >> 1}`);
    }
    case 29:
      out.put(` keyid ${option.u8(2)} rnextkeyid ${option.u8(3)}`);
      return option.length > 4 ? out.put(` mac 0x${bytes(option, 4)}`) : undefined;
    case 30:
      return out.put(` ${option.length} ${MPTCP[option.u8(2) >> 4] ?? "unknown"}`);
    case 34:
      return out.put(option.length === 2 ? "  cookiereq" : `  cookie ${bytes(option, 2)}`);
    case 254:
      return out.put(`-${bytes(option, 2)}`);
    case 3:
      return out.put(` ${option.u8(2)}`);
    case 5:
      return printSack(out, option.from(2), base);
    case 8:
      return out.put(` val ${option.u32(2)} ecr ${option.u32(6)}`);
    default:
      if (option.length > 2) {
        out.put(` 0x${[...option.slice(2)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
      }
  }
}

/** Subtypes of multipath TCP (RFC 8684); what they carry is not printed. */
const MPTCP = ["capable", "join", "dss", "add-addr", "rem-addr", "prio", "fail", "fast-close", "reset"];

function bytes(option: Octets, from: number): string {
  return [...option.slice(from)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function printSack(out: Out, blocks: Octets, base: number): void {
  if (blocks.length % 8 !== 0) return out.put(" invalid sack");
  out.put(` ${blocks.length / 8} `);
  for (let at = 0; at < blocks.length; at += 8) {
    out.put(`{${(blocks.u32(at) - base) >>> 0}:${(blocks.u32(at + 4) - base) >>> 0}}`);
  }
}
