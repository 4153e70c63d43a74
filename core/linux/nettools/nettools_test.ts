import { assertEquals, assertThrows } from "@std/assert";
import type { SocketView } from "../../../wasm/mod.ts";
import { box, terminal } from "../lab_test.ts";
import { getopt } from "./getopt.ts";
import { BadFilter, parseFilter } from "./ss_filter.ts";

const CABLE = [
  "sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
  "ip link add v0 address 02:00:00:00:00:02 type veth peer name v1 address 02:00:00:00:00:03",
  "ip link set v0 up",
  "ip link set v1 up",
];

Deno.test("ifconfig sets and shows an interface as net-tools 2.10 does", async () => {
  const machine = box();
  await terminal(machine, ...CABLE, "ifconfig v0 10.1.1.1 netmask 255.255.255.0 up", "ifconfig v0:7 10.2.2.2");
  assertEquals(
    await terminal(
      machine,
      "ifconfig v0",
      "ifconfig v0:7",
      "ifconfig nope",
      "ifconfig v0 bogus",
      "ip -o -4 addr show v0",
    ),
    `$ ifconfig v0
v0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.1.1.1  netmask 255.255.255.0  broadcast 10.1.1.255
        ether 02:00:00:00:00:02  txqueuelen 1000  (Ethernet)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

$ ifconfig v0:7
v0:7: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.2.2.2  netmask 255.0.0.0  broadcast 10.255.255.255
        ether 02:00:00:00:00:02  txqueuelen 1000  (Ethernet)

$ ifconfig nope
nope: error fetching interface information: Device not found
[1]
$ ifconfig v0 bogus
bogus: Host name lookup failure
ifconfig: \`--help' gives usage information.
[1]
$ ip -o -4 addr show v0
3: v0    inet 10.1.1.1/24 brd 10.1.1.255 scope global v0\\       valid_lft forever preferred_lft forever
3: v0    inet 10.2.2.2/8 brd 10.255.255.255 scope global v0:7\\       valid_lft forever preferred_lft forever
`,
  );
});

Deno.test("route adds, lists and refuses as net-tools 2.10 does", async () => {
  const machine = box();
  await terminal(machine, ...CABLE, "ip addr add 10.1.1.1/24 dev v0");
  assertEquals(
    await terminal(
      machine,
      "route add -net 10.9.0.0 netmask 255.255.0.0 gw 10.1.1.9 metric 5",
      "route add -host 10.5.5.5 gw 10.1.1.9",
      "route add -net 10.4.0.0/16 reject",
      "ip route add blackhole 10.8.0.0/16",
      "route -n",
      "netstat -rn",
      "route add banana",
      "route add default",
      "route del -net 10.6.0.0",
    ),
    `$ route add -net 10.9.0.0 netmask 255.255.0.0 gw 10.1.1.9 metric 5
$ route add -host 10.5.5.5 gw 10.1.1.9
$ route add -net 10.4.0.0/16 reject
$ ip route add blackhole 10.8.0.0/16
$ route -n
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
10.1.1.0        0.0.0.0         255.255.255.0   U     0      0        0 v0
10.4.0.0        -               255.255.0.0     !     0      -        0 -
10.5.5.5        10.1.1.9        255.255.255.255 UGH   0      0        0 v0
10.8.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *
10.9.0.0        10.1.1.9        255.255.0.0     UG    5      0        0 v0
$ netstat -rn
Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
10.1.1.0        0.0.0.0         255.255.255.0   U         0 0          0 v0
10.4.0.0        -               255.255.0.0     !         - -          - -
10.5.5.5        10.1.1.9        255.255.255.255 UGH       0 0          0 v0
10.8.0.0        0.0.0.0         255.255.0.0     U         0 0          0 *
10.9.0.0        10.1.1.9        255.255.0.0     UG        0 0          0 v0
$ route add banana
banana: Host name lookup failure
[6]
$ route add default
SIOCADDRT: No such device
[7]
$ route del -net 10.6.0.0
SIOCDELRT: Invalid argument
[7]
`,
  );
});

