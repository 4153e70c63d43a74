/** Two ways to send the rows of a batch: as they are, so that packets may follow trails, and so that each must walk. */
import type { PacketBatch, Plane } from "../wasm/mod.ts";

/** Who sends a mix: whole batches, whose repeated packets need not walk, or row by row, each disturbed by a call. */
export type Sender = (plane: Plane, batch: PacketBatch, from: number, count: number) => void;

const ASKED = ["SRC", "DST", "PORTS", "KIND", "LENGTH"] as const;
const ANSWERED = ["OUTCOME", "REASON", "PLACE", "SEEN_SRC", "SEEN_DST", "SEEN_PORTS"] as const;

/** Whole batches. */
export const whole: Sender = (_plane, batch, from, count) => batch.send(from, count);

/** Row by row, and before each a call that changes nothing, but might have. */
export const walked: Sender = (plane, batch, from, count) => {
  const asked = Array.from({ length: count }, (_, row) => read(batch, ASKED, row));
  const answered = asked.map((row) => {
    write(batch, ASKED, 0, row);
    disturb(plane, from);
    batch.send(from, 1);
    return read(batch, ANSWERED, 0);
  });
  answered.forEach((row, n) => write(batch, ANSWERED, n, row));
};

type Column = typeof ASKED[number] | typeof ANSWERED[number];

function read(batch: PacketBatch, columns: readonly Column[], row: number): number[] {
  return columns.map((name) => batch.column(name)[row] as number);
}

function write(batch: PacketBatch, columns: readonly Column[], row: number, values: readonly number[]): void {
  columns.forEach((name, n) => batch.column(name)[row] = values[n] as number);
}

function disturb(plane: Plane, ns: number): void {
  const key = "net.ipv4.conf.lo.log_martians";
  plane.setSysctl(ns, key, plane.sysctl(ns, key) ?? 0);
}
