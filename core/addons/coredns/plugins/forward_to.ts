/**
 * The TOs of `forward`: `[dns://|tls://|https://]ADDRESS[%NAME][:PORT]`, a host name, or a file such as /etc/resolv.conf.
 * NAME is what the certificate of an encrypted upstream says.
 */
import { isIp } from "../../../base/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goQuote } from "../go_values.ts";
import type { Host } from "../plugin.ts";
import { splitTransport, type Transport } from "../zones.ts";

/** A name server that is asked. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  /** The name its certificate is to have, where the TO says so. */
  readonly serverName?: string;
}

/** A host name whose addresses are asked for before the server starts. */
export interface NamedUpstream {
  readonly name: string;
  readonly port: number;
  readonly transport: Transport;
}

const PORTS: Readonly<Record<string, number>> = { tls: 853, https: 443 };
const WANTED = "an address, ADDRESS:PORT, or a file such as /etc/resolv.conf";

/** The upstreams a TO stands for; throws a CorefileError. */
export function readUpstreams(corefile: Dispenser, host: Host, text: string): (Upstream | NamedUpstream)[] {
  const { transport, rest } = splitTransport(text);
  if (transport === "https" && rest.includes("/")) {
    throw corefile.plainError("paths are not allowed in HTTPS upstream addresses", "https://ADDRESS[:PORT]");
  }
  const { host: plain, zone } = splitZone(rest);
  const port = PORTS[transport] ?? 53;
  const known = readAddress(plain, port);
  if (known !== undefined) return [{ ...known, transport, ...(zone === "" ? {} : { serverName: zone }) }];
  const file = host.readFile(text);
  if (file !== undefined) return nameservers(file).map((address) => ({ address, port: 53, transport: "dns" }));
  if (text.startsWith("/") || text === "") {
    throw corefile.plainError(`not an IP address or file: ${goQuote(text)}`, WANTED);
  }
  if (host.resolve === undefined) {
    throw corefile.plainError(`failed to resolve ${goQuote(text)}: lookup ${text}: no such host`, WANTED);
  }
  const [, name = plain, digits] = /^(.*?)(?::(\d+))?$/.exec(plain) ?? [];
  return [{ name, port: digits === undefined ? port : Number(digits), transport }];
}

/** Takes the part between `%` and the port out: `tls://127.0.0.1%lab.test:854` is `tls://127.0.0.1:854` and `lab.test`. */
export function splitZone(text: string): { readonly host: string; readonly zone: string } {
  const [, before, zone, after] = /^([^%]*)%([^\]:]*)(.*)$/.exec(text) ?? [];
  return before === undefined ? { host: text, zone: "" } : { host: `${before}${after}`, zone: zone as string };
}

function readAddress(text: string, port: number): { readonly address: string; readonly port: number } | undefined {
  if (isIp(text)) return { address: text, port };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null && isIp(bracketed[1] as string)) {
    return { address: bracketed[1] as string, port: Number(bracketed[2] ?? port) };
  }
  const [address = "", digits = "", more] = text.split(":");
  return isIp(address) && /^\d+$/.test(digits) && more === undefined ? { address, port: Number(digits) } : undefined;
}

function nameservers(file: string): string[] {
  const lines = file.split("\n").map((line) => line.trim().split(/\s+/));
  return lines.filter(([word, server]) => word === "nameserver" && isIp(server ?? "")).map(([, server]) =>
    server as string
  );
}
