/** Numbers as tc reads and writes them: rates, sizes, times, shares. Readers give undefined where the text is none. */

const RATE_UNITS: Readonly<Record<string, number>> = {
  "": 1 / 8,
  bit: 1 / 8,
  kbit: 1e3 / 8,
  mbit: 1e6 / 8,
  gbit: 1e9 / 8,
  tbit: 1e12 / 8,
  kibit: 1024 / 8,
  mibit: 1024 ** 2 / 8,
  gibit: 1024 ** 3 / 8,
  tibit: 1024 ** 4 / 8,
  bps: 1,
  kbps: 1e3,
  mbps: 1e6,
  gbps: 1e9,
  tbps: 1e12,
  kibps: 1024,
  mibps: 1024 ** 2,
  gibps: 1024 ** 3,
  tibps: 1024 ** 4,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  kbit: 1024 / 8,
  mbit: 1024 ** 2 / 8,
  gbit: 1024 ** 3 / 8,
};
const TIME_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  s: 1e6,
  sec: 1e6,
  secs: 1e6,
  ms: 1e3,
  msec: 1e3,
  msecs: 1e3,
  us: 1,
  usec: 1,
  usecs: 1,
};

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+\.?\d*(?:e\d+)?|\.\d+)([a-z]*)$/i.exec(text);
  const unit = units[(match?.[2] ?? "-").toLowerCase()];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Bytes a second: `1mbit`, `125kbps`; a bare number is bits. */
export function parseRate(text: string): number | undefined {
  const rate = scaled(text, RATE_UNITS);
  return rate === undefined ? undefined : Math.floor(rate);
}

/** `1Mbit`, `256Kbit`: the largest unit that loses nothing, or has four digits. */
export function printRate(bytes: number): string {
  const units = ["", "K", "M", "G", "T"];
  let [rate, unit] = [bytes * 8, 0];
  while (unit < 4 && rate >= 1000 && (rate % 1000 === 0 || rate >= 1_000_000)) {
    rate = Math.floor(rate / 1000);
    unit++;
  }
  return `${rate}${units[unit]}bit`;
}

/** Bytes: `32kbit`, `10kb`, `1540`. */
export function parseSize(text: string): number | undefined {
  const size = scaled(text, SIZE_UNITS);
  return size === undefined ? undefined : Math.floor(size);
}

/** `4Kb`, `1600b`. */
export function printSize(bytes: number): string {
  const [mega, kilo] = [1024 ** 2, 1024];
  const near = (unit: number, slack: number): boolean =>
    bytes >= unit && Math.abs(unit * Math.round(bytes / unit) - bytes) < slack;
  if (near(mega, 1024)) return `${Math.round(bytes / mega)}Mb`;
  return near(kilo, 16) ? `${Math.round(bytes / kilo)}Kb` : `${bytes}b`;
}

/** Microseconds: `10ms`, `1.5s`; a bare number is microseconds. */
export function parseTime(text: string): number | undefined {
  return scaled(text, TIME_UNITS);
}

/** `100ms`, three digits of it. */
export function printTime(microseconds: number): string {
  if (microseconds >= 1e6) return `${general(microseconds / 1e6, 3)}s`;
  return microseconds >= 1e3 ? `${general(microseconds / 1e3, 3)}ms` : `${Math.trunc(microseconds)}us`;
}

/** A share of 1: `5%`, or a bare number of percent. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+)%?$/.exec(text);
  const share = match === null ? undefined : Number(match[1]) / 100;
  return share !== undefined && share <= 1 ? share : undefined;
}

/** `5%`: four digits of it. */
export function printPercent(share: number): string {
  return `${general(share * 100, 4)}%`;
}

/** printf's `%.Ng`. */
export function general(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes("e") ? text.replace(/\.?0*e/, "e").replace(/e([+-])(\d)$/, "e$10$2") : String(Number(text));
}

/** The kernel's clock for packet schedulers ticks every 64 ns. */
const TICKS = 15.625;

/** Bytes that a burst comes back as: the kernel keeps the time it takes, in ticks. */
export function throughTicks(bytes: number, rate: number): number {
  return Math.floor((rate * ticks(bytes, rate)) / TICKS / 1e6 + 1e-9);
}

/** How many ticks `bytes` take at `rate` bytes a second. */
export function ticks(bytes: number, rate: number): number {
  return Math.floor((bytes / rate) * 1e6 * TICKS + 1e-9);
}

/** A handle or class: `1:`, `1:10`, `ffff:fff1` in hexadecimal; undefined where it is none. */
export function parseHandle(text: string): { readonly major: number; readonly minor: number } | undefined {
  const match = /^([0-9a-f]{0,4}):([0-9a-f]{0,4})$/i.exec(text) ?? /^([0-9a-f]{1,4})()$/i.exec(text);
  if (match === null) return undefined;
  return { major: parseInt(match[1] || "0", 16), minor: parseInt(match[2] || "0", 16) };
}

/** `1:10`; `1:` for a qdisc. */
export function printHandle(major: number, minor = 0): string {
  return `${major.toString(16)}:${minor === 0 ? "" : minor.toString(16)}`;
}