Deno.test("arp shows complete, permanent and proxy entries", async () => {
  const machine = box();
  await terminal(machine, ...CABLE, "ip addr add 10.1.1.1/24 dev v0", "echo 10.1.1.50 db >> /etc/hosts");
  await terminal(
    machine,
    "ip neigh add 10.1.1.50 lladdr 02:00:00:00:00:50 dev v0",
    "ip neigh add proxy 10.1.1.51 dev v0",
  );
  assertEquals(
    await terminal(
      machine,
      "arp",
      "arp -an",
      "arp -d 10.1.1.50",
      "arp -d 10.1.1.50",
      "arp -s 9.9.9.9 02:00:00:00:00:01",
    ),
    `$ arp
Address                  HWtype  HWaddress           Flags Mask            Iface
db                       ether   02:00:00:00:00:50   CM                    v0
10.1.1.51                *       <from_interface>    MP                    v0
$ arp -an
? (10.1.1.50) at 02:00:00:00:00:50 [ether] PERM on v0
? (10.1.1.51) at <from_interface> PERM PUB on v0
$ arp -d 10.1.1.50
$ arp -d 10.1.1.50
No ARP entry for 10.1.1.50
[255]
$ arp -s 9.9.9.9 02:00:00:00:00:01
SIOCSARP: Network is unreachable
[255]
`,
  );
});

Deno.test("getopt() permutes, joins and complains as getopt_long(3)", () => {
  const grammar = { short: "ab:c", long: { all: "a", "bytes:": "b" } };
  assertEquals(getopt(["x", "-acb", "1", "y", "--bytes=2", "--", "-z"], grammar), {
    options: [{ name: "a" }, { name: "c" }, { name: "b", value: "1" }, { name: "b", value: "2" }],
    operands: ["x", "y", "-z"],
  });
  assertEquals(getopt(["--nope"], grammar).problem, "unrecognized option '--nope'");
  assertEquals(getopt(["-q"], grammar).problem, "invalid option -- 'q'");
  assertEquals(getopt(["-b"], grammar).problem, "option requires an argument -- 'b'");
  assertEquals(getopt(["x", "-a"], { ...grammar, ordered: true }).operands, ["x", "-a"]);
});

const FILES = {
  read: (path: string) => (path === "/etc/services" ? "http\t80/tcp\nssh\t22/tcp\n" : undefined),
  readBytes: () => undefined,
  write: () => undefined,
  remove: () => false,
  list: () => undefined,
};

const socket = (localPort: number, remote = "0.0.0.0", remotePort = 0): SocketView => ({
  id: 1,
  family: 4,
  v6Only: false,
  kind: "tcp",
  state: "ESTAB",
  local: "10.0.0.1",
  localPort,
  remote,
  remotePort,
  readable: false,
  writable: true,
  recvQueue: 0,
  sendQueue: 0,
  eof: false,
  uid: 0,
  mark: 0,
  dev: 0,
  timer: 0,
  expires: 0,
  retries: 0,
  tos: 0,
});

Deno.test("ss filters: ports, prefixes, and, or, not, parentheses", () => {
  const passes = (expression: string, one: SocketView): boolean => {
    return parseFilter({ files: FILES, device: () => undefined }, [expression], new Set()).condition(one);
  };
  assertEquals(passes("sport = :http or sport = :22", socket(22)), true);
  assertEquals(passes("( dport = :443 or dport = :80 ) and not src 10.0.0.0/8", socket(1, "1.1.1.1", 80)), false);
  assertEquals(passes("dst 1.1.0.0/16:80", socket(1, "1.1.9.9", 80)), true);
  assertEquals(passes("dport gt 1024", socket(1, "1.1.1.1", 1024)), false);
  assertThrows(() => passes("sport nonsense", socket(1)), BadFilter);
});

Deno.test("ss lists the sockets a process holds, by name and descriptor", async () => {
  const machine = box({
    listener: async (process) => {
      process.net.listen("10.0.0.1", 80);
      process.net.listen("0.0.0.0", 8080);
      await process.killed;
      return 0;
    },
  });
  await terminal(machine, ...CABLE, "ip addr add 10.0.0.1/24 dev v0");
  const { pid } = machine.start("listener");
  await machine.runner.advance(10);
  const lines = (await machine.run("ss -tlp")).stdout.split("\n").slice(0, -1).sort();
  assertEquals(
    lines,
    [
      `LISTEN 0      128         10.0.0.1:http          0.0.0.0:*    users:(("listener",pid=${pid},fd=3))`,
      `LISTEN 0      128          0.0.0.0:http-alt      0.0.0.0:*    users:(("listener",pid=${pid},fd=4))`,
      `State  Recv-Q Send-Q Local Address:Port     Peer Address:PortProcess                         `,
    ].sort(),
  );
});
