/** What ping counts, and its closing lines. */

/** Counts of one run; times in milliseconds. */
export interface PingCounts {
  sent: number;
  received: number;
  duplicates: number;
  errors: number;
  /** Round-trip times in the order they came. */
  readonly trips: number[];
  /** How many probes were on their way at once, at most. */
  pipe: number;
  /** First and last time a probe was sent. */
  first: number;
  last: number;
  /** Smoothed round-trip time in eighths of a millisecond (the ewma). */
  ewma: number;
}

/** Nothing counted yet. */
export function newCounts(now: number): PingCounts {
  return { sent: 0, received: 0, duplicates: 0, errors: 0, trips: [], pipe: 0, first: now, last: now, ewma: 0 };
}

/** Takes a reply in. */
export function countReply(counts: PingCounts, trip: number, duplicate: boolean): void {
  if (duplicate) counts.duplicates++;
  else counts.received++;
  counts.trips.push(trip);
  counts.ewma = counts.ewma === 0 ? trip * 8 : counts.ewma + trip - counts.ewma / 8;
}

const three = (milliseconds: number) => (Math.floor(milliseconds * 1000) / 1000).toFixed(3);

/** C's `%g` with six digits, as far as percentages need it. */
export function percent(part: number, whole: number): string {
  return String(Number((((whole - part) * 100) / whole).toPrecision(6)));
}

/** iputils' closing lines. `paced` asks for the ipg/ewma tail (flood, adaptive, interval 0). */
export function statisticsText(host: string, counts: PingCounts, options: { timing: boolean; paced: boolean }): string {
  const { sent, received, duplicates, errors } = counts;
  const elapsed = Math.round(counts.last - counts.first);
  const parts = [
    `${sent} packets transmitted`,
    `${received} received`,
    ...(duplicates > 0 ? [`+${duplicates} duplicates`] : []),
    ...(errors > 0 ? [`+${errors} errors`] : []),
    ...(sent > 0 ? [`${percent(received, sent)}% packet loss`, `time ${elapsed}ms`] : []),
  ];
  return `\n--- ${host} ping statistics ---\n${parts.join(", ")}\n${tail(counts, options)}\n`;
}

function tail(counts: PingCounts, { timing, paced }: { timing: boolean; paced: boolean }): string {
  const parts: string[] = [];
  if (counts.received > 0 && timing) parts.push(`rtt min/avg/max/mdev = ${rtt(counts.trips)} ms`);
  if (counts.pipe > 1) parts.push(`pipe ${counts.pipe}`);
  if (counts.received > 0 && paced && counts.sent > 1) {
    const gap = (counts.last - counts.first) / (counts.sent - 1);
    parts.push(`ipg/ewma ${three(gap)}/${three(counts.ewma / 8)} ms`);
  }
  return parts.join(", ");
}

function rtt(trips: readonly number[]): string {
  const mean = trips.reduce((sum, trip) => sum + trip, 0) / trips.length;
  const square = trips.reduce((sum, trip) => sum + trip * trip, 0) / trips.length;
  const deviation = Math.sqrt(Math.max(0, square - mean * mean));
  return [Math.min(...trips), mean, Math.max(...trips), deviation].map(three).join("/");
}

/** The `time=` of one reply, in milliseconds with as many digits as iputils shows. */
export function tripText(milliseconds: number): string {
  const micros = Math.round(milliseconds * 1000);
  if (micros >= 99_950) return `${Math.floor((micros + 500) / 1000)}`;
  if (micros >= 9_995) return (Math.floor((micros + 50) / 100) / 10).toFixed(1);
  if (micros >= 1_000) return (Math.floor((micros + 5) / 10) / 100).toFixed(2);
  return (micros / 1000).toFixed(3);
}
