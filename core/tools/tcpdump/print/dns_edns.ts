import { Octets } from "../octets.ts";
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
  const words = value.length % 2 === 0 ? Array.from({ length: value.length / 2 }, (_, i) => word(value, i * 2)) : [];
  if (kind === 8) return ecsText(value);
  if (kind === 12) return ` (${value.length})`;
  if (kind === 9 && value.length === 4) return ` ${word(value, 0) * 65536 + word(value, 2)} sec`;
  if (kind === 14) return ` ${words.join(" ")}`;
  if (kind === 13) return ` ${chain(value)}`;
  if (kind === 5) return [...value].map((each) => ` ${ALGORITHMS[each] ?? `Alg_${each}`}`).join("");
  if (kind === 6 || kind === 7) return [...value].map((each) => ` ${HASHES[each] ?? `Alg_${each}`}`).join("");
  if (kind === 11 && value.length === 2) {
    return ` ${((((value[0] as number) << 8) | (value[1] as number)) / 10).toFixed(1)} sec`;
  }
  return value.length === 0 ? "" : ` ${bytes}`;
}

function word(value: Uint8Array, at: number): number {
  return ((value[at] as number) << 8) | (value[at + 1] as number);
}

/** The closest name that is trusted, as labels. */
function chain(value: Uint8Array): string {
  let text = "";
  for (let at = 0; at < value.length && value[at] !== 0; at += (value[at] as number) + 1) {
    text += `${String.fromCharCode(...value.slice(at + 1, at + 1 + (value[at] as number)))}.`;
  }
  return text === "" ? "." : text;
}

const ALGORITHMS: Readonly<Record<number, string>> = {
  1: "RSAMD5",
  2: "DH",
  3: "DSA",
  5: "RSASHA1",
  6: "DSA-NSEC3-SHA1",
  7: "RSASHA1-NSEC3-SHA1",
  8: "RSASHA256",
  10: "RSASHA512",
  12: "ECC-GOST",
  13: "ECDSAP256SHA256",
  14: "ECDSAP384SHA384",
  15: "ED25519",
  16: "ED448",
};
const HASHES: Readonly<Record<number, string>> = { 1: "SHA-1", 2: "SHA-256", 3: "GOST R 34.11-94", 4: "SHA-384" };

/** Client subnet (RFC 7871): ` 10.0.0.0/24/0`. */
function ecsText(value: Uint8Array): string {
  const [, family, source, scope, ...address] = [...value].slice(0);
  if (family === 2) {
    const bytes = [...address, ...new Array<number>(16)].slice(0, 16).map((byte) => byte ?? 0);
    return ` ${new Octets(Uint8Array.from(bytes)).ip6(0)}/${source}/${scope}`;
  }
  const quad = [0, 1, 2, 3].map((i) => address[i] ?? 0).join(".");
  return ` ${quad}/${source}/${scope}`;
}
