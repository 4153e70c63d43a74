/** `ipvsadm`: virtual servers added, edited, listed, saved and restored. */
import { isIp } from "../../base/mod.ts";
import { namespaceOf } from "../namespace.ts";
import type { Program } from "../process.ts";
import { type Ipvs, ipvsOf, type IpvsRefusal } from "./ipvs.ts";
import { printConnections, printSaved, printServers, printStats } from "./print.ts";
import {
  type Forwarding,
  type IpvsProtocol,
  type RealServer,
  type Scheduler,
  SCHEDULERS,
  type VirtualServer,
} from "./types.ts";

const VERSION = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n";

/** What a line says. */
interface Line {
  command?: string;
  server?: { protocol: IpvsProtocol; address: string; port: number };
  scheduler?: Scheduler;
  persistent?: number;
  real?: { address: string; port: number };
  forward: Forwarding;
  weight: number;
  stats: boolean;
  connections: boolean;
}

/** A line that is refused, with its text and exit status. */
class Refused extends Error {
  constructor(text: string, readonly exit = 255) {
    super(text);
  }
}

const COMMANDS: Readonly<Record<string, string>> = {
  "-A": "add",
  "--add-service": "add",
  "-E": "edit",
  "--edit-service": "edit",
  "-D": "delete",
  "--delete-service": "delete",
  "-C": "clear",
  "--clear": "clear",
  "-R": "restore",
  "--restore": "restore",
  "-S": "save",
  "--save": "save",
  "-a": "add real",
  "--add-server": "add real",
  "-e": "edit real",
  "--edit-server": "edit real",
  "-d": "delete real",
  "--delete-server": "delete real",
  "-L": "list",
  "-l": "list",
  "--list": "list",
  "-Z": "zero",
  "--zero": "zero",
  "-v": "version",
  "--version": "version",
};
const PROTOCOLS: Readonly<Record<string, IpvsProtocol>> = {
  "-t": "tcp",
  "--tcp-service": "tcp",
  "-u": "udp",
  "--udp-service": "udp",
  "--sctp-service": "sctp",
};
const FORWARD: Readonly<Record<string, Forwarding>> = {
  "-m": "Masq",
  "--masquerading": "Masq",
  "-g": "Route",
  "--gatewaying": "Route",
  "-i": "Tunnel",
  "--ipip": "Tunnel",
};
const PERSISTENT = 360;

/** `ipvsadm`, and by their names `ipvsadm-save` and `ipvsadm-restore`. */
export const ipvsadm: Program = (process) => {
  const ipvs = ipvsOf(namespaceOf(process.machine.plane, process.ns));
  const name = process.argv[0] ?? "";
  const own = name.endsWith("-save") ? ["-S"] : name.endsWith("-restore") ? ["-R"] : [];
  try {
    const words = [...own, ...process.argv.slice(1)];
    process.out(carryOut(ipvs, readLine(words.length === 0 ? ["-L", "-n"] : words), process.stdin));
    return Promise.resolve(0);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    process.err(`${error.message}\n`);
    return Promise.resolve(error.exit);
  }
};

/** Letters that stand together, one by one. */
function apart(argv: readonly string[]): string[] {
  return argv.flatMap((word) =>
    /^-[A-Za-z]{2,}$/.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word]
  );
}

function readLine(given: readonly string[]): Line {
  const argv = apart(given);
  const line: Line = { forward: "Route", weight: 1, stats: false, connections: false };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    const value = argv[i + 1];
    if (word === "-c" || word === "--connection") line.connections = true;
    else if (COMMANDS[word] !== undefined) line.command = COMMANDS[word] as string;
    else if (PROTOCOLS[word] !== undefined) {
      line.server = { protocol: PROTOCOLS[word] as IpvsProtocol, ...readSocket(value, "virtual-server") };
      i++;
    } else if (FORWARD[word] !== undefined) line.forward = FORWARD[word] as Forwarding;
    else if (word === "-r" || word === "--real-server") [line.real, i] = [readSocket(value, "real-server"), i + 1];
    else if (word === "-s" || word === "--scheduler") [line.scheduler, i] = [readScheduler(value), i + 1];
    else if (word === "-w" || word === "--weight") [line.weight, i] = [Number(value), i + 1];
    else if (word === "-p" || word === "--persistent") {
      const given = /^\d+$/.test(value ?? "");
      line.persistent = given ? Number(value) : PERSISTENT;
      if (given) i++;
    } else if (word === "--stats") line.stats = true;
    else if (word === "--rate") throw new Refused("ipvsadm: --rate is not modelled", 2);
    else if (word !== "-n" && word !== "--numeric" && word !== "--sort" && word !== "--exact") {
      throw new Refused(`ipvsadm: unrecognized option '${word}'`);
    }
  }
  return line;
}

function readSocket(text: string | undefined, what: string): { address: string; port: number } {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text ?? "") ?? [];
  const address = six ?? four;
  if (address === undefined || !isIp(address)) throw new Refused(`illegal ${what} address[:port] specified`, 2);
  return { address, port: Number(port ?? 0) };
}

function readScheduler(text: string | undefined): Scheduler {
  const found = SCHEDULERS.find((each) => each === text);
  if (found === undefined) throw new Refused("Scheduler or persistence engine not found");
  return found;
}

function carryOut(ipvs: Ipvs, line: Line, stdin: string): string {
  const { command = "list", server, real } = line;
  switch (command) {
    case "version":
      return VERSION;
    case "clear":
      ipvs.replace([]);
      return "";
    case "save":
      return printSaved(ipvs);
    case "restore":
      for (const each of stdin.split("\n").map((text) => text.trim()).filter((text) => text !== "")) {
        carryOut(ipvs, readLine(each.split(/\s+/)), "");
      }
      return "";
    case "zero":
      ipvs.zero();
      return "";
    case "list":
      return list(ipvs, line);
  }
  if (server === undefined) throw new Refused("No service address specified", 2);
  const wanted: VirtualServer = {
    ...server,
    scheduler: line.scheduler ?? "wlc",
    ...(line.persistent === undefined ? {} : { persistent: line.persistent }),
    servers: [],
  };
  if (command.endsWith("real") && real === undefined) {
    throw new Refused("You need to supply the 'real-server' option for the command", 2);
  }
  const target: RealServer = { ...(real ?? server), forward: line.forward, weight: line.weight };
  const changes: Readonly<Record<string, () => IpvsRefusal | undefined>> = {
    "add": () => ipvs.add(wanted),
    "edit": () => ipvs.edit(wanted),
    "delete": () => ipvs.delete(wanted),
    "add real": () => ipvs.addReal(wanted, target),
    "edit real": () => ipvs.editReal(wanted, target),
    "delete real": () => ipvs.deleteReal(wanted, target),
  };
  const refused = changes[command]?.();
  if (refused !== undefined) throw new Refused(refused);
  return "";
}

function list(ipvs: Ipvs, { server, stats, connections }: Line): string {
  if (connections) return printConnections(ipvs);
  const only = server === undefined ? undefined : ipvs.find(server);
  if (server !== undefined && only === undefined) throw new Refused("No such service");
  return stats ? printStats(ipvs, only) : printServers(ipvs, only);
}
