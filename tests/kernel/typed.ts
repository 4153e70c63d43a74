/**
 * Command lines typed on the real machine and on ours. A session is a text:
 *
 *     # NAME: WORLD          begins a session in one of the worlds below
 *     ip -br addr            typed on the machine itself
 *     [b] ping -c 1 10.0.1.1 typed in a network namespace
 *     & nc -lk 8080          left running
 */
import { type ToolCase } from "../conformance/tools_format.ts";
import { onRealKernel } from "./real.ts";

/** Errors are sent however many there were before. */
const UNLIMITED =
  "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000";

/** The lines that build a world: `[NS]` before a line that belongs to a namespace. */
export const WORLDS: Readonly<Record<string, readonly string[]>> = {
  bare: [...quiet("")],
  // not even its own packets move: everything typed stays as it is
  still: ["ip link set lo down"],
  pair: [
    ...quiet(""),
    "ip netns add b",
    ...quiet("[b] "),
    "ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns b",
    "ip addr add 10.0.1.1/24 dev eth0",
    "ip link set eth0 up",
    "[b] ip addr add 10.0.1.2/24 dev eth0",
    "[b] ip link set eth0 up",
  ],
  router: [
    ...quiet(""),
    "sysctl -qw net.ipv4.ip_forward=1",
    ...arm("a", "eth0", 1),
    ...arm("b", "eth1", 2),
  ],
  bridge: [
    ...quiet(""),
    "ip link add br0 address 02:00:00:00:00:50 type bridge",
    "ip link set br0 up",
    "ip addr add 10.0.1.1/24 dev br0",
    ...port("c1", "v1", 1),
    ...port("c2", "v2", 2),
  ],
  six: [
    ...speaking(""),
    "ip netns add b",
    ...speaking("[b] "),
    "ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns b",
    "ip link set eth0 up",
    "[b] ip link set eth0 up",
    "ip addr add 10.0.1.1/24 dev eth0",
    "ip addr add fd00:1::1/64 dev eth0 nodad",
    "[b] ip addr add 10.0.1.2/24 dev eth0",
    "[b] ip addr add fd00:1::2/64 dev eth0 nodad",
  ],
  overlay: [
    ...quiet(""),
    "ip link add d0 address 02:00:00:00:00:d0 type veth peer name d9 address 02:00:00:00:00:d9",
    "ip link set d9 up",
    "ip addr add 10.0.9.1/24 dev d0",
    "ip link set d0 up",
    "ip link add vx0 address 02:00:00:00:00:f0 type vxlan id 42 local 10.0.9.1 dev d0 dstport 4789",
    "ip link set vx0 up",
    "ip link add mv0 address 02:00:00:00:00:e0 link d0 type macvlan mode bridge",
  ],
  chain: [
    ...quiet(""),
    ...["r", "s", "b"].flatMap((ns) => [`ip netns add ${ns}`, ...quiet(`[${ns}] `), `[${ns}] ${UNLIMITED}`]),
    "[r] sysctl -qw net.ipv4.ip_forward=1",
    "[s] sysctl -qw net.ipv4.ip_forward=1",
    ...["", "r", "s"].flatMap((ns, i) => cable(ns, ["r", "s", "b"][i] ?? "", i + 1)),
    "ip route add default via 10.0.1.2",
    "[r] ip route add default via 10.0.2.2",
    "[s] ip route add 10.0.1.0/24 via 10.0.2.1",
    "[b] ip route add default via 10.0.3.1",
  ],
};

/** IPv6 without what only looks for others: duplicates, routers. */
function speaking(at: string): string[] {
  const conf = ["accept_dad=0", "accept_ra=0", "router_solicitations=0", "disable_ipv6=0"];
  return [
    `${at}sysctl -qw ${conf.flatMap((one) => [`net.ipv6.conf.all.${one}`, `net.ipv6.conf.default.${one}`]).join(" ")}`,
    `${at}ip link set lo up`,
  ];
}

/** A cable from `right` of one namespace to `left` of the next, 10.0.N.1 and .2. */
function cable(from: string, to: string, net: number): string[] {
  const at = from === "" ? "" : `[${from}] `;
  return [
    `${at}ip link add right address 02:00:00:00:00:${net}1 type veth peer name left address 02:00:00:00:00:${net}2 netns ${to}`,
    `${at}ip addr add 10.0.${net}.1/24 dev right`,
    `${at}ip link set right up`,
    `[${to}] ip addr add 10.0.${net}.2/24 dev left`,
    `[${to}] ip link set left up`,
  ];
}

function quiet(at: string): string[] {
  return [
    `${at}sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1`,
    `${at}ip link set lo up`,
  ];
}

