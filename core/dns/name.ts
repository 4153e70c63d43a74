/**
 * Domain names as text, absolute, in the form zone files and tools write: `www.lab.test.`, the root `.`.
 *
 *     name  = "." | label { "." label } "."
 *     label = { char | "\" special | "\" DDD }     at most 63 bytes; 255 bytes a name on the wire (RFC 1035 2.3.4, 5.1)
 *
 * Case is kept; {@link sameName} and {@link isUnder} ignore it.
 */
import { type Ip, parseIp, printIp } from "../base/mod.ts";

const SPECIAL = '".();\\@$';
const PLAIN = /^[A-Za-z0-9_*-]*$/;
const IS_PLAIN = Array.from({ length: 256 }, (_, byte) => PLAIN.test(String.fromCharCode(byte)));

/** The labels of a name, leftmost first, still escaped; the root has none. */
export function labelsOf(name: string): string[] {
  if (name === "." || name === "") return [];
  const escaped = name.includes("\\");
  const text = name.endsWith(".") && !(escaped && endsEscaped(name)) ? name.slice(0, -1) : name;
  return escaped ? text.match(/(?:\\\d{3}|\\.|[^\\.])+/g) ?? [] : text.split(".");
}

function endsEscaped(name: string): boolean {
  const slashes = /\\*(?=.$)/.exec(name)?.[0].length ?? 0;
  return slashes % 2 === 1;
}

/** The name made of some labels. */
export function joinLabels(labels: readonly string[]): string {
  return labels.length === 0 ? "." : labels.join(".") + ".";
}

/** The name as absolute: `www` and `www.` are both `www.`. */
export function absolute(name: string): string {
  return name.endsWith(".") && !endsEscaped(name) ? name : name + ".";
}

/** The name without its last dot, as `curl` and `host` show it; the root stays `.`. */
export function relative(name: string): string {
  return name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name;
}

/** ASCII lower case, the form names are compared in. */
export function lowerName(name: string): string {
  return name.toLowerCase();
}

/** Whether two names are the same, case aside. */
export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

/** Whether `name` is `zone` or below it. */
export function isUnder(name: string, zone: string): boolean {
  if (zone === "." || name === zone) return true;
  const [low, top] = [name.toLowerCase(), zone.toLowerCase()];
  return low === top || (low.endsWith("." + top) && !low.endsWith("\\." + top));
}

/** The name one label up; the root's parent is the root. */
export function parentName(name: string): string {
  return joinLabels(labelsOf(name).slice(1));
}

/** A text put in front of a zone: `web` in `default.svc.cluster.local.`. */
export function under(labels: string, zone: string): string {
  return zone === "." ? `${labels}.` : `${labels}.${zone}`;
}

/** The bytes of one label; undefined where it is empty, too long or badly escaped. */
export function labelBytes(label: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < label.length; i++) {
    if (label[i] !== "\\") {
      bytes.push(...utf8(label[i] as string));
      continue;
    }
    const decimal = /^\d{3}/.exec(label.slice(i + 1))?.[0];
    if (decimal === undefined && i + 1 >= label.length) return undefined;
    if (decimal !== undefined && Number(decimal) > 255) return undefined;
    bytes.push(decimal === undefined ? label.charCodeAt(i + 1) : Number(decimal));
    i += decimal === undefined ? 1 : 3;
  }
  return bytes.length === 0 || bytes.length > 63 ? undefined : Uint8Array.from(bytes);
}

function utf8(char: string): number[] {
  const code = char.charCodeAt(0);
  return code < 128 ? [code] : [...new TextEncoder().encode(char)];
}

/** A label's text from its bytes, escaped where a zone file needs it. */
export function labelText(bytes: Uint8Array): string {
  // What PLAIN matches, without a text in between.
  let plain = "";
  for (const byte of bytes) {
    if (!IS_PLAIN[byte]) break;
    plain += String.fromCharCode(byte);
  }
  if (plain.length === bytes.length) return plain;
  const text = String.fromCharCode(...bytes);
  if (PLAIN.test(text)) return text;
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    if (byte <= 0x20 || byte > 0x7e) return "\\" + String(byte).padStart(3, "0");
    return SPECIAL.includes(char) ? "\\" + char : char;
  }).join("");
}

/** Whether a text can be a name at all: label and name lengths, escapes, no empty label inside. */
export function isName(text: string): boolean {
  if (text === ".") return true;
  if (text === "" || text.startsWith(".") || /[^\\]\.\./.test(text)) return false;
  let length = 1;
  for (const label of labelsOf(text)) {
    const bytes = labelBytes(label);
    if (bytes === undefined) return false;
    length += bytes.length + 1;
  }
  return length <= 255;
}

/** The name whose PTR names an address: `9.1.0.10.in-addr.arpa.` (RFC 1035 3.5, RFC 3596 2.5). */
export function reverseName(address: Ip): string {
  if (address.family === 4) return printIp(address).split(".").reverse().join(".") + ".in-addr.arpa.";
  const digits = address.value.toString(16).padStart(32, "0");
  return [...digits].reverse().join(".") + ".ip6.arpa.";
}

/** The address a reverse name stands for; undefined for any other name. */
export function addressOfReverse(name: string): string | undefined {
  const labels = labelsOf(name.toLowerCase());
  const zone = labels.slice(-2).join(".");
  const digits = labels.slice(0, -2).reverse();
  if (zone === "in-addr.arpa" && digits.length === 4) {
    const ip = parseIp(digits.join("."));
    return ip === undefined ? undefined : printIp(ip);
  }
  if (zone !== "ip6.arpa" || digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) {
    return undefined;
  }
  return printIp({ family: 6, value: BigInt("0x" + digits.join("")) });
}
