/** Conntrack entries as conntrack 1.4.7 prints them. */
import type { Flow, FlowEvent, FlowSide } from "../../../../wasm/mod.ts";
import { protocolName } from "../names.ts";

/** What `-o` asks for. */
export interface FlowLook {
  readonly extended?: boolean;
  readonly id?: boolean;
  readonly xml?: boolean;
  readonly timestamp?: boolean;
  readonly save?: boolean;
  /** The tool itself holds the entry: -G, -U. */
  readonly held?: boolean;
  /** net.netfilter.nf_conntrack_acct: packets and bytes of each side. */
  readonly counters?: boolean;
}

const HAS_PORTS = [6, 17, 33, 132, 136];
const isIcmp = (proto: number) => proto === 1 || proto === 58;

function sideText(flow: Flow, side: FlowSide, look: FlowLook): string {
  const { src, dst, sport, dport, type, code, id, packets, bytes } = side;
  const ports = isIcmp(flow.proto)
    ? ` type=${type} code=${code} id=${id}`
    : HAS_PORTS.includes(flow.proto)
    ? ` sport=${sport} dport=${dport}`
    : "";
  return `src=${src} dst=${dst}${ports}${look.counters ? ` packets=${packets} bytes=${bytes}` : ""} `;
}

function headText(flow: Flow, look: FlowLook, timeout: boolean): string {
  const family = flow.family === 4 ? "ipv4     2 " : "ipv6     10 ";
  const name = flow.proto === 58 ? "icmpv6" : protocolName(flow.proto) ?? "unknown";
  return (look.extended ? family : "") + `${name.padEnd(8)} ${flow.proto} ` +
    (timeout ? `${Math.floor(flow.timeout)} ` : "") +
    (flow.state === undefined ? "" : `${flow.state} `);
}

function bodyText(flow: Flow, look: FlowLook): string {
  return sideText(flow, flow.original, look) + (flow.replied ? "" : "[UNREPLIED] ") +
    sideText(flow, flow.reply, look) + (flow.assured ? "[ASSURED] " : "");
}

/** One line of `conntrack -L`. */
export function printFlow(flow: Flow, look: FlowLook): string {
  const helper = flow.helper === undefined ? "" : `helper=${flow.helper} `;
  const zone = flow.zone === 0 ? "" : `zone=${flow.zone} `;
  const id = look.id ? ` id=${flow.id}` : "";
  return `${headText(flow, look, true)}${bodyText(flow, look)}mark=${flow.mark} ${zone}${helper}use=${
    look.held ? 2 : 1
  }${id}\n`;
}

/** One line of `-o save`: the options that make the entry. */
export function printFlowSave(flow: Flow): string {
  const { original, reply } = flow;
  const status = [...(flow.replied ? ["SEEN_REPLY"] : []), ...(flow.assured ? ["ASSURED"] : [])].join(",");
  const ports = isIcmp(flow.proto)
    ? ` --icmp-type ${original.type} --icmp-code ${original.code} --icmp-id ${original.id}`
    : HAS_PORTS.includes(flow.proto)
    ? ` --sport ${original.sport} --dport ${original.dport} --reply-port-src ${reply.sport} --reply-port-dst ${reply.dport}`
    : "";
  const name = flow.proto === 58 ? "icmpv6" : protocolName(flow.proto) ?? String(flow.proto);
  return `-A -t ${Math.floor(flow.timeout)} -u ${status === "" ? "UNSET" : status}` +
    (flow.zone === 0 ? "" : ` -w ${flow.zone}`) + ` -s ${original.src} -d ${original.dst}` +
    ` ${flow.dnat ? "-g" : "-r"} ${reply.src} ${flow.snat ? "-n" : "-q"} ${reply.dst}` +
    ` -p ${name}${ports}${flow.state === undefined ? "" : ` --state ${flow.state}`}\n`;
}

/** One line of `conntrack -E`. */
export function printFlowEvent({ event, flow }: FlowEvent, look: FlowLook, now: number): string {
  const stamp = look.timestamp ? `[${(now / 1000).toFixed(6).padEnd(8)}]\t` : "";
  const mark = flow.mark === 0 ? "" : `mark=${flow.mark} `;
  const zone = flow.zone === 0 ? "" : `zone=${flow.zone} `;
  const id = look.id ? `id=${flow.id}` : "";
  const text = `${headText(flow, look, event !== "DESTROY")}${bodyText(flow, look)}${mark}${zone}${id}`;
  return `${stamp}${`[${event}]`.padStart(9)} ${text.trimEnd()}\n`;
}

function xmlSide(flow: Flow, side: FlowSide, look: FlowLook): string {
  const direction = side === flow.original ? "original" : "reply";
  const layer3 = flow.family === 4 ? 'protonum="2" protoname="ipv4"' : 'protonum="10" protoname="ipv6"';
  const ports = isIcmp(flow.proto) ? "" : `<sport>${side.sport}</sport><dport>${side.dport}</dport>`;
  const counters = look.counters
    ? `<counters><packets>${side.packets}</packets><bytes>${side.bytes}</bytes></counters>`
    : "";
  return `<meta direction="${direction}"><layer3 ${layer3}><src>${side.src}</src><dst>${side.dst}</dst></layer3>` +
    `<layer4 protonum="${flow.proto}" protoname="${
      protocolName(flow.proto) ?? "unknown"
    }">${ports}</layer4>${counters}</meta>`;
}

/** One `<flow>` of `-o xml`. */
export function printFlowXml(flow: Flow, look: FlowLook): string {
  const state = flow.state === undefined ? "" : `<state>${flow.state}</state>`;
  const flags = (flow.replied ? "" : "<unreplied/>") + (flow.assured ? "<assured/>" : "");
  return `<flow>${xmlSide(flow, flow.original, look)}${xmlSide(flow, flow.reply, look)}<meta direction="independent">` +
    `${state}<timeout>${
      Math.floor(flow.timeout)
    }</timeout><mark>${flow.mark}</mark><use>1</use><id>${flow.id}</id>${flags}</meta></flow>\n`;
}
