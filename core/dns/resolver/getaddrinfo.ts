/** getaddrinfo(3) and getnameinfo(3) of both C libraries: numbers, nsswitch, /etc/hosts, DNS, sorted. */
import { ipFamily, parseIp, printIp } from "../../base/mod.ts";
import { labelBytes, labelsOf, relative, reverseName, sameName } from "../name.ts";
import type { Message } from "../message.ts";
import type { Rr } from "../record.ts";
import { glibcSearch, type HostError, type Lookup, lookupFailed } from "./glibc.ts";
import { type DnsHost, type Libc, libcOf } from "./host.ts";
import { hostsByAddress, hostsByName, parseHosts } from "./hosts.ts";
import { muslSearch } from "./musl.ts";
import { type NssService, type NssStatus, parseNsswitch, parseServices } from "./nsswitch.ts";
import { resolverSettings } from "./resolv_conf.ts";
import { sortAddresses } from "./sort.ts";
import type { Watch } from "./attempt.ts";

/** getaddrinfo's errors as far as a look-up can give them. */
export type GaiError = "EAI_NONAME" | "EAI_AGAIN" | "EAI_FAIL" | "EAI_NODATA" | "EAI_ADDRFAMILY";

const TEXTS: Readonly<Record<Libc, Readonly<Record<GaiError, string>>>> = {
  glibc: {
    EAI_NONAME: "Name or service not known",
    EAI_AGAIN: "Temporary failure in name resolution",
    EAI_FAIL: "Non-recoverable failure in name resolution",
    EAI_NODATA: "No address associated with hostname",
    EAI_ADDRFAMILY: "Address family for hostname not supported",
  },
  musl: {
    EAI_NONAME: "Name does not resolve",
    EAI_AGAIN: "Try again",
    EAI_FAIL: "Non-recoverable error",
    EAI_NODATA: "Name has no usable address",
    EAI_ADDRFAMILY: "Address family not supported by protocol",
  },
};

/** gai_strerror(3). */
export function gaiText(error: GaiError, libc: Libc): string {
  return TEXTS[libc][error];
}

/** What getaddrinfo gives: addresses in the order to try them, or its error with its text. */
export type AddressInfo =
  | { readonly addresses: readonly string[]; readonly canonical: string }
  | { readonly gai: GaiError; readonly text: string };

/** What to look for. */
export interface AddressHints {
  /** 0 or absent: both. */
  readonly family?: 0 | 4 | 6;
  /** AI_NUMERICHOST. */
  readonly numeric?: boolean;
  readonly libc?: Libc;
  readonly watch?: Watch;
}

/** Whether a look-up failed. */
export function gaiFailed(info: AddressInfo): info is { readonly gai: GaiError; readonly text: string } {
  return "gai" in info;
}

/** Looks a host name up as a program in that place does. A scope such as `%eth0` stays with its address. */
export async function getaddrinfo(host: DnsHost, name: string, hints: AddressHints = {}): Promise<AddressInfo> {
  const libc = hints.libc ?? libcOf(host.files);
  const fail = (gai: GaiError): AddressInfo => ({ gai, text: gaiText(gai, libc) });
  const family = hints.family ?? 0;
  const literal = numericAddress(name);
  if (literal !== undefined) {
    const fits = family === 0 || ipFamily(literal.replace(/%.*$/, "")) === family;
    return fits ? { addresses: [literal], canonical: name } : fail(libc === "glibc" ? "EAI_ADDRFAMILY" : "EAI_NONAME");
  }
  if (hints.numeric || name === "" || name.length > 255) return fail("EAI_NONAME");
  const found = await byServices(host, name, { ...hints, family, libc });
  if ("gai" in found) return fail(found.gai);
  return { addresses: sortAddresses(host, found.addresses, libc), canonical: found.canonical };
}

/** The address in a text as inet_aton(3) reads it: `127.1` and `0x7f000001` too, a scope kept. */
export function numericAddress(text: string): string | undefined {
  const bare = text.replace(/%[^%]+$/, "");
  const ip = parseIp(bare);
  if (ip !== undefined && (ip.family === 6 || bare === text)) return printIp(ip) + text.slice(bare.length);
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|\d+)$/i.test(part))) return undefined;
  const numbers = parts.map((part) => /^0\d/.test(part) ? parseInt(part, 8) : Number(part));
  const last = numbers.pop() as number;
  if (numbers.some((part) => !(part < 256)) || !(last < 256 ** (4 - numbers.length))) return undefined;
  const head = numbers.reduce((value, part, i) => value + part * 256 ** (3 - i), 0);
  return printIp({ family: 4, value: BigInt(head + last) });
}

interface Wanted extends AddressHints {
  readonly family: 0 | 4 | 6;
  readonly libc: Libc;
}

type Found = { readonly addresses: readonly string[]; readonly canonical: string } | { readonly gai: GaiError };

/** musl knows no nsswitch: files, then DNS. */
function servicesOf(host: DnsHost, libc: Libc): NssService[] {
  return libc === "musl" ? parseServices("files dns") : parseNsswitch(host.files.read("/etc/nsswitch.conf") ?? "");
}

