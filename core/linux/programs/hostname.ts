import { printIp, requireCidr } from "../../base/mod.ts";
import { addressOf } from "../nettools/hosts.ts";
import { getopt, type Grammar } from "../nettools/getopt.ts";
import { NETTOOLS_USAGE } from "../nettools/usage.ts";
import type { Process, Program } from "../process.ts";

const GRAMMAR: Grammar = {
  short: "aAdfbF:h?iIsVyv",
  long: {
    alias: "a",
    "all-fqdns": "A",
    domain: "d",
    fqdn: "f",
    long: "f",
    boot: "b",
    "file:": "F",
    help: "h",
    "ip-address": "i",
    "all-ip-addresses": "I",
    short: "s",
    version: "V",
    yp: "y",
    nis: "y",
    verbose: "v",
  },
};

/** `hostname` 3.23. Names are looked up in `/etc/hosts`; what is not there cannot be resolved. */
export const hostname: Program = (process) => Promise.resolve(run(process));

/** `dnsdomainname`. */
export const dnsdomainname: Program = (process) => Promise.resolve(show(process, "d"));

/** `domainname`, `nisdomainname`, `ypdomainname`: there is no NIS here; only the first has a word for that. */
export const domainname: Program = (process) => {
  if (process.argv.length > 1) return Promise.resolve(run(process));
  if (calledAs(process) !== "domainname") return Promise.resolve(show(process, "y"));
  process.out("(none)\n");
  return Promise.resolve(0);
};

/** The name the program goes by in what it says. */
function calledAs(process: Process): string {
  return (process.argv[0] ?? "hostname").replace(/^.*\//, "");
}

function run(process: Process): number {
  const { options, operands, problem } = getopt(process.argv.slice(1), GRAMMAR);
  if (problem !== undefined) {
    process.err(`${calledAs(process)}: ${problem}\n`);
    process.out(NETTOOLS_USAGE["hostname"] ?? "");
    return 255;
  }
  const file = options.find(({ name }) => name === "F")?.value;
  if (file !== undefined) return setFromFile(process, file);
  const what = options.findLast(({ name }) => !"bv".includes(name))?.name;
  if (operands.length === 1 && operands[0] !== undefined && what === undefined) return set(process, operands[0]);
  if (operands.length > 0) {
    process.err(NETTOOLS_USAGE["hostname"] ?? "");
    return 255;
  }
  return show(process, what ?? "");
}

function setFromFile(process: Process, path: string): number {
  const text = process.files.read(path);
  if (text === undefined) return fail(process, "hostname: No such file or directory\n");
  const name = text.split("\n").map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
  return set(process, name ?? "");
}

function set(process: Process, name: string): number {
  if (name.length > 64) return fail(process, "hostname: name too long\n");
  const valid = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(name);
  if (!valid) return fail(process, "hostname: the specified hostname is invalid\n");
  process.machine.name = name;
  return 0;
}

function fail(process: Process, text: string): number {
  process.err(text);
  return 1;
}

function show(process: Process, what: string): number {
  const { name } = process.machine;
  switch (what) {
    case "s":
      return print(process, name.split(".")[0] ?? "");
    case "I":
      process.out(`${ownAddresses(process).map((address) => `${address} `).join("")}\n`);
      return 0;
    case "i":
    case "f":
    case "d":
    case "a":
      return showResolved(process, what);
    case "A":
      process.out("\n");
      return 0;
    case "y":
      process.out(`${calledAs(process)}: Local domain name not set\n`);
      return 1;
    case "h":
    case "?":
      process.out(NETTOOLS_USAGE["hostname"] ?? "");
      return 255;
    case "V":
      return print(process, "hostname 3.23");
    default:
      return print(process, name);
  }
}

function print(process: Process, line: string): number {
  process.out(`${line}\n`);
  return 0;
}

function ownAddresses(process: Process): string[] {
  const { plane } = process.machine;
  const up = new Set(plane.links(process.ns).filter((link) => link.up && link.kind !== "").map((link) => link.index));
  return plane.addresses(process.ns).filter((address) =>
    up.has(address.dev) && address.scope !== 253 && address.scope !== 254
  )
    .map((address) => printIp(requireCidr(address.address).ip));
}

function showResolved(process: Process, what: "i" | "f" | "d" | "a"): number {
  const { name } = process.machine;
  const address = addressOf(process.files, name) ?? addressOf(process.files, name, 6);
  if (address === undefined) return fail(process, `${calledAs(process)}: Temporary failure in name resolution\n`);
  const line =
    (process.files.read("/etc/hosts") ?? "").split("\n").map((text) => text.replace(/#.*/, "").trim().split(/\s+/))
      .find(([first, ...names]) => first === address && names.includes(name)) ?? [address, name];
  const [, canonical = name, ...aliases] = line;
  if (what === "i") return print(process, address);
  if (what === "f") return print(process, canonical);
  if (what === "a") return print(process, aliases.join(" "));
  const domain = canonical.split(".").slice(1).join(".");
  if (domain !== "") process.out(`${domain}\n`);
  return 0;
}
