/** What plugins' setups have in common. */
import { isIp } from "../../base/mod.ts";
import type { Dispenser } from "./corefile/dispenser.ts";
import { goAtoi, goDuration, goHostPort } from "./go_values.ts";
import type { Fall } from "./outcome.ts";
import { isUnder } from "../../dns/mod.ts";
import { normalizeZones } from "./zones.ts";

/** Refuses a second use in a block. */
export function once(corefile: Dispenser, count: number): void {
  if (count > 0) {
    throw corefile.plainError("this plugin can only be used once per Server Block", "it once in this block");
  }
}

/** The whole number in a word of the Corefile; the error is Go's, without a place. */
export function atoi(corefile: Dispenser, text: string): number {
  const number = goAtoi(text);
  if ("error" in number) throw corefile.plainError(number.error, "a whole number");
  return number.value;
}

/** The milliseconds in a word of the Corefile; the error is Go's, without a place. */
export function duration(corefile: Dispenser, text: string): number {
  const parsed = goDuration(text);
  if ("error" in parsed) throw corefile.plainError(parsed.error, "a duration such as 30s");
  return parsed.value;
}

/** The one address a directive may name, HOST:PORT or :PORT; `otherwise` where it names none. */
export function listenAddress(corefile: Dispenser, otherwise: string): string {
  const args = corefile.remainingArgs();
  if (args.length > 1) throw corefile.argError("one address");
  const [address = otherwise] = args;
  const split = goHostPort(address);
  if ("error" in split) throw corefile.plainError(split.error, "HOST:PORT or :PORT");
  return address;
}

/** The address and port (53 by default) of `ADDRESS[:PORT]`; an address may name its link: `fe80::1%eth0`. */
export function addressPort(corefile: Dispenser, text: string): { readonly host: string; readonly port: string } {
  const split = goHostPort(text);
  const [host, port] = "error" in split ? [text, ""] : [split.value.host, split.value.port];
  if (!isIp(host.replace(/%[^%]*$/, ""))) {
    throw corefile.plainError(`must specify an IP address: \`${host}'`, "an address");
  }
  return { host, port: port === "" ? "53" : port };
}

/** The regular expression in a word, or Go's complaint about it. */
export function goRegExp(text: string): RegExp | { readonly error: string } {
  try {
    return new RegExp(text.replaceAll("(?P<", "(?<"));
  } catch {
    const open = (text.match(/(?<!\\)\(/g) ?? []).length;
    const close = (text.match(/(?<!\\)\)/g) ?? []).length;
    if (open > close) return { error: `error parsing regexp: missing closing ): \`${text}\`` };
    if (close > open) return { error: `error parsing regexp: unexpected ): \`${text}\`` };
    return { error: `error parsing regexp: invalid or unsupported Perl syntax: \`${text}\`` };
  }
}

/** How many groups a pattern has. */
export function groupsOf(regexp: RegExp): number {
  return (new RegExp(`${regexp.source}|`).exec("") ?? []).length - 1;
}

/** The zones of a `fallthrough` line; every zone where it names none. */
export function fallthroughZones(args: readonly string[]): Fall {
  return args.length === 0 ? ["."] : args.flatMap(normalizeZones);
}

/** Whether a name falls through. */
export function fallsThrough(fall: Fall, name: string): boolean {
  return fall.some((zone) => isUnder(name, zone));
}