async function byServices(host: DnsHost, name: string, wanted: Wanted): Promise<Found> {
  let result: Found = { gai: "EAI_NONAME" };
  for (const service of servicesOf(host, wanted.libc)) {
    const answer = await byService(host, service.name, name, wanted);
    // A service that is not there says nothing about the name.
    if (answer !== undefined) result = answer;
    if (service.actions[statusOf(answer)] === "return") return result;
  }
  return result;
}

function statusOf(found: Found | undefined): NssStatus {
  if (found === undefined) return "unavail";
  if (!("gai" in found)) return "success";
  return found.gai === "EAI_AGAIN" ? "tryagain" : "notfound";
}

async function byService(host: DnsHost, service: string, name: string, wanted: Wanted): Promise<Found | undefined> {
  if (service === "files") return byFiles(host, name, wanted);
  if (service === "dns") return await byDns(host, name, wanted);
  if (service === "myhostname") return byOwnName(name, wanted);
  return undefined;
}

function byFiles(host: DnsHost, name: string, wanted: Wanted): Found {
  const entries = hostsByName(parseHosts(host.files.read("/etc/hosts") ?? ""), name, wanted.family);
  if (entries.length === 0) return { gai: "EAI_NONAME" };
  const addresses = [...new Set(entries.map(({ address }) => address))];
  return { addresses, canonical: entries[0]?.names[0] ?? name };
}

/** nss-myhostname, for `localhost` alone: the machine's own addresses are its business. */
function byOwnName(name: string, wanted: Wanted): Found | undefined {
  if (!/^(.*\.)?localhost\.?$/i.test(name)) return { gai: "EAI_NONAME" };
  const addresses = [...(wanted.family === 4 ? [] : ["::1"]), ...(wanted.family === 6 ? [] : ["127.0.0.1"])];
  return { addresses, canonical: "localhost" };
}

const ERRORS: Readonly<Record<HostError, GaiError>> = {
  HOST_NOT_FOUND: "EAI_NONAME",
  TRY_AGAIN: "EAI_AGAIN",
  NO_RECOVERY: "EAI_FAIL",
  NO_DATA: "EAI_NODATA",
};

async function byDns(host: DnsHost, name: string, wanted: Wanted): Promise<Found> {
  if (labelsOf(name).some((label) => labelBytes(label) === undefined)) return { gai: "EAI_NONAME" };
  const types = [...(wanted.family === 6 ? [] : ["A"]), ...(wanted.family === 4 ? [] : ["AAAA"])];
  const lookup = await searchByLibc(host, name, types, wanted);
  if (lookupFailed(lookup)) return { gai: ERRORS[lookup.error] };
  const followed = lookup.replies.map((reply) => followCnames(lookup.name, reply));
  const addresses = followed.flatMap(({ records }) => records.map((record) => record.data));
  if (addresses.length === 0) return { gai: "EAI_NODATA" };
  const canonical = followed.find(({ records }) => records.length > 0)?.name ?? lookup.name;
  return { addresses: wanted.libc === "musl" ? v6First(addresses) : addresses, canonical: relative(canonical) };
}

/** musl reads the replies backwards. */
function v6First(addresses: readonly string[]): string[] {
  return [...addresses.filter((each) => each.includes(":")), ...addresses.filter((each) => !each.includes(":"))];
}

/** Puts a question of any type along the search list of a place. */
export function searchByLibc(
  host: DnsHost,
  name: string,
  types: readonly string[],
  hints: { readonly libc?: Libc; readonly watch?: Watch } = {},
): Promise<Lookup> {
  const settings = resolverSettings(host.files);
  const options = hints.watch === undefined ? { settings } : { settings, watch: hints.watch };
  const search = (hints.libc ?? libcOf(host.files)) === "musl" ? muslSearch : glibcSearch;
  return search(host, name, types, options);
}

/** Walks a reply's CNAMEs from a name to the records of the type asked for. */
export function followCnames(name: string, reply: Message): { readonly name: string; readonly records: readonly Rr[] } {
  const type = reply.questions[0]?.type;
  let at = name;
  for (let step = 0; step <= reply.answers.length; step++) {
    const records = reply.answers.filter((rr) => rr.type === type && sameName(rr.name, at));
    const alias = reply.answers.find((rr) => rr.type === "CNAME" && sameName(rr.name, at));
    if (records.length > 0 || alias === undefined) return { name: at, records };
    at = alias.data;
  }
  return { name: at, records: [] };
}

/** The name of an address (gethostbyaddr): hosts first, then PTR; undefined where it has none. */
export async function nameOfAddress(
  host: DnsHost,
  address: string,
  hints: { readonly libc?: Libc; readonly watch?: Watch } = {},
): Promise<string | undefined> {
  const bare = address.replace(/%.*$/, "");
  const libc = hints.libc ?? libcOf(host.files);
  for (const service of servicesOf(host, libc)) {
    if (service.name === "files") {
      const entry = hostsByAddress(parseHosts(host.files.read("/etc/hosts") ?? ""), bare);
      if (entry !== undefined) return entry.names[0];
    }
    if (service.name !== "dns") continue;
    const ip = parseIp(bare);
    if (ip === undefined) return undefined;
    const lookup = await searchByLibc(host, reverseName(ip), ["PTR"], { ...hints, libc });
    if (lookupFailed(lookup)) continue;
    const pointer = lookup.replies.flatMap((reply) => followCnames(lookup.name, reply).records)[0];
    if (pointer !== undefined) return relative(pointer.data);
  }
  return undefined;
}
