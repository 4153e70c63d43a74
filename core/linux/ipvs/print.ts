/** What `ipvsadm` 1.31 lists: servers, statistics, connections, and what it saves. */
import type { Flow } from "../../../wasm/mod.ts";
import { connectionKey } from "./compile.ts";
import type { Ipvs } from "./ipvs.ts";
import { type RealServer, socketText, type VirtualServer } from "./types.ts";

const HEAD = "IP Virtual Server version 1.2.1 (size=4096)\n";
const TITLE = "Prot LocalAddress:Port Scheduler Flags\n" +
  "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";
const STATS_TITLE = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
  "  -> RemoteAddress:Port\n";

/** `ipvsadm -Ln`: every virtual server, or one. */
export function printServers(ipvs: Ipvs, only?: VirtualServer): string {
  const loads = ipvs.loads();
  const lines = shown(ipvs, only).flatMap((server) => [
    `${server.protocol.toUpperCase().padEnd(4)} ${socketText(server)} ${server.scheduler}${persistent(server)}`,
    ...server.servers.map((real) => {
      const { active = 0, inactive = 0 } = loads.get(connectionKey(server, real)) ?? {};
      return `  -> ${socketText(real).padEnd(28)} ${real.forward.padEnd(7)} ${String(real.weight).padEnd(6)} ` +
        `${String(active).padEnd(10)} ${String(inactive).padEnd(10)}`;
    }),
  ]);
  return HEAD + TITLE + lines.map((line) => `${line}\n`).join("");
}

/** `ipvsadm -Ln --stats` */
export function printStats(ipvs: Ipvs, only?: VirtualServer): string {
  const loads = ipvs.loads();
  const lines = shown(ipvs, only).flatMap((server) => {
    const rows = server.servers.map((real) => {
      const load = loads.get(connectionKey(server, real));
      return [load?.connections ?? 0, ...load?.packets ?? [0, 0], ...load?.bytes ?? [0, 0]];
    });
    const sum = [0, 1, 2, 3, 4].map((i) => rows.reduce((total, row) => total + (row[i] ?? 0), 0));
    return [
      `${server.protocol.toUpperCase().padEnd(4)} ${socketText(server)}`.padEnd(33) + numbers(sum),
      ...server.servers.map((real, i) => `  -> ${socketText(real)}`.padEnd(33) + numbers(rows[i] ?? [])),
    ];
  });
  return HEAD + STATS_TITLE + lines.map((line) => `${line}\n`).join("");
}

function numbers(row: readonly number[]): string {
  return row.map((number) => ` ${large(number).padStart(8)}`).join("");
}

/** Numbers too long for their column: thousands, millions ... */
function large(number: number): string {
  if (number < 1e8) return String(number);
  for (const [unit, size] of [["K", 1e3], ["M", 1e6], ["G", 1e9]] as const) {
    if (number / size < 1e7) return `${Math.floor(number / size)}${unit}`;
  }
  return `${Math.floor(number / 1e12)}T`;
}

/** `ipvsadm -Lnc` */
export function printConnections(ipvs: Ipvs): string {
  const lines = ipvs.connections().map(({ server, real, flow }) => {
    const { src, sport } = flow.original;
    const cells = [
      server.protocol.toUpperCase().padEnd(3),
      clock(flow.timeout).padEnd(6),
      stateOf(flow, server).padEnd(11),
      socketText({ address: src, port: sport }).padEnd(18),
      socketText(server).padEnd(18),
      socketText(real),
    ];
    return `${cells.join(" ")}\n`;
  });
  return `IPVS connection entries\npro expire state       source             virtual            destination\n${
    lines.join("")
  }`;
}

function clock(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** IPVS's words for TCP states; datagrams have their protocol's. */
function stateOf({ state }: Flow, { protocol }: VirtualServer): string {
  if (protocol === "udp") return "UDP";
  return { SYN_SENT: "SYN_RECV", SYN_RECV: "SYN_RECV", LAST_ACK: "TIME_WAIT" }[state ?? ""] ?? state ?? "NONE";
}

/** `ipvsadm -Sn`: what `-R` reads. */
export function printSaved(ipvs: Ipvs): string {
  return ipvs.servers.flatMap((server) => {
    const at = `-${LETTERS[server.protocol]} ${socketText(server)}`;
    return [
      `-A ${at} -s ${server.scheduler}${server.persistent === undefined ? "" : ` -p ${server.persistent}`}\n`,
      ...server.servers.map((real) => `-a ${at} -r ${socketText(real)} ${FORWARD[real.forward]} -w ${real.weight}\n`),
    ];
  }).join("");
}

const LETTERS = { tcp: "t", udp: "u", sctp: "-sctp-service" };
const FORWARD: Readonly<Record<RealServer["forward"], string>> = { Masq: "-m", Route: "-g", Tunnel: "-i" };

function persistent(server: VirtualServer): string {
  return server.persistent === undefined ? "" : ` persistent ${server.persistent}`;
}

function shown(ipvs: Ipvs, only: VirtualServer | undefined): readonly VirtualServer[] {
  return only === undefined ? ipvs.servers : [only];
}
