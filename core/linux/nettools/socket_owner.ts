import type { SocketId } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";

/** The process that holds a socket: its pid, the name it runs by, and the descriptor (they count from 3). */
export interface Owner {
  readonly pid: number;
  readonly name: string;
  readonly fd: number;
}

/** Who holds a socket of this machine; undefined for the kernel's own and those of other machines. */
export function ownerOf(machine: Machine, socket: SocketId): Owner | undefined {
  for (const process of machine.processes) {
    const fd = [...process.life.sockets].indexOf(socket);
    if (fd >= 0) return { pid: process.pid, name: (process.argv[0] ?? "").replace(/^.*\//, ""), fd: fd + 3 };
  }
  return undefined;
}
