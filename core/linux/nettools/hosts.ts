/** Names as `/etc/hosts` and `/etc/services` give them; net-tools of these machines ask no name server. */
import { ipFamily } from "../../base/mod.ts";
import type { Files } from "../process.ts";

/** The address of a name, or of an address itself; undefined where nobody knows it. */
export function addressOf(files: Files, name: string, family: 4 | 6 = 4): string | undefined {
  if (ipFamily(name) === family) return name;
  for (const [address = "", ...names] of hostLines(files)) {
    if (ipFamily(address) === family && names.includes(name)) return address;
  }
  return undefined;
}

/** Why {@link addressOf} found nothing: nobody could be asked, or the text is an address gone wrong. */
export function lookupProblem(name: string): string {
  return /^[\d.+]+$/.test(name) ? "Unknown host" : "Host name lookup failure";
}

/** The first name of an address in `/etc/hosts`. */
export function nameOf(files: Files, address: string): string | undefined {
  return hostLines(files).find(([one]) => one === address)?.[1];
}

function hostLines(files: Files): string[][] {
  const lines = (files.read("/etc/hosts") ?? "").split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines.filter((line) => line !== "").map((line) => line.split(/\s+/));
}

/** A port's name in `/etc/services`. */
export function serviceName(files: Files, port: number, protocol: string): string | undefined {
  for (const line of (files.read("/etc/services") ?? "").split("\n")) {
    const entry = /^(\S+)\s+(\d+)\/(\w+)/.exec(line);
    if (entry !== null && Number(entry[2]) === port && entry[3] === protocol) return entry[1];
  }
  return undefined;
}

/** A service's port in `/etc/services`. */
export function servicePort(files: Files, name: string): number | undefined {
  for (const line of (files.read("/etc/services") ?? "").split("\n")) {
    const entry = /^(\S+)\s+(\d+)\/\w+(.*)$/.exec(line);
    if (entry !== null && (entry[1] === name || (entry[3] ?? "").split(/\s+/).includes(name))) return Number(entry[2]);
  }
  return undefined;
}
