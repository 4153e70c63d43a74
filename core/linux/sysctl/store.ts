/** Sysctls of a namespace by their path under `/proc/sys` (`net/ipv4/ip_forward`): those the plane obeys live there, the others are kept here. */
import type { Failure } from "../../base/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import { SYSCTL_EXCEPTIONS, type SysctlKind, SYSCTLS } from "./table.ts";

const PORT_RANGE = "net/ipv4/ip_local_port_range";

const KEPT: StateKey<Map<string, string>> = { label: "sysctls" };
const kept = (ns: Namespace): Map<string, string> => ns.state(KEPT, () => new Map());

/** The value as `sysctl -n` prints it, or undefined where there is no such sysctl. */
export function readSysctl(ns: Namespace, path: string): string | undefined {
  const found = find(ns, path);
  if (found === undefined) return undefined;
  if (path === "net/netfilter/nf_conntrack_count") return String(ns.plane.flows(ns.id).length);
  return obeyed(ns, path, found.kind) ?? kept(ns).get(path) ?? SYSCTL_EXCEPTIONS[path] ?? found.value;
}

/** Sets a sysctl; undefined, or EINVAL, ENOENT or EACCES as write(2) to its file gives. */
export function writeSysctl(ns: Namespace, path: string, text: string): Failure | undefined {
  const found = find(ns, path);
  if (found === undefined) return { errno: "ENOENT" };
  const value = accept(found.kind, text, readSysctl(ns, path) ?? found.value);
  if (typeof value !== "string") return value;
  const [low = 0, high = low] = value.split("\t").map(Number);
  if (path === PORT_RANGE && low > high) return { errno: "EINVAL" };
  if (ns.plane.sysctl(ns.id, dotted(path)) !== undefined) return obey(ns, path, value);
  kept(ns).set(path, value);
  return undefined;
}

/** What the plane has: a list's second number stands under `KEY.1`, its third under `KEY.2`. */
function obeyed(ns: Namespace, path: string, kind: SysctlKind): string | undefined {
  const count = kind.kind === "numbers" ? kind.count : 1;
  const values = Array.from(
    { length: count },
    (_, index) => ns.plane.sysctl(ns.id, dotted(path) + (index > 0 ? `.${index}` : "")),
  );
  return values[0] === undefined ? undefined : values.join("\t");
}

function obey(ns: Namespace, path: string, value: string): Failure | undefined {
  for (const [index, number] of value.split("\t").entries()) {
    const refused = ns.plane.setSysctl(ns.id, dotted(path) + (index > 0 ? `.${index}` : ""), Number(number));
    if (refused !== null) return refused;
  }
  return undefined;
}

/** Names in a folder of `/proc/sys`, sorted as the kernel lists them; undefined where there is none. */
export function listSysctls(ns: Namespace, folder: string): string[] | undefined {
  const prefix = folder === "" ? "" : folder + "/";
  const names = new Set<string>();
  for (const path of sysctlPaths(ns)) {
    if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split("/")[0] as string);
  }
  return names.size > 0 ? [...names] : undefined;
}

/** Every sysctl's path, in the order `sysctl -a` prints them. */
export function sysctlPaths(ns: Namespace): string[] {
  const devices = ns.plane.links(ns.id).map((link) => link.name);
  const paths: string[] = [];
  for (const key of SYSCTLS.keys()) {
    if (!key.includes("/*/")) paths.push(key);
    else for (const name of instances(key, devices)) paths.push(key.replace("/*/", `/${name}/`));
  }
  return paths.sort((a, b) => (a < b ? -1 : 1));
}

/** Back to the values of a fresh boot. */
export function resetSysctls(ns: Namespace): void {
  for (const path of sysctlPaths(ns)) {
    const spec = find(ns, path);
    if (spec !== undefined && ns.plane.sysctl(ns.id, dotted(path)) !== undefined) {
      obey(ns, path, SYSCTL_EXCEPTIONS[path] ?? spec.value);
    }
  }
  kept(ns).clear();
}

/** `net.ipv4.conf.eth0.forwarding` from `net/ipv4/conf/eth0/forwarding`. */
export function dotted(path: string): string {
  return path.replaceAll("/", ".");
}

function instances(key: string, devices: readonly string[]): string[] {
  return key.includes("/neigh/") ? ["default", ...devices] : ["all", "default", ...devices];
}

/** The specification behind a path: exact, or a per-device one whose device is there. */
function find(ns: Namespace, path: string): { readonly kind: SysctlKind; readonly value: string } | undefined {
  const exact = SYSCTLS.get(path);
  if (exact !== undefined) return exact;
  const parts = path.split("/");
  const name = parts[3] ?? "";
  const key = [...parts.slice(0, 3), "*", ...parts.slice(4)].join("/");
  const spec = SYSCTLS.get(key);
  if (spec === undefined) return undefined;
  const known = name === "default" || (name === "all" && !key.includes("/neigh/")) ||
    ns.plane.links(ns.id).some((link) => link.name === name);
  return known ? spec : undefined;
}

/** The text as the kernel keeps it, or its refusal; a list's numbers that are not given stay as they are. */
function accept(kind: SysctlKind, text: string, old: string): string | Failure {
  const words = text.trim().split(/\s+/).filter((word) => word !== "");
  switch (kind.kind) {
    case "text":
      return text.trim();
    case "fixed":
      return { errno: "EACCES" };
    case "choice":
      return kind.of.includes(text.trim()) ? text.trim() : { errno: "ENOENT" };
    case "numbers": {
      const numbers = words.map(parseNumber);
      if (numbers.length === 0 || numbers.length > kind.count) return { errno: "EINVAL" };
      if (numbers.some((n) => n === undefined || n < kind.least || n > kind.most)) return { errno: "EINVAL" };
      return [...numbers, ...old.split("\t").slice(numbers.length)].join("\t");
    }
  }
}

function parseNumber(word: string): number | undefined {
  if (/^-?(0x[0-9a-f]+|\d+)$/i.test(word)) return word.startsWith("-") ? -Number(word.slice(1)) : Number(word);
  return undefined;
}
