/** Evidence in words: the plane's trace records as steps with the names of places, devices and rules. */
import type { IfIndex, Ns, PacketView, TableRef, TraceRecord } from "../../wasm/mod.ts";

/** One thing that happened to a packet. */
export interface Step {
  readonly place: string;
  readonly layer: TraceRecord["layer"];
  readonly action: string;
  readonly detail: string;
}

/** Who knows the names behind the numbers of a record. */
export interface TraceNames {
  /** Where a namespace is: `pod/default/web-0`, `node/node-1`. */
  place(ns: Ns): string;
  device(ns: Ns, dev: IfIndex): string;
  /** The text of a rule or policy, as iptables-save prints it. */
  rule(
    at: { readonly ns: Ns; readonly family: 4 | 6; readonly table: TableRef; readonly rule: number },
  ): string | undefined;
}

/** Protocol numbers by name (IANA), as far as a trace shows them. */
const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp" };

/** The steps of one walk, in order. */
export function stepsOf(records: readonly TraceRecord[], names: TraceNames): Step[] {
  return records.map((record, i) => ({
    place: names.place(record.ns),
    layer: record.layer,
    action: record.action,
    detail: detailOf(record, records[i - 1], names),
  }));
}

function detailOf(record: TraceRecord, before: TraceRecord | undefined, names: TraceNames): string {
  const reason = record.reason === undefined || record.reason === "" ? "" : `: ${record.reason}`;
  const device = record.dev === 0 ? "" : names.device(record.ns, record.dev);
  switch (record.action) {
    case "sent":
    case "delivered":
      return printPacket(record.packet) + reason;
    case "dropped":
    case "refused":
      return [device, printPacket(record.packet)].filter((text) => text !== "").join(" ") + reason;
    case "matched":
    case "policy":
    case "unmodelled":
      return ruleDetail(record, names);
    case "translated":
    case "restored":
      return change(before?.packet, record.packet);
    case "routed":
      return routeDetail(record, names);
    case "tracked":
      return printFlow(record.packet);
    case "encapsulated":
    case "decapsulated":
      return `${device} ${printFlow(record.packet)}`;
    default:
      return device + reason;
  }
}

function ruleDetail(record: TraceRecord, names: TraceNames): string {
  const { table, hook, rule, family = 4 } = record;
  const text = table === undefined || rule === undefined
    ? undefined
    : names.rule({ ns: record.ns, family, table, rule });
  return `${table} ${hook}: ${text ?? `rule ${rule}`}`;
}

function routeDetail(record: TraceRecord, names: TraceNames): string {
  const { oif = 0, via, routeTable } = record;
  const out = oif === 0 ? "" : ` dev ${names.device(record.ns, oif)}`;
  const table = routeTable === undefined ? "" : ` table ${TABLES[routeTable] ?? routeTable}`;
  return `${record.packet.dst}${via === undefined ? "" : ` via ${via}`}${out}${table}`;
}

const TABLES: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };

/** What NAT changed, as `dst 10.96.0.10:80 -> 10.244.1.2:8080`. */
function change(before: PacketView | undefined, after: PacketView): string {
  if (before === undefined) return printFlow(after);
  const sides = [
    ["src", endpoint(before.src, before.sport), endpoint(after.src, after.sport)],
    ["dst", endpoint(before.dst, before.dport), endpoint(after.dst, after.dport)],
  ] as const;
  return sides.filter(([, old, now]) => old !== now).map(([side, old, now]) => `${side} ${old} -> ${now}`).join(", ") ||
    printFlow(after);
}

/** `10.244.1.5:40000 > 10.96.0.10:53 udp`, with TCP flags or ICMP type and code, and the ttl. */
export function printPacket(packet: PacketView): string {
  const what = packet.type === undefined
    ? (packet.flags === undefined || packet.flags === "" ? "" : ` [${packet.flags}]`)
    : ` ${packet.type}/${packet.code}`;
  return `${printFlow(packet)}${what} ttl ${packet.ttl}`;
}

function printFlow({ src, sport, dst, dport, proto, type }: PacketView): string {
  const ports = type === undefined;
  return `${endpoint(src, ports ? sport : 0)} > ${endpoint(dst, ports ? dport : 0)} ${
    PROTOCOLS[proto] ?? `protocol ${proto}`
  }`;
}

function endpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
