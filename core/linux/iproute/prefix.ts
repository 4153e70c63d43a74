import { type Cidr, parseCidr, parseIp, printCidr, printIp } from "../../base/mod.ts";
import { Exit } from "./exit.ts";

const NAMES = { 4: "inet", 6: "inet6" } as const;
const familyName = (family: 4 | 6 | undefined): string => (family === undefined ? "any valid" : NAMES[family]);

/** A prefix as people wrote it: `given` when it had a length of its own. */
export interface Prefix {
  readonly cidr: Cidr;
  readonly given: boolean;
}

/** Reads a prefix: an address with or without length, a shortened IPv4 one (`10/8`), or `default`, `any`, `all`. */
export function parsePrefix(word: string, family: 4 | 6 | undefined): Prefix {
  if (word === "default" || word === "any" || word === "all") {
    return { cidr: { ip: { family: family ?? 4, value: 0n }, length: 0 }, given: true };
  }
  const cidr = parseCidr(lengthen(masked(word)));
  if (cidr === undefined || (family !== undefined && cidr.ip.family !== family)) {
    throw new Exit(1, `Error: ${familyName(family)} prefix is expected rather than "${word}".\n`, true);
  }
  return { cidr, given: word.includes("/") };
}

/** `10.0.0.1/255.0.0.0` as `10.0.0.1/8`. */
function masked(word: string): string {
  const [, address, mask] = /^([^/]*)\/(\d+\.\d+\.\d+\.\d+)$/.exec(word) ?? [];
  const bits = parseIp(mask ?? "")?.value.toString(2).padStart(32, "0");
  return bits === undefined || !/^1*0*$/.test(bits) ? word : `${address}/${bits.replaceAll("0", "").length}`;
}

/** Reads an address; shortened IPv4 ones too. */
export function parseAddress(word: string, family: 4 | 6 | undefined): string {
  const ip = parseIp(lengthen(word));
  if (ip === undefined || (family !== undefined && ip.family !== family)) {
    throw new Exit(1, `Error: ${familyName(family)} address is expected rather than "${word}".\n`, true);
  }
  return printIp(ip);
}

/** `10.1/16` as `10.1.0.0/16`: octets left out are zero. */
function lengthen(word: string): string {
  const short = /^(\d+(?:\.\d+){0,2})(\/\d+)?$/.exec(word);
  if (short === null) return word;
  const octets = (short[1] ?? "").split(".");
  return [...octets, "0", "0", "0"].slice(0, 4).join(".") + (short[2] ?? "");
}

/** A route's or rule's prefix as `ip` prints it: without the length where it is a whole address. */
export function shortPrefix(text: string): string {
  const cidr = parseCidr(text);
  if (cidr === undefined) return text;
  const whole = cidr.length === (cidr.ip.family === 4 ? 32 : 128);
  return whole ? printIp(cidr.ip) : printCidr(cidr);
}

/** A route's destination: `default` for everything. */
export function printDestination(text: string): string {
  return text === "0.0.0.0/0" || text === "::/0" ? "default" : shortPrefix(text);
}
