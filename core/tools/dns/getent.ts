/** getent (glibc 2.36) for the databases a network has: hosts, ahosts, networks, protocols, services. */
import { isIp } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, nameOfAddress, parseHosts } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { services } from "../place.ts";

const FOUND = 0;
const MISSING = 2;
const SOCKET_TYPES = ["STREAM", "DGRAM", "RAW"];

/** The program. */
export async function getent(process: Process): Promise<number> {
  const [database, ...keys] = process.argv.slice(1).filter((arg) => !/^(-i|--no-idn)$/.test(arg));
  if (database === undefined) {
    process.err("getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information.\n");
    return 1;
  }
  const look = DATABASES[database];
  if (look === undefined) {
    process.err(`Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.\n`);
    return 1;
  }
  return await look(process, keys);
}

const DATABASES: Readonly<Record<string, (process: Process, keys: readonly string[]) => Promise<number>>> = {
  hosts: (process, keys) => each(process, keys, hosts, allHosts),
  ahosts: (process, keys) => each(process, keys, (key) => ahosts(process, key, 0), allHosts),
  ahostsv4: (process, keys) => each(process, keys, (key) => ahosts(process, key, 4), allHosts),
  ahostsv6: (process, keys) => each(process, keys, (key) => ahosts(process, key, 6), allHosts),
  services: (process, keys) => each(process, keys, service, () => services(process).map(serviceLine).join("")),
};

type Look = (key: string, process: Process) => Promise<string>;

/** Every key's text; without keys the whole database. The exit status says whether all were found. */
async function each(
  process: Process,
  keys: readonly string[],
  look: Look,
  all: (process: Process) => string,
): Promise<number> {
  if (keys.length === 0) {
    process.out(all(process));
    return FOUND;
  }
  const texts: string[] = [];
  for (const key of keys) texts.push(await look(key, process));
  process.out(texts.join(""));
  return texts.includes("") ? MISSING : FOUND;
}

/** gethostbyname: IPv6 addresses first, IPv4 where there are none. */
async function hosts(key: string, process: Process): Promise<string> {
  if (isIp(key)) {
    const name = await nameOfAddress(process, key);
    return name === undefined ? "" : hostLine(key, [name]);
  }
  for (const family of [6, 4] as const) {
    const info = await getaddrinfo(process, key, { family });
    if (!gaiFailed(info)) {
      return info.addresses.map((address) => hostLine(address, [info.canonical])).join("");
    }
  }
  return "";
}

async function ahosts(process: Process, key: string, family: 0 | 4 | 6): Promise<string> {
  const info = await getaddrinfo(process, key, { family });
  if (gaiFailed(info)) return "";
  return info.addresses.map((address, i) =>
    SOCKET_TYPES.map((type, j) =>
      `${address.padEnd(15)} ${type.padEnd(6)} ${i === 0 && j === 0 ? info.canonical : ""}\n`
    ).join("")
  ).join("");
}

function allHosts({ files }: Process): string {
  return parseHosts(files.read("/etc/hosts") ?? "").map(({ address, names }) => hostLine(address, names)).join("");
}

function hostLine(address: string, names: readonly string[]): string {
  return `${address.padEnd(15)} ${names.join(" ")}\n`;
}

function service(key: string, process: Process): Promise<string> {
  const [name = "", protocol] = key.split("/");
  const found = services(process).find((entry) =>
    (entry.names.includes(name) || String(entry.port) === name) &&
    (protocol === undefined || entry.protocol === protocol)
  );
  return Promise.resolve(found === undefined ? "" : serviceLine(found));
}

function serviceLine({ names: [name = "", ...aliases], port, protocol }: ReturnType<typeof services>[number]): string {
  return `${name.padEnd(21)} ${port}/${protocol}${aliases.map((alias) => ` ${alias}`).join("")}\n`;
}
