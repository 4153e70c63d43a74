import type { Octets } from "../octets.ts";
import { nameIn, type Out } from "./out.ts";

const OPTIONS: Readonly<Record<number, string>> = {
  1: "LLQ",
  2: "UL",
  3: "NSID",
  5: "DAU",
  6: "DHU",
  7: "N3U",
  8: "ECS",
  9: "EXPIRE",
  10: "COOKIE",
  11: "KEEPALIVE",
  12: "PADDING",
  13: "CHAIN",
  14: "KEY-TAG",
  16: "CLIENT-TAG",
  17: "SERVER-TAG",
};

/** The pseudo record of EDNS (RFC 6891): ` UDPsize=1232 DO [COOKIE 0011223344556677]`. */
export function printEdnsOptions(
  out: Out,
  options: Octets,
  { rawClass, ttl }: { readonly rawClass: number; readonly ttl: number },
): void {
  out.put(` UDPsize=${rawClass}`);
  if ((ttl & 0x8000) !== 0) out.put(" DO");
  if (options.length === 0) return;
  const shown: string[] = [];
  for (let at = 0; options.has(at, 4);) {
    const [kind, length] = [options.u16(at), options.u16(at + 2)];
    const value = options.slice(at + 4, Math.min(length, options.length - at - 4));
    shown.push(`${nameIn(OPTIONS, kind, "Opt%")}${valueText(kind, value)}`);
    at += 4 + length;
  }
  out.put(` [${shown.join(",")}]`);
}

function valueText(kind: number, value: Uint8Array): string {
  const bytes = [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (kind === 8) return ecsText(value);
  if (kind === 11 && value.length === 2) {
    return ` ${((((value[0] as number) << 8) | (value[1] as number)) / 10).toFixed(1)} sec`;
  }
  return value.length === 0 ? "" : ` ${bytes}`;
}

/** Client subnet (RFC 7871): ` 10.0.0.0/24/0`. */
function ecsText(value: Uint8Array): string {
  const [, family, source, scope, ...address] = [...value].slice(0);
  if (family !== 1) return ` ${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const quad = [0, 1, 2, 3].map((i) => address[i] ?? 0).join(".");
  return ` ${quad}/${source}/${scope}`;
}
