import type { SocketView } from "../../../wasm/mod.ts";
import { familyOf } from "../files/proc_net_sockets.ts";
import { linkNamed } from "../iproute/altnames.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { getopt, type Grammar } from "./getopt.ts";
import { nameOf, serviceName } from "./hosts.ts";
import { type Details, detailsOf } from "./ss_details.ts";
import { BadFilter, type Filter, parseFilter } from "./ss_filter.ts";
import { SS_USAGE } from "./ss_usage.ts";

const GRAMMAR: Grammar = {
  short: "haletuwxnro460spTbEf:mA:D:F:vVzZN:KHSO0diM",
  long: {
    numeric: "n",
    resolve: "r",
    options: "o",
    extended: "e",
    memory: "m",
    info: "i",
    processes: "p",
    threads: "T",
    bpf: "b",
    events: "E",
    dccp: "d",
    tcp: "t",
    sctp: "S",
    udp: "u",
    raw: "w",
    unix: "x",
    mptcp: "M",
    vsock: "vsock",
    all: "a",
    listening: "l",
    ipv4: "4",
    ipv6: "6",
    packet: "0",
    "family:": "f",
    "socket:": "A",
    "query:": "A",
    summary: "s",
    "net:": "N",
    kill: "K",
    "no-header": "H",
    oneline: "O",
    help: "h",
    version: "V",
    tos: "tos",
    cgroup: "cgroup",
    "inet-sockopt": "inet-sockopt",
    tipcinfo: "tipcinfo",
    tipc: "tipc",
    xdp: "xdp",
    context: "Z",
    contexts: "z",
  },
};

