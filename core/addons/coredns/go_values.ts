/** Numbers, durations and addresses as Go reads them, with Go's words for what it cannot read. */

/** A value, or Go's error text. */
export type GoResult<T> = { readonly value: T } | { readonly error: string };

/** `strconv.Atoi`. */
export function goAtoi(text: string): GoResult<number> {
  if (!/^[+-]?\d+$/.test(text)) return { error: `strconv.Atoi: parsing ${goQuote(text)}: invalid syntax` };
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return { error: `strconv.Atoi: parsing ${goQuote(text)}: value out of range` };
  return { value };
}

/** `strconv.ParseInt` of decimal digits. */
export function goParseInt(text: string, bits: number): GoResult<number> {
  const place = `strconv.ParseInt: parsing ${goQuote(text)}`;
  if (!/^[+-]?\d+$/.test(text)) return { error: `${place}: invalid syntax` };
  const value = Number(text);
  if (value >= 2 ** (bits - 1) || value < -(2 ** (bits - 1))) return { error: `${place}: value out of range` };
  return { value };
}

/** `strconv.ParseUint` of decimal digits. */
export function goParseUint(text: string, bits: number): GoResult<number> {
  if (!/^\d+$/.test(text)) return { error: `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax` };
  const value = Number(text);
  if (value >= 2 ** bits) return { error: `strconv.ParseUint: parsing ${goQuote(text)}: value out of range` };
  return { value };
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `time.ParseDuration`, in milliseconds. */
export function goDuration(text: string): GoResult<number> {
  const invalid = { error: `time: invalid duration ${goQuote(text)}` };
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return { value: 0 };
  if (rest === "") return invalid;
  let total = 0;
  while (rest !== "") {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) return { error: `time: missing unit in duration ${goQuote(text)}` };
    const scale = UNITS[unit];
    if (scale === undefined) return { error: `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}` };
    total += Number(number) * scale;
    rest = rest.slice(unit.length);
  }
  return { value: sign * total };
}

/** `net.SplitHostPort`. */
export function goHostPort(text: string): GoResult<{ readonly host: string; readonly port: string }> {
  const bracketed = /^\[([^\]]*)\](.*)$/.exec(text);
  const colon = text.lastIndexOf(":");
  if (text === "") return { error: "missing port in address" };
  if (colon < 0) return { error: `address ${text}: missing port in address` };
  if (bracketed !== null) {
    if (!(bracketed[2] as string).startsWith(":")) return { error: `address ${text}: missing port in address` };
    if ((bracketed[2] as string).lastIndexOf(":") > 0) return { error: `address ${text}: too many colons in address` };
    return { value: { host: bracketed[1] as string, port: (bracketed[2] as string).slice(1) } };
  }
  const host = text.slice(0, colon);
  if (host.includes(":")) return { error: `address ${text}: too many colons in address` };
  return { value: { host, port: text.slice(colon + 1) } };
}

/** `%q` for the texts that occur here. */
export function goQuote(text: string): string {
  return JSON.stringify(text);
}

/** Milliseconds as Go prints a duration: `1h0m0s`, `30s`, `500ms`, `0s`. */
export function printGoDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${printGoDuration(-milliseconds)}`;
  if (milliseconds === 0) return "0s";
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const [hours, rest] = [Math.floor(milliseconds / 3_600_000), milliseconds % 3_600_000];
  const [minutes, seconds] = [Math.floor(rest / 60_000), (rest % 60_000) / 1000];
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
