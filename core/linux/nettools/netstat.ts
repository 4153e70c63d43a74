import type { SocketView } from "../../../wasm/mod.ts";
import { familyOf } from "../files/proc_net_sockets.ts";
import { groupsOf } from "../iproute/maddr.ts";
import { IpTool } from "../iproute/tool.ts";
import type { Process, Program } from "../process.ts";
import { getopt, type Grammar } from "./getopt.ts";
import { nameOf, serviceName } from "./hosts.ts";
import { ifconfig, interfaces, printInterfaceTable } from "./ifconfig.ts";
import { printRouteTable, printRouteTable6 } from "./route_table.ts";
import { ownerOf } from "./socket_owner.ts";
import { help, NETTOOLS_USAGE, printVersion } from "./usage.ts";

const GRAMMAR: Grammar = {
  short: "A:CFMacdeghilnNoprsStuUvVWw64xZ?",
  long: {
    "protocol:": "A",
    cache: "C",
    fib: "F",
    masquerade: "M",
    all: "a",
    continuous: "c",
    extend: "e",
    groups: "g",
    help: "h",
    interfaces: "i",
    listening: "l",
    numeric: "n",
    "numeric-hosts": "n",
    "numeric-ports": "n",
    "numeric-users": "n",
    symbolic: "N",
    timers: "o",
    programs: "p",
    route: "r",
    statistics: "s",
    sctp: "S",
    tcp: "t",
    udp: "u",
    udplite: "U",
    verbose: "v",
    version: "V",
    wide: "W",
    raw: "w",
    unix: "x",
    inet: "4",
    inet6: "6",
    context: "Z",
  },
};

/** ss's state names as netstat says them. */
const STATES: Readonly<Record<string, string>> = {
  ESTAB: "ESTABLISHED",
  "SYN-SENT": "SYN_SENT",
  "SYN-RECV": "SYN_RECV",
  "FIN-WAIT-1": "FIN_WAIT1",
  "FIN-WAIT-2": "FIN_WAIT2",
  "TIME-WAIT": "TIME_WAIT",
  "CLOSE-WAIT": "CLOSE_WAIT",
  "LAST-ACK": "LAST_ACK",
  LISTEN: "LISTEN",
  CLOSING: "CLOSING",
  UNCONN: "",
};

/** `netstat` of net-tools 2.10. */
export const netstat: Program = async (process) => {
  const { options, problem } = getopt(process.argv.slice(1), GRAMMAR);
  if (problem !== undefined) return usage(process, `netstat: ${problem}\n`);
  const set = new Set(options.map(({ name }) => name));
  const family = options.find(({ name }) => name === "A")?.value;
  if (family !== undefined && !["inet", "inet6", "unix"].includes(family)) {
    process.err(`Unknown address family \`${family}'.\n`);
    return 1;
  }
  if (family === "inet6") set.add("6");
  if (family === "inet") set.add("4");
  const extended = options.filter(({ name }) => name === "e").length;
  if (set.has("h") || set.has("?")) {
    return help(process, "netstat");
  }
  if (set.has("V")) {
    process.out(
      printVersion("+NEW_ADDRT +RTF_IRTT +RTF_REJECT +FW_MASQUERADE +I18N +SELINUX").replace(
        "2.10\n",
        "2.10\nFred Baumgarten, Alan Cox, Bernd Eckenfels, Phil Blundell, Tuan Hoang, Brian Micek and others\n",
      ),
    );
  } else if (set.has("M")) {
    process.err("netstat: no support for `ip_masquerade' on this system.\n");
    return 1;
  } else if (set.has("r")) printRoutes(process, set, extended);
  else if (set.has("g")) printGroups(process, set);
  else if (set.has("i")) await printInterfaces(process, set, extended);
  else if (set.has("s")) process.err("netstat: -s is not modelled\n");
  else if (set.has("S") && !["t", "u", "w", "x"].some((letter) => set.has(letter))) {
    process.err("netstat: no support for `AF INET (sctp)' on this system.\n");
    return 1;
  } else printSockets(process, set);
  return 0;
};

function usage(process: Process, before: string): number {
  process.err(before + (NETTOOLS_USAGE["netstat"] ?? ""));
  return 3;
}

function printRoutes(process: Process, set: ReadonlySet<string>, extended: number): void {
  if (set.has("6")) process.out(printRouteTable6(process, set.has("n")));
  else process.out(printRouteTable(process, extended === 0 ? 1 : extended === 1 ? 0 : 2, set.has("n")));
}

function printGroups(process: Process, set: ReadonlySet<string>): void {
  const tool = new IpTool(process, {});
  process.out(
    "IPv6/IPv4 Group Memberships\nInterface       RefCnt Group\n--------------- ------ ---------------------\n",
  );
  for (const family of ["inet", "inet6"] as const) {
    if (set.has(family === "inet" ? "6" : "4")) continue;
    for (const link of tool.links()) {
      for (const group of groupsOf(tool, link)) {
        if (group.family !== family) continue;
        process.out(`${link.name.padEnd(15)} ${String(group.users).padEnd(6)} ${group.address}\n`);
      }
    }
  }
}