/** Socket tables by name; those that hold nothing here are only named. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  all: ["raw", "udp", "tcp", "dccp", "unix"],
  inet: ["raw", "udp", "tcp", "dccp"],
  ...Object.fromEntries(
    ["tcp", "mptcp", "udp", "raw", "unix", "packet", "netlink", "dccp", "sctp", "vsock", "tipc", "xdp"].map(
      (name) => [name, [name]],
    ),
  ),
  unix_dgram: ["unix"],
  unix_stream: ["unix"],
  unix_seqpacket: ["unix"],
  packet_raw: ["packet"],
  packet_dgram: ["packet"],
  vsock_stream: ["vsock"],
  vsock_dgram: ["vsock"],
};
/** Options that name a table. */
const TABLE_OPTIONS: Readonly<Record<string, string>> = {
  t: "tcp",
  u: "udp",
  w: "raw",
  x: "unix",
  d: "dccp",
  S: "sctp",
  M: "mptcp",
  "0": "packet",
  vsock: "vsock",
  tipc: "tipc",
  xdp: "xdp",
};
/** Options that ask for details, and which. */
const DETAILS: Readonly<Record<string, keyof Details>> = {
  p: "processes",
  T: "threads",
  o: "timers",
  e: "extended",
  m: "memory",
  i: "info",
  tos: "tos",
  cgroup: "cgroup",
  "inet-sockopt": "sockopt",
  O: "oneline",
};
const LISTENING = new Set(["LISTEN", "UNCONN"]);
const CONNECTED = new Set(["ESTAB", "SYN-SENT", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING"]);
const ALL = new Set([...LISTENING, ...CONNECTED, "TIME-WAIT", "SYN-RECV"]);

/** What was asked for. */
interface Request {
  /** Undefined where no option named a table. */
  tables: Set<string> | undefined;
  family?: 4 | 6;
  all: boolean;
  listening: boolean;
  numeric: boolean;
  resolve: boolean;
  readonly details: Details;
  header: boolean;
  /** What a file says in addition (-F). */
  readonly filter: string[];
  readonly unmodelled: string[];
  ns: number;
}

/** `ss` of iproute2 6.1. */
export const ss: Program = (process) => {
  const { options, operands, problem } = getopt(process.argv.slice(1), GRAMMAR);
  if (problem !== undefined) return Promise.resolve(fail(process, `ss: ${problem}\n${SS_USAGE}`, 255));
  const request: Request = {
    tables: undefined,
    all: false,
    listening: false,
    numeric: false,
    resolve: false,
    details: {
      processes: false,
      threads: false,
      timers: false,
      extended: false,
      memory: false,
      info: false,
      tos: false,
      cgroup: false,
      sockopt: false,
      oneline: false,
    },
    header: true,
    filter: [],
    unmodelled: [],
    ns: process.ns,
  };
  for (const { name, value = "" } of options) {
    const status = takeOption(process, request, name, value);
    if (status !== undefined) return Promise.resolve(status);
  }
  try {
    return Promise.resolve(show(process, request, operands));
  } catch (error) {
    if (!(error instanceof BadFilter)) throw error;
    return Promise.resolve(fail(process, error.text, error.status));
  }
};

function fail(process: Process, text: string, status: number): number {
  process.err(text);
  return status;
}

function noSelinux(process: Process): number {
  return fail(process, "ss: SELinux is not enabled.\n", 1);
}

function takeOption(process: Process, request: Request, name: string, value: string): number | undefined {
  const add = (...kinds: readonly string[]): void => {
    request.tables = new Set([...request.tables ?? [], ...kinds]);
  };
  const table = TABLE_OPTIONS[name];
  if (table !== undefined) add(table);
  else if (name === "a") request.all = true;
  else if (name === "l") request.listening = true;
  else if (name === "n") request.numeric = true;
  else if (name === "r") request.resolve = true;
  else if (DETAILS[name] !== undefined) request.details[DETAILS[name]] = true;
  else if (name === "H") request.header = false;
  else if (name === "4" || name === "6") request.family = name === "4" ? 4 : 6;
  else if (name === "b" || name === "tipcinfo") return undefined;
  else if (name === "h") return help(process);
  else if (name === "V" || name === "v") return version(process);
  else if (name === "s") return summary(process);
  else if (name === "f") return takeFamily(process, request, value);
  else if (name === "A") return takeTable(process, add, value);
  else if (name === "Z" || name === "z") return noSelinux(process);
  else if (name === "F") return takeFilterFile(process, request, value);
  else if (name === "N") return takeNetns(process, request, value);
  else request.unmodelled.push(name);
  return undefined;
}

function help(process: Process): number {
  process.out(SS_USAGE);
  return 0;
}

function version(process: Process): number {
  process.out("ss utility, iproute2-6.1.0\n");
  return 0;
}

function takeFamily(process: Process, request: Request, value: string): number | undefined {
  if (value === "inet") request.family = 4;
  else if (value === "inet6") request.family = 6;
  else if (!["link", "unix", "netlink", "vsock", "tipc", "xdp"].includes(value)) {
    process.err(`ss: "${value}" is invalid family\n${SS_USAGE}`);
    return 255;
  } else request.tables = new Set([value === "link" ? "packet" : value]);
  return undefined;
}

function takeTable(process: Process, add: (...kinds: readonly string[]) => void, value: string): number | undefined {
  for (const name of value.split(",")) {
    const kinds = TABLES[name];
    if (kinds === undefined) {
      process.err(`ss: "${name}" is illegal socket table id\n${SS_USAGE}`);
      return 255;
    }
    add(...kinds);
  }
  return undefined;
}

function takeFilterFile(process: Process, request: Request, path: string): number | undefined {
  const text = process.files.read(path.startsWith("/") ? path : `${process.cwd}/${path}`);
  if (text === undefined) return fail(process, "fopen filter file: No such file or directory\n", 255);
  request.filter.push(text);
  return undefined;
}

function takeNetns(process: Process, request: Request, value: string): number | undefined {
  const ns = process.machine.findNs(value);
  if (ns === undefined) {
    process.err(`Cannot open network namespace "${value}": No such file or directory\n`);
    return 1;
  }
  request.ns = ns;
  return undefined;
}

function summary(process: Process): number {
  const sockets = process.machine.plane.sockets(process.ns);
  const count = (test: (socket: SocketView) => boolean): number => sockets.filter(test).length;
  const kind = (name: string): SocketView[] => sockets.filter((socket) => socket.kind === name);
  const tcp = kind("tcp");
  const established = tcp.filter((socket) => socket.state === "ESTAB").length;
  const waiting = tcp.filter((socket) => socket.state === "TIME-WAIT").length;
  const closed = tcp.filter((socket) => socket.state === "UNCONN").length + waiting;
  const row = (label: string, of: readonly SocketView[]): string => {
    const four = of.filter((socket) => familyOf(socket) === 4).length;
    return `${label}\t  ${String(of.length).padEnd(9)} ${String(four).padEnd(9)} ${
      String(of.length - four).padEnd(9)
    }\n`;
  };
  process.out(`Total: ${count(() => true)}\n`);
  process.out(`TCP:   ${tcp.length} (estab ${established}, closed ${closed}, orphaned 0, timewait ${waiting})\n\n`);
  process.out("Transport Total     IP        IPv6\n");
  const live = tcp.filter((socket) => socket.state !== "TIME-WAIT" && socket.state !== "UNCONN");
  const inet = [...kind("raw"), ...kind("udp"), ...live];
  process.out(
    row("RAW", kind("raw")) + row("UDP", kind("udp")) + row("TCP", live) + row("INET", inet) + row("FRAG", []) + "\n",
  );
  return 0;
}

function show(process: Process, request: Request, operands: readonly string[]): number {
  const { machine, files } = process;
  const device = (name: string) => linkNamed(namespaceOf(machine.plane, request.ns), name)?.index;
  const initial = request.all ? ALL : request.listening ? LISTENING : CONNECTED;
  const filter = parseFilter({ files, device }, [...request.filter, ...operands], initial);
  for (const name of request.unmodelled) process.err(`ss: option -${name} is not modelled\n`);
  // The machine's kernel has no DCCP, which ss asks for unless it is told what to show.
  if (request.tables?.has("dccp") ?? true) process.err("RTNETLINK answers: Invalid argument\n");
  const kinds = (["raw", "udp", "tcp"] as const).filter((kind) => request.tables?.has(kind) ?? true);
  const sockets = kinds.flatMap((kind) => {
    return machine.plane.sockets(request.ns).filter((socket) => {
      return socket.kind === kind && passes(socket, request, filter, initial);
    });
  });
  const { extended, cgroup } = request.details;
  if (extended || cgroup) process.err("Failed to open cgroup2 mount\n".repeat(sockets.length));
  const states = filter.states ?? statesOf(request, initial);
  const [only, ...others] = request.tables ?? [];
  // Unix sockets are of three kinds, packet sockets of two.
  const netid = only === undefined || others.length > 0 || only === "unix" || only === "packet";
  process.out(layOut(columnsOf(process, request, { state: states.size !== 1, netid }), sockets, request.header));
  return 0;
}

/** The states that the tables asked for can be in, of those asked for: raw sockets are connected or not, packet sockets never. */
function statesOf(request: Request, initial: ReadonlySet<string>): ReadonlySet<string> {
  const only = request.tables?.size === 1 ? [...request.tables][0] : undefined;
  if (only === "packet" || only === "netlink") return new Set(["UNCONN"]);
  if (only !== "raw") return initial;
  return new Set([...initial].filter((state) => state === "ESTAB" || state === "UNCONN"));
}

function passes(socket: SocketView, request: Request, filter: Filter, initial: ReadonlySet<string>): boolean {
  if (request.family !== undefined && familyOf(socket) !== request.family) return false;
  return (filter.states ?? initial).has(socket.state) && filter.condition(socket);
}

/** One column: what stands before it, its head, which way it is filled, and its cells. */
interface Column {
  readonly before: string;
  readonly head: string;
  readonly right?: boolean;
  /** Cells are at least that wide. */
  readonly least?: number;
  readonly cell: (socket: SocketView) => string;
}

function columnsOf(process: Process, request: Request, shown: { state: boolean; netid: boolean }): Column[] {
  const end = (socket: SocketView, address: string): string => {
    if (address === "*" || address === "") return familyOf(socket) === 6 ? "[::]:" : "0.0.0.0:";
    const name = request.resolve ? nameOf(process.files, address) : undefined;
    return `${name ?? (address.includes(":") ? `[${address}]` : address)}:`;
  };
  const port = (socket: SocketView, number: number): string => {
    if (number === 0) return "*";
    return (request.numeric ? undefined : serviceName(process.files, number, socket.kind)) ?? String(number);
  };
  const columns: Column[] = [
    { before: " ", head: "Local Address:", right: true, cell: (socket) => end(socket, socket.local) },
    { before: "", head: "Port", cell: (socket) => port(socket, socket.localPort) },
    {
      before: " ",
      head: "Peer Address:",
      right: true,
      cell: (socket) => end(socket, socket.remotePort === 0 ? "" : socket.remote),
    },
    { before: "", head: "Port", cell: (socket) => port(socket, socket.remotePort) },
    { before: "", head: "Process", cell: (socket) => detailsOf(process, socket, request.ns, request.details) },
  ];
  columns.unshift(
    { before: " ", head: "Recv-Q", least: 6, cell: (socket) => String(socket.recvQueue) },
    { before: " ", head: "Send-Q", least: 6, cell: (socket) => String(socket.sendQueue) },
  );
  if (shown.state) columns.unshift({ before: " ", head: "State", cell: (socket) => socket.state });
  if (shown.netid) columns.unshift({ before: " ", head: "Netid", cell: (socket) => socket.kind });
  return columns;
}

/** The lines, each column as wide as its widest cell, the last line's last one aside; the first has nothing before it. */
function layOut(columns: readonly Column[], sockets: readonly SocketView[], header: boolean): string {
  const rows = sockets.map((socket) => columns.map((column) => column.cell(socket).padEnd(column.least ?? 0)));
  const all = header ? [columns.map((column) => column.head), ...rows] : rows;
  const widths = columns.map((_, index) => {
    const measured = index === columns.length - 1 && rows.length > 0 ? all.slice(0, -1) : all;
    return Math.max(0, ...measured.map((row) => row[index]?.length ?? 0));
  });
  const line = (row: readonly string[]): string => {
    const cells = columns.map(({ before, right }, index) => {
      const width = widths[index] ?? 0;
      const text = row[index] ?? "";
      return (index === 0 ? "" : before) + (right ? text.padStart(width) : text.padEnd(width));
    });
    return `${cells.join("")}\n`;
  };
  return all.map(line).join("");
}