function arm(ns: string, dev: string, net: number): string[] {
  return [
    `ip netns add ${ns}`,
    ...quiet(`[${ns}] `),
    `ip link add ${dev} address 02:00:00:00:00:${net}0 type veth peer name eth0 address 02:00:00:00:00:${net}1 netns ${ns}`,
    `ip addr add 10.0.${net}.1/24 dev ${dev}`,
    `ip link set ${dev} up`,
    `[${ns}] ip addr add 10.0.${net}.2/24 dev eth0`,
    `[${ns}] ip link set eth0 up`,
    `[${ns}] ip route add default via 10.0.${net}.1`,
  ];
}

function port(ns: string, dev: string, host: number): string[] {
  return [
    `ip netns add ${ns}`,
    ...quiet(`[${ns}] `),
    `ip link add ${dev} address 02:00:00:00:00:6${host} type veth peer name eth0 address 02:00:00:00:00:7${host} netns ${ns}`,
    `ip link set ${dev} master br0 up`,
    `[${ns}] ip addr add 10.0.1.1${host}/24 dev eth0`,
    `[${ns}] ip link set eth0 up`,
    `[${ns}] ip route add default via 10.0.1.1`,
  ];
}

/** A line with its place. */
interface Typed {
  readonly ns: string;
  readonly cmd: string;
  readonly background: boolean;
}

function typed(line: string): Typed {
  const [, background, ns, cmd] = /^(& )?(?:\[(\w+)\] )?(.*)$/s.exec(line) as RegExpExecArray;
  return { ns: ns ?? "node", cmd: cmd ?? "", background: background !== undefined };
}

/** One session: what is typed, in which world. */
export interface Session {
  readonly name: string;
  readonly world: string;
  readonly lines: readonly string[];
}

/** The sessions of a text. */
export function parseSessions(text: string): Session[] {
  const sessions: { name: string; world: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const head = /^# (.*): (\w+)$/.exec(line);
    if (head !== null) sessions.push({ name: head[1] ?? "", world: head[2] ?? "", lines: [] });
    else if (line.trim() !== "") sessions.at(-1)?.lines.push(line);
  }
  return sessions;
}

/** Types a session on the real machine and gives it as the tools suite reads it. */
export async function recordSession({ name, world, lines }: Session): Promise<ToolCase> {
  const setup = (WORLDS[world] ?? []).map(typed);
  const steps = lines.map(typed);
  const { stdout, stderr } = await onRealKernel(FROM_STDIN, script(setup, steps));
  const parts = stdout.split(MARK).slice(1);
  if (parts.length !== steps.length) {
    throw new Error(`${name}: ${parts.length} answers for ${steps.length}\n${stderr.slice(0, 2000)}`);
  }
  const outcome = (part: string, cmd: string) => {
    const [head = "", out = "", err = ""] = part.split(CUT);
    return {
      exit: head === TIMED_OUT && !cmd.startsWith("timeout ") ? null : Number(head),
      stdout: split(out),
      stderr: split(err),
    };
  };
  return {
    name,
    family: name.split("/")[0] ?? "",
    iptables: "legacy",
    setup: setup.map(({ ns, cmd }) => ({ ns, cmd })),
    steps: steps.map(({ ns, cmd, background }, i) =>
      background
        ? { ns, background: cmd }
        : { ns, cmd, ...outcome(parts[i] ?? "", cmd), ...(HASHED.test(cmd) && { unordered: true }) }
    ),
  };
}

/** What `timeout` makes of a command that did not end. */
const TIMED_OUT = "124";
/** Runs the script on standard input, which may be longer than an argument. */
const FROM_STDIN = "t=$(mktemp); cat >$t; exec 3<$t; rm $t; sh /dev/fd/3 </dev/null";
/** Lists in the order of a hash table. */
const HASHED = /^(ip\b.* n(eigh\w*)?\b|arp\b|bridge\b.* fdb\b|netstat\b|ss\b)/;
const MARK = "\x01";
const CUT = "\x02";
/** What a carrier may follow: link states change up to a second later. */
const LINKS = /\bip\b.*\blink set\b.* (up|down|master|nomaster|netns)\b|\bip\b.*\blink del|\bifconfig\b.* (up|down)\b/;

