import { assertEquals, assertThrows } from "@std/assert";
import type { Flow } from "../../../../wasm/mod.ts";
import { ConntrackComplaint, parseConntrack } from "./command.ts";
import { printFlow, printFlowEvent } from "./print.ts";

const side = (src: string, dst: string, ports: readonly [number, number]) => ({
  src,
  dst,
  sport: ports[0],
  dport: ports[1],
  packets: 2,
  bytes: 120,
});

const TCP: Flow = {
  id: 7,
  family: 4,
  proto: 6,
  state: "ESTABLISHED",
  timeout: 431999.5,
  original: side("10.0.1.2", "10.0.1.1", [40001, 80]),
  reply: side("10.0.2.2", "10.0.2.1", [8080, 40001]),
  mark: 0,
  zone: 0,
  replied: true,
  assured: true,
  confirmed: true,
  snat: true,
  dnat: true,
};
const UDP: Flow = {
  ...TCP,
  id: 8,
  proto: 17,
  state: undefined,
  timeout: 30,
  original: side("10.0.1.2", "10.0.2.2", [40001, 5353]),
  reply: side("10.0.2.2", "10.0.1.2", [5353, 40001]),
  mark: 5,
  replied: false,
  assured: false,
  snat: false,
  dnat: false,
};
const PING: Flow = {
  ...UDP,
  proto: 1,
  original: { ...side("10.0.1.2", "10.0.2.2", [0, 0]), type: 8, code: 0, id: 99 },
  reply: { ...side("10.0.2.2", "10.0.1.2", [0, 0]), type: 0, code: 0, id: 99 },
  mark: 0,
  replied: true,
};

Deno.test("entries print as conntrack 1.4.7 prints them", () => {
  assertEquals(
    printFlow(TCP, {}),
    "tcp      6 431999 ESTABLISHED src=10.0.1.2 dst=10.0.1.1 sport=40001 dport=80 src=10.0.2.2 dst=10.0.2.1 sport=8080 dport=40001 [ASSURED] mark=0 use=1\n",
  );
  assertEquals(
    printFlow(UDP, { extended: true, counters: true, id: true }),
    "ipv4     2 udp      17 30 src=10.0.1.2 dst=10.0.2.2 sport=40001 dport=5353 packets=2 bytes=120 [UNREPLIED] src=10.0.2.2 dst=10.0.1.2 sport=5353 dport=40001 packets=2 bytes=120 mark=5 use=1 id=8\n",
  );
  assertEquals(
    printFlow(PING, {}),
    "icmp     1 30 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=99 src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=99 mark=0 use=1\n",
  );
});

Deno.test("events print with their kind in front, destroyed ones without a timeout", () => {
  assertEquals(
    printFlowEvent({ ns: 1, event: "NEW", flow: PING }, {}, 0),
    "    [NEW] icmp     1 30 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=99 src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=99\n",
  );
  assertEquals(
    printFlowEvent({ ns: 1, event: "DESTROY", flow: TCP }, {}, 0),
    "[DESTROY] tcp      6 ESTABLISHED src=10.0.1.2 dst=10.0.1.1 sport=40001 dport=80 src=10.0.2.2 dst=10.0.2.1 sport=8080 dport=40001 [ASSURED]\n",
  );
});

const FILTERS: readonly (readonly [string, readonly boolean[]])[] = [
  ["-L", [true, true, true]],
  ["-L -p tcp", [true, false, false]],
  ["-L -p 17 --dport 5353", [false, true, false]],
  ["-L -s 10.0.1.2 -d 10.0.2.0/24", [false, true, true]],
  ["-L -n", [true, false, false]],
  ["-L --src-nat 10.0.2.1", [true, false, false]],
  ["-L -g 10.9.9.9", [false, false, false]],
  ["-L -u ASSURED", [true, false, false]],
  ["-L -u UNREPLIED", [false, true, false]],
  ["-L -m 0x5/0xf", [false, true, false]],
  ["-L -p tcp --state ESTABLISHED", [true, false, false]],
  ["-L -f ipv6", [false, false, false]],
  ["-D -q 10.0.2.1", [true, false, false]],
];

for (const [line, wanted] of FILTERS) {
  Deno.test(`\`conntrack ${line}\` means the entries it should`, () => {
    const command = parseConntrack(line.split(" "));
    assertEquals([TCP, UDP, PING].map((flow) => command.matches(flow)), wanted);
  });
}

const WRONG: readonly (readonly [string, string])[] = [
  ["-L -p banana", "`banana' unsupported protocol"],
  ["--bogus", "unknown option `--bogus'"],
  ["-L --sport 5", "unknown option `--sport'"],
  ["-L -D", "Invalid commands combination"],
  ["-L -u FOO", "Bad parameter `FOO'"],
  ["-E -e FOO", "Bad parameter `FOO'"],
  ["-L foo", "unknown type `foo'"],
  ["-L -s foo", "Invalid IP address `foo'"],
  ["-L -p tcp --state FOO", "unknown TCP state `FOO'"],
  ["-I -p tcp -s 1.1.1.1 -d 2.2.2.2", "You need to supply the `--timeout' option for this command"],
  ["-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 5 -t 60", "you have to specify `--sport' and `--dport'"],
  [
    "-I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 5 --dport 6 -t 60",
    "You need to supply the `--state' option for this command",
  ],
  ["-L -t 5", "Illegal option `--timeout' with this command"],
  ["-G", "You need to supply the `--protonum' option for this command"],
];

for (const [line, problem] of WRONG) {
  Deno.test(`\`conntrack ${line}\` is refused in conntrack's words`, () => {
    assertEquals(assertThrows(() => parseConntrack(line.split(" ")), ConntrackComplaint).message, problem);
  });
}
