/**
 * The TOs of `forward`: `[dns://|tls://|https://]ADDRESS[%NAME][:PORT]`, a host name, or a file such as /etc/resolv.conf.
 * NAME is what the certificate of an encrypted upstream says.
 */
import { isIp } from "../../../base/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goHostPort, goQuote } from "../go_values.ts";
import type { Host } from "../plugin.ts";
import { isZoneName, splitTransport, type Transport } from "../zones.ts";

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

/** The transports to an upstream, with their ports. */
const PORTS: Readonly<Record<string, number>> = { dns: 53, tls: 853, https: 443 };
const DEFAULT_PORTS: Readonly<Record<string, number>> = { ...PORTS, quic: 853, grpc: 443 };
const WANTED = "an address, ADDRESS:PORT, or a file such as /etc/resolv.conf";

/** The upstreams of every TO, in order; throws a CorefileError. */
export function readEntries(corefile: Dispenser, host: Host, to: readonly string[]): (Upstream | NamedUpstream)[][] {
  for (const text of to) {
    const { transport, rest } = splitTransport(text);
    if (transport !== "https" || !rest.includes("/")) continue;
    const problem = "paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): ";
    throw corefile.plainError(problem + text, "https://ADDRESS[:PORT]");
  }
  const entries = to.map((text) => readUpstreams(corefile, host, text));
  for (const server of entries.flat()) {
    if (server.transport in PORTS) continue;
    const { transport, port } = server;
    const name = "address" in server ? server.address : server.name;
    const given = `${transport}://${name.includes(":") ? `[${name}]` : name}:${port}`;
    throw corefile.plainError(
      `'${transport}' is not supported as a destination protocol in forward: ${given}`,
      "dns://, tls:// or https://",
    );
  }
  if (entries.flat().length === 0) throw corefile.plainError("no valid upstream addresses found", WANTED);
  return entries;
}

/** The upstreams a TO stands for; throws a CorefileError. */
function readUpstreams(corefile: Dispenser, host: Host, text: string): (Upstream | NamedUpstream)[] {
  const { transport, rest } = splitTransport(text);
  if (rest === "") throw corefile.plainError(`invalid address: ${goQuote(text)}`, WANTED);
  const { host: plain, zone } = splitZone(rest);
  const known = readAddress(plain, DEFAULT_PORTS[transport] ?? 53);
  if (known !== undefined) return [{ ...known, transport, ...(zone === "" ? {} : { serverName: zone }) }];
  const file = host.readFile(rest);
  // A folder is read as a file without name servers.
  if (file === undefined && host.listFolder?.(rest) !== undefined) return [];
  if (file !== undefined) return nameservers(file).map((address) => ({ address, port: 53, transport: "dns" }));
  const split = goHostPort(plain);
  const [name, port] = "error" in split
    ? [plain, PORTS[transport] ?? 53]
    : [split.value.host, Number(split.value.port)];
  const bare = name.replace(/^[[\]]+|[[\]]+$/g, "");
  if (!(transport in PORTS) || !isZoneName(bare) || isIp(bare)) {
    throw corefile.plainError(`not an IP address, file, or valid domain: ${goQuote(text)}`, WANTED);
  }
  if (host.resolve === undefined) {
    throw corefile.plainError(`failed to resolve ${goQuote(bare)}: lookup ${bare}: no such host`, WANTED);
  }
  return [{ name: bare, port, transport }];
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
