/** What ss says of a socket behind its peer: -p -T -o -e -m -i --tos --cgroup --inet-sockopt. */
import type { SocketView } from "../../../wasm/mod.ts";
import type { Process } from "../process.ts";
import { ownerOf } from "./socket_owner.ts";

/** Which details were asked for. */
export interface Details {
  processes: boolean;
  threads: boolean;
  timers: boolean;
  extended: boolean;
  memory: boolean;
  info: boolean;
  tos: boolean;
  cgroup: boolean;
  sockopt: boolean;
  oneline: boolean;
}

/** The default sizes of socket buffers: tcp_rmem, tcp_wmem as a connection widens it, rmem_default and wmem_default. */
const BUFFERS = { receive: 131_072, listen: 16_384, send: 46_080, datagram: 212_992 };

/** The text of the last column; lines after the first begin with a tab. */
export function detailsOf(process: Process, socket: SocketView, ns: number, asked: Details): string {
  const line = asked.oneline ? " " : "\n\t";
  const memory = asked.memory ? `${line} skmem:(${memoryOf(socket)})`.replace(/^ {2}/, " ") : "";
  const info = asked.info && socket.kind === "tcp" ? infoOf(process, socket, ns, asked) : "";
  return [
    asked.processes || asked.threads ? users(process, socket, asked.threads) : "",
    asked.timers ? timer(socket) : "",
    asked.extended ? extended(socket) : "",
    asked.cgroup && !asked.extended ? " cgroup:unreachable:1" : "",
    asked.tos ? ` tos:0x${socket.tos.toString(16)}`.replace("0x0", "0") + " class_id:0" : "",
    memory,
    info === "" || memory !== "" ? info : `${line}${info}`.replace(/^ {2}/, " "),
    asked.sockopt ? `${line}inet-sockopt: (${socket.kind === "tcp" ? " is_icsk" : ""} mc_loop mc_all)` : "",
  ].join("");
}

function users(process: Process, socket: SocketView, threads: boolean): string {
  const owner = ownerOf(process.machine, socket.id);
  const tid = threads ? `,tid=${owner?.pid}` : "";
  return owner === undefined ? "" : ` users:(("${owner.name}",pid=${owner.pid}${tid},fd=${owner.fd}))`;
}

const TIMERS = ["off", "on", "keepalive", "timewait", "persist"];

function timer({ timer, expires, retries }: SocketView): string {
  return timer === 0 ? "" : ` timer:(${TIMERS[timer]},${duration(expires)},${timer === 3 ? 0 : retries})`;
}

/** Two units at most, the smaller one left out where the larger is above nine. */
function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = Math.floor(milliseconds / 1000) % 60;
  const rest = milliseconds % 1000;
  const parts: string[] = [];
  if (minutes > 0) parts.push(`${minutes}min`);
  if (seconds > 0 && minutes <= 9) parts.push(`${seconds}${rest > 0 && seconds <= 9 && minutes === 0 ? "." : "sec"}`);
  if (rest > 0 && minutes === 0 && seconds <= 9) parts.push(`${String(rest).padStart(3, "0")}ms`);
  return parts.join("");
}

function extended({ uid, id, mark, state }: SocketView): string {
  const owned = state === "TIME-WAIT" ? "" : (uid === 0 ? "" : ` uid:${uid}`) + ` ino:${id}`;
  const marked = mark === 0 ? "" : ` fwmark:0x${mark.toString(16)}`;
  return `${owned} sk:${id.toString(16)} cgroup:unreachable:1 <->${marked}`;
}

function memoryOf({ kind, state, recvQueue, sendQueue }: SocketView): string {
  const [receive, send] = kind !== "tcp"
    ? [BUFFERS.datagram, BUFFERS.datagram]
    : [BUFFERS.receive, state === "LISTEN" ? BUFFERS.listen : BUFFERS.send];
  const held = state === "LISTEN" ? [0, 0] : [recvQueue, sendQueue];
  return `r${held[0]},rb${receive},t0,tb${send},f0,w${held[1]},o0,bl0,d0`;
}

/** The algorithm of congestion control alone: what it measures of a connection is not modelled. */
function infoOf(process: Process, socket: SocketView, ns: number, asked: Details): string {
  if (socket.state === "TIME-WAIT") return "";
  const algorithm = process.machine.filesIn(ns).read("/proc/sys/net/ipv4/tcp_congestion_control")?.trim() ?? "cubic";
  const flags = socket.state !== "LISTEN" && (asked.timers || asked.extended) ? " ts sack" : "";
  return `${flags} ${algorithm} cwnd:10`;
}
