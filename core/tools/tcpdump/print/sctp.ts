import type { Octets } from "../octets.ts";
import { hex, nameIn, type Out } from "./out.ts";
import { type Carried, ends } from "./carried.ts";

const CHUNKS: Readonly<Record<number, string>> = {
  0: "DATA",
  1: "INIT",
  2: "INIT ACK",
  3: "SACK",
  4: "HB REQ",
  5: "HB ACK",
  6: "ABORT",
  7: "SHUTDOWN",
  8: "SHUTDOWN ACK",
  9: "ERROR",
  10: "COOKIE ECHO",
  11: "COOKIE ACK",
  14: "SHUTDOWN COMPLETE",
};

/** Payload protocols by number. */
const PAYLOADS: Readonly<Record<number, string>> = {
  1: "IUA",
  2: "M2UA",
  3: "M3UA",
  4: "SUA",
  5: "M2PA",
  6: "V5UA",
  7: "H.248",
  8: "BICC",
  46: "DIAMETER",
};

/** SCTP (RFC 9260): its chunks by name, with the numbers of INIT, SACK and DATA. */
export function printSctp(out: Out, packet: Octets, carried: Carried): void {
  out.protocol = "sctp";
  out.put(`${ends(out, packet, carried)}sctp`);
  let left = carried.length - 12;
  for (let at = 12, number = 1; left >= 4; number++) {
    const chunk = packet.from(at);
    const [type, length] = [chunk.u8(0), chunk.u16(2)];
    out.put(
      `${out.options.verbose > 0 ? "\n\t" : number > 1 ? ", (" : " ("}${number}) [${
        nameIn(CHUNKS, type, "Unknown chunk type: 0x%")
      }]`,
    );
    out.put(" ");
    if (length < 4) return out.put(` [chunk length ${length} < 4]`);
    printChunk(out, chunk, type);
    const padded = (length + 3) & ~3;
    at += padded;
    left -= padded;
  }
}

function printChunk(out: Out, chunk: Octets, type: number): void {
  if (type === 1 || type === 2) {
    out.put(`[init tag: ${chunk.u32(4)}] [rwnd: ${chunk.u32(8)}] [OS: ${chunk.u16(12)}] [MIS: ${chunk.u16(14)}]`);
    out.put(` [init TSN: ${chunk.u32(16)}] `);
  } else if (type === 3) {
    out.put(`[cum ack ${chunk.u32(4)}] [a_rwnd ${chunk.u32(8)}] [#gap acks ${chunk.u16(12)}]`);
    out.put(` [#dup tsns ${chunk.u16(14)}] `);
  } else if (type === 0) {
    const flags = chunk.u8(1);
    const edges = `${flags & 2 ? "(B)" : ""}${flags & 1 ? "(E)" : ""}`;
    out.put(`${edges} [TSN: ${chunk.u32(4)}] [SID: ${chunk.u16(8)}] [SSEQ ${chunk.u16(10)}]`);
    out.put(` [PPID ${PAYLOADS[chunk.u32(12)] ?? `0x${hex(chunk.u32(12), 4)}`}] `);
  }
}
