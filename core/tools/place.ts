/** What tools ask the kernel about the place they run in: devices by name, names by index. */
import type { IfIndex } from "../../wasm/mod.ts";
import { linkNamed, namespaceOf, type Process } from "../linux/mod.ts";

/** The index of a device; undefined where there is none of that name. */
export function deviceIndex(process: Process, name: string): IfIndex | undefined {
  return linkNamed(namespaceOf(process.machine.plane, process.ns), name)?.index;
}

/** The name of a device, `if7` where it is gone. */
export function deviceName(process: Process, index: IfIndex): string {
  return process.machine.plane.links(process.ns).find((link) => link.index === index)?.name ?? `if${index}`;
}

/** An address without its scope, and the scope: `fe80::1%eth0`. */
export function splitScope(address: string): { readonly address: string; readonly scope?: string } {
  const at = address.indexOf("%");
  return at < 0 ? { address } : { address: address.slice(0, at), scope: address.slice(at + 1) };
}

/** The port of a service by its name or number (services(5)); undefined where it is neither. */
export function servicePort(process: Process, text: string, protocol: "tcp" | "udp"): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return services(process).find((entry) => entry.protocol === protocol && entry.names.includes(text))?.port;
}

/** The first name of a port, as netcat and ss show it. */
export function serviceName(process: Process, port: number, protocol: "tcp" | "udp"): string | undefined {
  return services(process).find((entry) => entry.protocol === protocol && entry.port === port)?.names[0];
}

/** One line of /etc/services. */
export interface Service {
  readonly names: readonly string[];
  readonly port: number;
  readonly protocol: string;
}

/** /etc/services, in order. */
export function services(process: Process): Service[] {
  return (process.files.read("/etc/services") ?? "").split("\n").flatMap((line) => {
    const [name, where = "", ...aliases] = line.replace(/#.*$/, "").trim().split(/\s+/);
    const [port, protocol] = where.split("/");
    if (name === undefined || protocol === undefined) return [];
    return [{ names: [name, ...aliases], port: Number(port), protocol }];
  });
}

/** The signal that ended a process, as a thing to look at instead of to wait for. */
export function watchSignals(process: Process, handled: readonly number[]): { signal: number | undefined } {
  const seen: { signal: number | undefined } = { signal: undefined };
  for (const signal of handled) process.handle(signal);
  process.killed.then((signal) => seen.signal = signal);
  return seen;
}