/** What the commands are run in: files and host name of a fresh machine, `iptables` the legacy one. */
const FRESH = `
mkdir -p /run/netns; mount -t tmpfs none /run; mkdir -p /run/netns /run/lock; mount -t sysfs sysfs /sys
B=$(mktemp -d); mount -t tmpfs none $B; mkdir $B/bin; cd $B
for t in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do ln -s /usr/sbin/xtables-legacy-multi bin/$t; done
printf 'nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n' >resolv; mount --bind resolv /etc/resolv.conf
printf '127.0.0.1 localhost\\n' >hosts; mount --bind hosts /etc/hosts
hostname vm; export PATH=$B/bin:$PATH HOME=/root; : >stdin
`;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function script(setup: readonly Typed[], steps: readonly Typed[]): string {
  const within = ({ ns, cmd }: Typed) => (ns === "node" ? "" : `ip netns exec ${ns} `) + `sh -c ${quote(cmd)}`;
  const step = (one: Typed): string => {
    const mark = `printf '${"\\001"}'`;
    if (one.background) return `${mark}; ${within(one)} >/dev/null 2>&1 </dev/null 3<&- & sleep 0.5`;
    const wait = LINKS.test(one.cmd) ? "; sleep 1.2" : "";
    return `timeout -k 1 20 ${
      within(one)
    } >out 2>err <stdin 3<&-; r=$?; ${mark}; printf '%s\\002' $r; cat out; printf '\\002'; cat err${wait}`;
  };
  return [FRESH, ...setup.map((one) => `${within(one)} || echo setup failed >&2`), "sleep 1.3", ...steps.map(step)]
    .join("\n");
}

function split(text: string): string[] {
  if (text === "") return [];
  return certain(text).replaceAll("\r", "").replace(/\n$/, "").split("\n");
}

/** Times, ids, sequence numbers and checksums as the recordings mark them. */
function certain(text: string): string {
  return MASKS.reduce((masked, [pattern, to]) => masked.replace(pattern, to), text);
}

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/time=[\d.]+ ms/g, "time=<*> ms"],
  [/, time \d+ms/g, ", time <*>"],
  [/^rtt min\/avg\/max\/mdev = .*$/gm, "rtt min/avg/max/mdev = <*> ms"],
  [/^\d\d:\d\d:\d\d\.\d+ /gm, "<*> "],
  [/\bseq \d{6,}(:\d+)?/g, "seq <*>"],
  [/\back \d{6,}/g, "ack <*>"],
  [/\bTS val \d+ ecr \d+/g, "TS val <*> ecr <*>"],
  [/\bTS\.val \d+/g, "TS.val <*>"],
  [/cksum 0x[0-9a-f]+ \(([^)]*)\)/g, "cksum <*> ($1)"],
  [/\binitval 0x[0-9a-f]+/g, "initval <*>"],
  [/^((?:ipv4 +2 +)?(?:tcp|udp|icmp|sctp) +\d+) \d+ /gm, "$1 <*> "],
  [/\b(\w+_timer) +[\d.]+/g, "$1    <*>"],
  [/"(\w+_timer)":[\d.]+/g, '"$1":<*>'],
  [/ {2}[\d.]+ ms/g, "  <*> ms"],
  [/ time=[\d.]+ (usec|msec)$/gm, " time=<*> <*>"],
  [/^rtt min\/avg\/max\/std-dev = .*$/gm, "rtt min/avg/max/std-dev = <*> ms"],
  [/\b\d+\.\d{3}ms /g, "<*>ms "],
  [/\b(numtxqueues|numrxqueues) \d+/g, "$1 <*>"],
  [/\bused \d+\/\d+\/\d+probes \d+/g, "used <*>probes <*>"],
  [/\bused \d+(?:\/\d+)+/g, "used <*>"],
  [/\bage \d+\b/g, "age <*>"],
  [/\bpid=\d+/g, "pid=<*>"],
  [/\bident=\d+/g, "ident=<*>"],
  [/\bid \d+, offset\b/g, "id <*>, offset"],
  // Ports that the kernel chose.
  [/\b(10\.0\.\d\.\d+)\.[3-6]\d{4}\b/g, "$1.<*>"],
  [/\bexpires \d+sec/g, "expires <*>"],
  [/\bid \d+, seq\b/g, "id <*>, seq"],
  [/^(\d+) packet (captured|dropped by kernel)$/gm, "$1 packets $2"],
  [/^\d+ packets? received by filter$/gm, "<*> packets received by filter"],
  [/^\[\d+\.\d{6}\] /gm, "[<*>] "],
  [/\btid=\d+/g, "tid=<*>"],
  // What the kernel draws: addresses that no world gives out.
  [/\b(?!02:00:00:00)[0-9a-f][26ae](:[0-9a-f]{2}){5}\b/g, "<*>"],
  [/\bfe80::(?!0?(?:00)?:?ff:fe)[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]{1,4}\b/g, "<*>"],
  [/\bino:\d+ sk:[0-9a-f]+/g, "ino:<*> sk:<*>"],
];
