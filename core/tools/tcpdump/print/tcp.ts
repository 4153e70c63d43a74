import { onesSum, pseudoSum, shouldBe } from "../checksum.ts";
import type { Octets } from "../octets.ts";
import { bitNames, type Out, sum16 } from "./out.ts";
import { printTcpPayload } from "./tcp_payload.ts";
import { printTcpOptions } from "./tcp_options.ts";
import { type Carried, ends } from "./carried.ts";

const FLAGS = [
  [0x01, "F"],
  [0x02, "S"],
  [0x04, "R"],
  [0x08, "P"],
  [0x10, "."],
  [0x20, "U"],
  [0x40, "E"],
  [0x80, "W"],
] as const;
const [SYN, RST, ACK, URG, ENDS] = [0x02, 0x04, 0x10, 0x20, 0x07];

/** Sequence numbers as they are to be shown, and where both sides began. */
interface Shown {
  readonly seq: number;
  readonly ack: number;
  /** What SACK blocks are relative to. */
  readonly sackBase: number;
}

/** TCP (RFC 9293): `Flags [P.], seq 1:6, ack 1, win 63, options [...], length 5`. */
export function printTcp(out: Out, segment: Octets, carried: Carried): void {
  out.protocol = "tcp";
  out.put(ends(out, segment, carried));
  if (!segment.has(0, 20)) {
    return out.truncated();
  }
  const { length } = carried;
  const header = (segment.u8(12) >> 4) * 4;
  if (header < 20) return out.put(` tcp ${length - header} [bad hdr length ${header} - too short, < 20]`);
  const payload = length - header;
  if (out.options.quiet) {
    out.put(`tcp ${payload >>> 0}`);
    return header > length ? out.put(` [bad hdr length ${header} - too long, > ${length}]`) : undefined;
  }
  const flags = segment.u8(13);
  out.put(`Flags [${bitNames(FLAGS, flags, "")}]`);
  const shown = relative(out, segment, carried);
  if (header > length) return out.put(` [bad hdr length ${header} - too long, > ${length}]`);
  printChecksum(out, segment, carried);
  if (out.options.verbose > 1 || payload > 0 || (flags & ENDS) !== 0) {
    out.put(`, seq ${shown.seq}${payload > 0 ? `:${(shown.seq + payload) >>> 0}` : ""}`);
  }
  if ((flags & ACK) !== 0) out.put(`, ack ${shown.ack}`);
  out.put(`, win ${segment.u16(14)}`);
  if ((flags & URG) !== 0) out.put(`, urg ${segment.u16(18)}`);
  const options = segment.from(20).upTo(header - 20);
  if (header > 20 && !printTcpOptions(out, options, header - 20, shown.sackBase)) return;
  out.put(`, length ${payload}`);
  if (payload > 0) {
    printTcpPayload(out, segment.from(header), { ...payloadOf(segment), length: payload, reset: (flags & RST) !== 0 });
  }
}

function payloadOf(segment: Octets): { readonly ports: readonly [number, number] } {
  return { ports: [segment.u16(0), segment.u16(2)] };
}

function printChecksum(out: Out, segment: Octets, { ip, length, fragmented }: Carried): void {
  if (out.options.verbose === 0 || out.options.unchecked || fragmented || !segment.has(0, length)) return;
  const field = segment.u16(16);
  const sum = onesSum(segment, length, pseudoSum(ip, 6, length));
  out.put(`, cksum ${sum16(field)} (${sum === 0xffff ? "correct" : `incorrect -> ${sum16(shouldBe(field, sum))}`})`);
}

/** Counted from the connection's beginning, which a SYN, or the first segment seen, sets. */
function relative(out: Out, segment: Octets, { source, destination }: Carried): Shown {
  const [seq, ack, flags] = [segment.u32(4), segment.u32(8), segment.u8(13)];
  if (out.options.absolute || (flags & ACK) === 0) return { seq, ack, sackBase: 0 };
  const [here, there] = [`${source} ${segment.u16(0)}`, `${destination} ${segment.u16(2)}`];
  const reversed = here > there;
  const key = reversed ? `${there} ${here}` : `${here} ${there}`;
  const known = out.tcp.find(key);
  if (known === undefined || (flags & SYN) !== 0) {
    const mine = { seq, ack: (ack - 1) >>> 0 };
    const begun = reversed ? { seq: mine.ack, ack: mine.seq } : mine;
    out.tcp.begin(key, begun);
    return { seq, ack, sackBase: reversed ? begun.seq : begun.ack };
  }
  const [mine, theirs] = reversed ? [known.ack, known.seq] : [known.seq, known.ack];
  return { seq: (seq - mine) >>> 0, ack: (ack - theirs) >>> 0, sackBase: theirs };
}
