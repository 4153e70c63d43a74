import type { Link, Ns, PlaneApi } from "../../../wasm/mod.ts";
import { netmask, parseCidr, parseIp, requireIp } from "../../base/mod.ts";

const DEV_HEAD = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

/** `/proc/net/dev`. */
export function printDev(links: readonly Link[]): string {
  const lines = links.map(({ name, rx, tx }) => {
    const field = (value: number, width: number): string => String(value).padStart(width);
    const received = `${field(rx.bytes, 8)} ${field(rx.packets, 7)} ${field(rx.errors, 4)} ${field(rx.dropped, 4)}`;
    const sent = `${field(tx.bytes, 8)} ${field(tx.packets, 7)} ${field(tx.errors, 4)} ${field(tx.dropped, 4)}`;
    return `${name.padStart(6)}: ${received}    0     0          0         0 ${sent}    0     0       0          0\n`;
  });
  return DEV_HEAD + lines.join("");
}

const ARP_HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n";
const ARP_FLAGS: Readonly<Record<string, string>> = { PERMANENT: "0x6", INCOMPLETE: "0x0", FAILED: "0x0" };

/** `/proc/net/arp`: IPv4 neighbours, 0x2 complete, 0x4 permanent, 0x8 published. */
export function printArp(plane: PlaneApi, ns: Ns): string {
  const names = deviceNames(plane, ns);
  const lines = plane.neighbours(ns).filter((n) => parseIp(n.ip)?.family === 4 && n.state !== "NOARP").map((n) => {
    const flags = n.proxy ? "0xc" : ARP_FLAGS[n.state] ?? "0x2";
    const mac = n.mac ?? "00:00:00:00:00:00";
    return `${n.ip.padEnd(17)}0x1         ${flags.padEnd(12)}${mac}     *        ${names.get(n.dev) ?? ""}\n`;
  });
  return ARP_HEAD + lines.join("");
}

const ROUTE_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

/** `/proc/net/route`: the IPv4 main table, addresses in hexadecimal of a little-endian machine. */
export function printRoute(plane: PlaneApi, ns: Ns): string {
  const names = deviceNames(plane, ns);
  const lines = plane.routes(ns, 4).filter((route) => route.table === 254).map((route) => {
    const [address = "0.0.0.0", length = "0"] = route.to.split("/");
    const hop = route.nexthops?.[0] ?? route;
    const reject = route.type === "unreachable" || route.type === "prohibit";
    const flags = (reject ? 0x201 : 0x1) | (hop.via ? 0x2 : 0) | (length === "32" ? 0x4 : 0);
    const fields = [
      names.get(hop.dev ?? 0) ?? "*",
      littleEndian(address),
      littleEndian(hop.via ?? "0.0.0.0"),
      flags.toString(16).toUpperCase().padStart(4, "0"),
      "0",
      "0",
      String(route.metric),
      littleEndian(netmask(Number(length))),
      String(route.mtu ?? 0),
      "0",
      "0",
    ];
    return fields.join("\t");
  });
  return [ROUTE_HEAD, ...lines].map((line) => line.padEnd(127) + "\n").join("");
}

/** `/proc/net/if_inet6`: address, ifindex, prefix length, scope, flags (hexadecimal), device. */
export function printIfInet6(plane: PlaneApi, ns: Ns): string {
  const names = deviceNames(plane, ns);
  const lines: string[] = [];
  for (const address of plane.addresses(ns)) {
    const cidr = parseCidr(address.address);
    if (cidr?.ip.family !== 6) continue;
    const hex = cidr.ip.value.toString(16).padStart(32, "0");
    const byte = (value: number): string => value.toString(16).padStart(2, "0");
    const scope = address.scope === 253 ? 0x20 : address.scope === 254 ? 0x10 : 0;
    const flags = (address.tentative ? 0x40 : 0) | (address.dadFailed ? 0x08 : 0) | (address.optimistic ? 0x04 : 0) |
      (address.noDad ? 0x02 : 0) | 0x80;
    const name = (names.get(address.dev) ?? "").padStart(8);
    lines.push(`${hex} ${byte(address.dev)} ${byte(cidr.length)} ${byte(scope)} ${byte(flags)} ${name}\n`);
  }
  return lines.join("");
}

/** Device names of a namespace by index. */
export function deviceNames(plane: PlaneApi, ns: Ns): Map<number, string> {
  return new Map(plane.links(ns).map((link) => [link.index, link.name]));
}

function littleEndian(address: string): string {
  const bytes = requireIp(address).value.toString(16).padStart(8, "0").match(/../g) ?? [];
  return bytes.reverse().join("").toUpperCase();
}
