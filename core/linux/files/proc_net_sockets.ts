import type { SocketView } from "../../../wasm/mod.ts";
import { parseIp } from "../../base/mod.ts";

const TCP_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const TCP6_HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const UDP_HEAD =
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
const UDP6_HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";

/** TCP states as include/net/tcp_states.h numbers them, by ss's names. */
export const TCP_STATES = [
  "ESTAB",
  "SYN-SENT",
  "SYN-RECV",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "TIME-WAIT",
  "UNCONN",
  "CLOSE-WAIT",
  "LAST-ACK",
  "LISTEN",
  "CLOSING",
] as const;

/** `/proc/net/{tcp,udp}{,6}`. Inode numbers are socket numbers of the plane. */
export function printSockets(sockets: readonly SocketView[], kind: "tcp" | "udp", family: 4 | 6): string {
  const lines = sockets.filter((s) => s.kind === kind && familyOf(s) === family).map((socket, slot) => {
    const state = (TCP_STATES.indexOf(socket.state as (typeof TCP_STATES)[number]) + 1) || 7;
    const ends = `${end(socket.local, socket.localPort)} ${end(socket.remote, socket.remotePort)}`;
    const queues = `${hex(socket.state === "LISTEN" ? 0 : socket.sendQueue, 8)}:${hex(socket.recvQueue, 8)}`;
    const head = `${String(slot).padStart(kind === "tcp" ? 4 : 5)}: ${ends} ${
      hex(state, 2)
    } ${queues} 00:00000000 00000000`;
    const tail = kind === "tcp" ? " 1 0000000000000000 100 0 0 10 0" : " 2 0000000000000000 0";
    return `${head}     0        0 ${socket.id}${tail}`;
  });
  if (kind === "udp") return text([family === 4 ? UDP_HEAD : UDP6_HEAD, ...lines], family === 4 ? 127 : 0);
  return text([family === 4 ? TCP_HEAD : TCP6_HEAD, ...lines], family === 4 ? 149 : 0);
}

/** The family a socket is bound in. */
export function familyOf(socket: SocketView): 4 | 6 {
  return socket.local.includes(":") ? 6 : 4;
}

function text(lines: readonly string[], width: number): string {
  return lines.map((line) => line.padEnd(width) + "\n").join("");
}

/** An address and port: each 32-bit word in the byte order of a little-endian machine. */
function end(address: string, port: number): string {
  const ip = parseIp(address === "*" ? "0.0.0.0" : address) ?? { family: 4, value: 0n };
  const digits = ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, "0");
  const words = digits.match(/.{8}/g) ?? [];
  const swapped = words.map((word) => (word.match(/../g) ?? []).reverse().join("")).join("").toUpperCase();
  return `${swapped}:${hex(port, 4)}`;
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}
