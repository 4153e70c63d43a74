/**
 * Making an answer fit its transport, as servers built on miekg/dns do (CoreDNS): uncompressed where that fits, else
 * compressed, else records are left out from the end and TC is set.
 */
import { type Message, printMessage } from "./message.ts";
import type { Rr } from "./record.ts";

/** The least UDP size; anything below counts as this (RFC 6891 6.2.3). */
export const MIN_UDP = 512;

/** What a UDP answer to this query may measure; TCP carries 65535. */
export function udpLimit(query: Message): number {
  return Math.max(query.edns?.udpSize ?? MIN_UDP, MIN_UDP);
}

/** The octets of an answer within `limit`; `message` is what they say. */
export function fit(message: Message, limit: number): { readonly message: Message; readonly bytes: Uint8Array } {
  const size = Math.max(limit, MIN_UDP);
  const plain = printMessage(message, false);
  if (plain.length <= size) return { message, bytes: plain };
  const packed = printMessage(message, true);
  if (packed.length <= size) return { message, bytes: packed };
  return cut(message, size);
}

const SECTIONS = ["answers", "authorities", "additionals"] as const;

/** Fills answers, then authorities, then additionals, as long as each record still fits. */
function cut(message: Message, size: number): { message: Message; bytes: Uint8Array } {
  let kept: Message = {
    ...message,
    flags: { ...message.flags, tc: true },
    answers: [],
    authorities: [],
    additionals: [],
  };
  let bytes = printMessage(kept, true);
  for (const section of SECTIONS) {
    const count = mostThatFit(
      message[section],
      (list) => printMessage({ ...kept, [section]: list }, true).length <= size,
    );
    kept = { ...kept, [section]: message[section].slice(0, count) };
    bytes = printMessage(kept, true);
    if (count < message[section].length) break;
  }
  return { message: kept, bytes };
}

function mostThatFit(records: readonly Rr[], fits: (records: readonly Rr[]) => boolean): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(records.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}
