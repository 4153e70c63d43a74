/** What REJECT answers, and what it is silent about; what NAT and rerouting do to packets it meets. As Linux 6.18 did it. */
import { assertEquals } from "@std/assert";
import { withBody } from "../parity/random/packets.ts";
import type { PacketProbe } from "../parity/scenario.ts";
import { play, type Props, router, rules } from "./stage.ts";

const ospf: PacketProbe = { inject: "dut:lan", src: "10.0.1.5", dst: "8.8.8.8", proto: 89, ttl: 64 };
const gre: PacketProbe = { ...ospf, proto: 47 };
const syn: PacketProbe = { ...ospf, proto: "tcp", sport: 80, dport: 80, flags: "S", seq: 1000 };

/** What came out of the router for each packet. */
function came(props: Props, ...probes: readonly PacketProbe[]): readonly (readonly string[])[] {
  return play(router(props, probes)).results.map(({ out = [] }) => out);
}

const refused = { iptables: { dut: rules({ filter: ["-A FORWARD -j REJECT"] }) } };

Deno.test("a protocol without a checksum of its own is answered only if its bytes happen to sum to nothing", () => {
  const [wrong, right] = came(refused, withBody(ospf, [1, 2, 3, 4]), withBody(ospf, [1, 2, 0xfe, 0xfd]));
  assertEquals(wrong, []);
  assertEquals(right, ["dut:lan 10.0.1.1>10.0.1.5 ttl=64 icmp 3/3"]);
});

Deno.test("GRE and UDP without checksum are answered whatever they say", () => {
  const bare = withBody({ ...ospf, proto: "udp" }, [0, 53, 0, 53, 0, 9, 0, 0, 7]);
  assertEquals(came(refused, withBody(gre, [1, 2, 3, 4]), bare).map((out) => out.length), [1, 1]);
});

Deno.test("GRE gets a new destination in versions 0 and 1 alone, and with its header whole", () => {
  const props = { iptables: { dut: rules({ nat: ["-A PREROUTING -j DNAT --to-destination 10.0.3.20"] }) } };
  const version = (number: number, src: string) => withBody({ ...gre, src }, [0, number, 8, 0, 1, 2, 3, 4]);
  const out = came(
    props,
    version(0, "10.0.1.5"),
    version(2, "10.0.1.6"),
    withBody({ ...gre, src: "10.0.1.7" }, [0, 0]),
  );
  assertEquals(out, [["dut:dmz 10.0.1.5>10.0.3.20 ttl=63 47"], [], []]);
});

Deno.test("a reset is routed by policy rules about ports, and what was sent to everybody gets none", () => {
  const reset = {
    iptables: {
      dut: rules({
        filter: [
          "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset",
          "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
        ],
      }),
    },
  };
  const policy = {
    dut: ["rule add ipproto tcp dport 80 table 106 priority 15", "route add default via 10.0.3.9 table 106"],
  };
  assertEquals(came({ ...reset, ip: policy }, syn), [["dut:dmz 8.8.8.8:80>10.0.1.5:80 ttl=64 tcp[RA]"]]);
  const everybody = came(reset, { ...syn, dst: "255.255.255.255" }, { ...syn, dst: "10.0.1.255" });
  assertEquals(everybody, [[], []]);
});

Deno.test("what OUTPUT refuses behind a DNAT is complained about from where its new route leads", () => {
  const { results } = play({
    name: "refused",
    namespaces: ["c"],
    links: [{ type: "tun", ns: "c", name: "eth0" }],
    addresses: { "c:eth0": "10.0.1.2/24" },
    routes: { c: ["default via 10.0.1.1"] },
    iptables: {
      c: rules({
        nat: ["-A OUTPUT -p tcp -j DNAT --to-destination 203.0.113.20:443"],
        filter: ["-A OUTPUT -s 10.0.1.2 -j REJECT --reject-with icmp-host-prohibited"],
      }),
    },
    probes: [{ from: "c", proto: "tcp", dst: "10.0.1.2", dport: 80, sport: 41_001 }],
  });
  // The error meets the rule as well: it comes from 10.0.1.2, not from where the segment was going.
  assertEquals(results[0]?.rules?.["c/filter/OUTPUT/1"], 2);
});

Deno.test("an answer to what is not tracked is tracked, whatever raw says of it", () => {
  const props = {
    iptables: {
      dut: rules({
        raw: ["-A PREROUTING -j CT --notrack", "-A OUTPUT -j CT --notrack"],
        filter: [
          "-A FORWARD -j REJECT",
          "-A OUTPUT -m conntrack --ctstate UNTRACKED",
          "-A OUTPUT -m conntrack --ctstate INVALID",
        ],
      }),
    },
  };
  const [result] = play(router(props, [{ ...syn, proto: "udp" }])).results;
  assertEquals([result?.rules?.["dut/filter/OUTPUT/1"], result?.rules?.["dut/filter/OUTPUT/2"]], [undefined, 1]);
});
