import type { Link } from "../../../wasm/mod.ts";
import { linkNamed, namespaceOf, type Process } from "../../linux/mod.ts";
import type { LinkType } from "./print/link.ts";

/** What to capture on, or why not. */
export type Picked = { readonly name: string; readonly link: Link | "any" } | { readonly problem: string };

/** The devices in the order in which `-D` numbers them: those that are up, `any`, the loopback, those that are down. */
function ordered(process: Process): (Link | "any")[] {
  const links = process.machine.plane.links(process.ns);
  const rank = (link: Link): number => (link.kind === "" ? 1 : link.up && link.carrier ? 0 : 2);
  const sorted = [...links].sort((a, b) => rank(a) - rank(b));
  const at = sorted.findIndex((link) => rank(link) > 0);
  return [...sorted.slice(0, at < 0 ? sorted.length : at), "any", ...(at < 0 ? [] : sorted.slice(at))];
}

/** The device of `-i`, by name or number of the list; the list's first where none was named. */
export function pickDevice(process: Process, name: string | undefined): Picked {
  const devices = ordered(process);
  const number = name !== undefined && /^\d+$/.test(name) ? devices[Number(name) - 1] : undefined;
  const named = name === "any"
    ? "any"
    : name === undefined
    ? undefined
    : linkNamed(namespaceOf(process.machine.plane, process.ns), name);
  const link = name === undefined ? devices[0] : named ?? number;
  if (link === undefined) {
    if (name !== undefined && /^\d+$/.test(name)) return { problem: "Invalid adapter index" };
    return { problem: `${name}: No such device exists\n(No such device exists)` };
  }
  if (link === "any") return { name: "any", link };
  return link.up ? { name: link.name, link } : { problem: `${link.name}: That device is not up` };
}

/** `tcpdump -D`. */
export function listDevices(process: Process): number {
  ordered(process).forEach((link, at) => process.out(`${at + 1}.${describe(link)}\n`));
  return 0;
}

function describe(link: Link | "any"): string {
  if (link === "any") return "any (Pseudo-device that captures on all interfaces) [Up, Running]";
  const flags = [
    ...(link.up ? ["Up"] : []),
    ...(link.up && link.carrier ? ["Running"] : []),
    ...(link.kind === "" ? ["Loopback"] : link.up && link.carrier ? ["Connected"] : ["Disconnected"]),
  ];
  return `${link.name} [${flags.join(", ")}]`;
}

/** `tcpdump -L`. */
export function listLinkTypes(process: Process, device: string, { name, description }: LinkType): number {
  process.err(`Data link types for ${device} (use option -y to set):\n`);
  if (device === "any") process.err("  LINUX_SLL (Linux cooked v1)\n");
  process.err(`  ${name} (${description})\n`);
  if (name === "EN10MB") process.err("  DOCSIS (DOCSIS) (printing not supported)\n");
  return 0;
}
