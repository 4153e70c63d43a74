/**
 * Zones as server blocks and plugins name them: `[scheme://]zone[:port]`, where a zone may be a prefix (`10.0.0.0/8`),
 * which stands for one or more reverse zones.
 */
import { type Cidr, network, parseCidr, printIp, subnet } from "../../base/mod.ts";
import { absolute, isName, isUnder, lowerName } from "../../dns/mod.ts";
import { goHostPort, type GoResult } from "./go_values.ts";

/** How queries come in. */
export type Transport = "dns" | "tls" | "quic" | "grpc" | "https" | "https3";

const PORTS: Readonly<Record<Transport, string>> = {
  dns: "53",
  tls: "853",
  quic: "853",
  grpc: "443",
  https: "443",
  https3: "443",
};

/** What one key of a server block serves. */
export interface ZoneAddress {
  readonly transport: Transport;
  /** Absolute, lower case. */
  readonly zone: string;
  readonly port: string;
}

/** `dns://example.org.:53`. */
export function printZoneAddress(address: ZoneAddress): string {
  return `${address.transport}://${address.zone}:${address.port}`;
}

/** The scheme of a key and what follows it; a scheme nobody knows is part of the zone. */
export function splitTransport(key: string): { readonly transport: Transport; readonly rest: string } {
  const scheme = /^(dns|tls|quic|grpc|https3|https):\/\//.exec(key);
  // A socket's path is no zone, but the scheme is known.
  if (key.startsWith("unix://")) return { transport: "dns", rest: key.slice("unix://".length) };
  if (scheme === null) return { transport: "dns", rest: key };
  return { transport: scheme[1] as Transport, rest: key.slice(scheme[0].length) };
}

/** Zones and port (empty for none) of `zone[:port]`. */
function splitHostPort(text: string): GoResult<{ readonly zones: readonly string[]; readonly port: string }> {
  const colon = text.lastIndexOf(":");
  if (colon >= 0 && colon === text.length - 1) {
    return { error: `expecting data after last colon: ${JSON.stringify(text)}` };
  }
  const digits = colon >= 0 && /^[+-]?\d+$/.test(text.slice(colon + 1));
  const port = digits ? String(Number(text.slice(colon + 1))) : "";
  const zone = digits ? text.slice(0, colon) : text;
  if (zone.length > 255) return { error: `specified zone is too long: ${zone.length} > 255` };
  const cidr = zone.includes("/") ? parseCidr(zone) : undefined;
  if (cidr === undefined) {
    if (!isZoneName(zone)) return { error: `zone is not a valid domain name: ${zone}` };
    return { value: { zones: [zone], port } };
  }
  if (zone.startsWith(":") || (zone.startsWith("0") && zone.includes(":"))) return { error: `invalid CIDR ${zone}` };
  return { value: { zones: reverseZones(cidr), port } };
}

/** A name that is one with the root's dot behind it too: a lone backslash would escape that. */
export function isZoneName(zone: string): boolean {
  return isName(zone) && (/\\+$/.exec(zone)?.[0].length ?? 0) % 2 === 0;
}

/** The addresses a key of a server block stands for. */
export function parseZoneAddresses(key: string): GoResult<readonly ZoneAddress[]> {
  const { transport, rest } = splitTransport(key);
  const split = splitHostPort(rest);
  if ("error" in split) return split;
  const port = split.value.port === "" ? PORTS[transport] : split.value.port;
  return { value: split.value.zones.map((zone) => ({ transport, port, zone: lowerName(absolute(zone)) })) };
}

/** The zones in a plugin's argument, absolute and lower case; none for what is no zone. */
export function normalizeZones(text: string): string[] {
  const split = splitHostPort(splitTransport(text).rest);
  return "error" in split ? [] : split.value.zones.map((zone) => lowerName(absolute(zone)));
}

/** The zones of a server block's keys: one each, a key that is no zone as it is. */
export function blockOrigins(keys: readonly string[]): string[] {
  return keys.map((key) => normalizeZones(key)[0] ?? key);
}

/** The zones that arguments name, those of the server block where there are none. */
export function zonesOf(args: readonly string[], block: readonly string[]): readonly string[] {
  return args.length === 0 ? block : args.flatMap(normalizeZones);
}

/** The longest of some zones that a name is in; undefined for none. */
export function matchingZone(zones: readonly string[], name: string): string | undefined {
  let best: string | undefined;
  for (const zone of zones) if (isUnder(name, zone) && zone.length > (best?.length ?? 0)) best = zone;
  return best;
}

/** A prefix on an octet (IPv6: nibble) boundary is one zone, any other is as many as the next boundary needs. */
function reverseZones(cidr: Cidr): string[] {
  const step = cidr.ip.family === 4 ? 8 : 4;
  const length = Math.ceil(cidr.length / step) * step;
  const base = network(cidr);
  const count = 1 << (length - cidr.length);
  return Array.from({ length: count }, (_, i) => reverseZone(subnet(base, length, i), step));
}

function reverseZone(cidr: Cidr, step: number): string {
  const digits = cidr.ip.family === 4 ? printIp(cidr.ip).split(".") : [...cidr.ip.value.toString(16).padStart(32, "0")];
  const kept = digits.slice(0, cidr.length / step).reverse();
  return [...kept, cidr.ip.family === 4 ? "in-addr.arpa." : "ip6.arpa."].join(".");
}

/** Whether a zone keeps to the preferred syntax of RFC 1035, 2.3.1: CoreDNS warns where one does not. */
export function isPreferredSyntax(zone: string): boolean {
  if (zone === ".") return true;
  if (!/\.$/.test(zone)) return false;
  return zone.slice(0, -1).split(".").every((label) => PREFERRED.test(label)) || ARPA.test(zone);
}

const PREFERRED = /^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$/;
const ARPA = /^([0-9a-f]\.|\d{1,3}\.)+(ip6|in-addr)\.arpa\.$/;

/** One zone at one address, to be served: an empty address is all of them. */
export interface Served extends ZoneAddress {
  readonly address: string;
}

/** `dns://.:53`, `dns://.:53 on 127.0.0.1`. */
export function printServed({ address, ...zone }: Served): string {
  return address === "" ? printZoneAddress(zone) : `${printZoneAddress(zone)} on ${address}`;
}

/** Remembers who serves what, and tells of clashes: the same zone twice, or once at all addresses and once at one. */
export class OverlapChecker {
  readonly #known = new Set<string>();
  /** The last that was registered for a zone and port, whatever its address. */
  readonly #last = new Map<string, Served>();

  /** Registers it, unless it is there already or overlaps another. */
  check(served: Served): "defined" | Served | undefined {
    if (this.#known.has(printServed(served))) return "defined";
    const everywhere = { ...served, address: "" };
    const key = printServed(everywhere);
    const last = this.#last.get(key);
    if (last !== undefined && served.address === "") return last;
    if (last !== undefined && this.#known.has(key)) return everywhere;
    this.#known.add(printServed(served));
    this.#last.set(key, served);
    return undefined;
  }
}

/** What is printed at the start for the zones of one server: sorted, with a warning before each that breaks RFC 1035. */
export function startUpLines(scheme: string, address: string, zones: readonly string[]): string {
  const split = goHostPort(address);
  const { host, port } = "error" in split ? { host: "", port: address } : split.value;
  return zones.toSorted().map((zone) => {
    const warning = isPreferredSyntax(zone)
      ? ""
      : `Warning: Domain "${zone}" does not follow RFC1035 preferred syntax\n`;
    return `${warning}${scheme}${zone}:${port}${host === "" ? "" : ` on ${host}`}\n`;
  }).join("");
}