async function printInterfaces(process: Process, set: ReadonlySet<string>, extended: number): Promise<void> {
  process.out("Kernel Interface table\n");
  if (extended > 0) {
    await ifconfig(
      { ...process, argv: ["ifconfig", ...(set.has("a") ? ["-a"] : [])], out: process.out.bind(process) } as Process,
    );
    return;
  }
  const rows = interfaces(process).filter(({ link }) => set.has("a") || link.up);
  process.out(
    printInterfaceTable(
      rows,
      "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n",
    ),
  );
}

function printSockets(process: Process, set: ReadonlySet<string>): void {
  const kinds = (["t", "u", "w"] as const).filter((letter) => set.has(letter));
  const none = kinds.length === 0 && (set.has("U") || set.has("S"));
  const unix = !none && kinds.length === 0 && !set.has("4") && !set.has("6");
  const which = set.has("a") ? "(servers and established)" : set.has("l") ? "(only servers)" : "(w/o servers)";
  if (!set.has("x")) printInet(process, set, kinds.length > 0 || none ? kinds : ["t", "u", "w"], which);
  if (unix || set.has("x")) {
    process.out(
      `Active UNIX domain sockets ${which}\nProto RefCnt Flags       Type       State         I-Node   Path\n`,
    );
  }
}

function printInet(
  process: Process,
  set: ReadonlySet<string>,
  kinds: readonly ("t" | "u" | "w")[],
  which: string,
): void {
  const more = (set.has("e") ? " User       Inode     " : "") + (set.has("p") ? " PID/Program name    " : "") +
    (set.has("o") ? " Timer" : "");
  process.out(`Active Internet connections ${which}\n`);
  process.out(`Proto Recv-Q Send-Q Local Address           Foreign Address         State      ${more}\n`);
  const sockets = process.machine.plane.sockets(process.ns);
  for (const letter of kinds) {
    const kind = { t: "tcp", u: "udp", w: "raw" }[letter];
    for (const family of [4, 6] as const) {
      if ((set.has("4") && family === 6) || (set.has("6") && family === 4)) continue;
      for (const socket of sockets) {
        if (socket.kind === kind && familyOf(socket) === family && wanted(socket, set)) {
          process.out(line(process, socket, set));
        }
      }
    }
  }
}

function wanted(socket: SocketView, set: ReadonlySet<string>): boolean {
  const server = socket.state === "LISTEN" || (socket.kind !== "tcp" && socket.remotePort === 0);
  return set.has("a") || server === set.has("l");
}

function line(process: Process, socket: SocketView, set: ReadonlySet<string>): string {
  const numeric = set.has("n");
  const protocol = socket.kind + (familyOf(socket) === 6 ? "6" : "");
  const end = (address: string, port: number): string => {
    const host = numeric ? address : nameOf(process.files, address) ?? address;
    const service = port === 0
      ? "*"
      : numeric
      ? String(port)
      : serviceName(process.files, port, socket.kind) ?? String(port);
    return `${set.has("W") ? host : host.slice(0, 23 - service.length - 1)}:${service}`;
  };
  const any = familyOf(socket) === 6 ? "::" : "0.0.0.0";
  const remote = socket.remotePort === 0 ? end(any, 0) : end(socket.remote, socket.remotePort);
  const local = end(socket.local === "*" ? any : socket.local, socket.localPort);
  const unsent = socket.state === "LISTEN" ? 0 : socket.sendQueue;
  const queues = `${String(socket.recvQueue).padStart(6)} ${String(unsent).padStart(6)}`;
  const state = (STATES[socket.state] ?? socket.state).padEnd(11);
  const head = `${protocol.padEnd(4)}  ${queues} ${local.padEnd(23)} ${remote.padEnd(23)} ${state}`;
  const owner = ownerOf(process.machine, socket.id);
  const user = set.has("n") ? String(socket.uid) : userName(process, socket.uid);
  const inode = socket.state === "TIME-WAIT" ? 0 : socket.id;
  const extended = set.has("e") ? ` ${user.padEnd(10)} ${String(inode).padEnd(10)}` : "";
  const program = set.has("p") ? ` ${(owner === undefined ? "-" : `${owner.pid}/${owner.name}`).padEnd(20)}` : "";
  return `${head}${extended}${program}${set.has("o") ? ` ${timer(socket)}` : ""}\n`;
}

function userName(process: Process, uid: number): string {
  const line = (process.files.read("/etc/passwd") ?? "").split("\n").find((one) => one.split(":")[2] === String(uid));
  return line?.split(":")[0] ?? String(uid);
}

const TIMERS = ["off", "on", "keepalive", "timewait", "probe"];

function timer({ timer, expires, retries }: SocketView): string {
  return `${TIMERS[timer]} (${(expires / 1000).toFixed(2)}/${timer === 3 ? 0 : retries}/0)`;
}
