/** A router between three tun ports, and a node with a bridge: the stages on which the kernel's behaviours are shown. */
import { openPlane } from "../parity/plane.ts";
import { runProbe } from "../parity/probe.ts";
import { eachProbe, type PacketProbe, type ProbeResult, type Scenario } from "../parity/scenario.ts";
import { shapeOf } from "../parity/shape.ts";
import { buildWorld, type World } from "../parity/world.ts";

/** What a stage is given beside its wires. */
export type Props = Partial<
  Pick<Scenario, "routes" | "ip" | "sysctls" | "cmds" | "ipset" | "iptables" | "listeners" | "addresses">
>;

const chainsOf: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};

/** Tables with accepting policies and these rules. */
export function rules(tables: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(tables).flatMap(([table, lines]) => [
    `*${table}`,
    ...(chainsOf[table] ?? []).map((chain) => `:${chain} ACCEPT [0:0]`),
    ...lines,
    "COMMIT",
  ]);
}

/** lan 10.0.1.1/24, wan 203.0.113.1/24 and .9, dmz 10.0.3.1/24; a default route by wan. */
export function router(props: Props, probes: readonly PacketProbe[] = []): Scenario {
  return {
    name: "router",
    namespaces: ["dut"],
    links: ["lan", "wan", "dmz"].map((name) => ({ type: "tun" as const, ns: "dut", name })),
    addresses: { "dut:lan": "10.0.1.1/24", "dut:wan": ["203.0.113.1/24", "203.0.113.9/24"], "dut:dmz": "10.0.3.1/24" },
    ...props,
    routes: { dut: ["default via 203.0.113.254", ...(props.routes?.["dut"] ?? [])] },
    sysctls: { dut: { "net.ipv4.ip_forward": 1, ...props.sysctls?.["dut"] } },
    probes,
  };
}

/** Two pods on a node's bridge cni0, a Service address 10.96.0.1:80 that is pod 1. */
export function node(bridgeNf: 0 | 1, hairpin: 0 | 1): Scenario {
  return {
    name: "node",
    namespaces: ["node", "p1", "p2"],
    links: [
      { a: "p1:eth0", b: "node:veth1", mac_a: "02:00:00:00:00:01" },
      { a: "p2:eth0", b: "node:veth2", mac_a: "02:00:00:00:00:02" },
      { type: "bridge", ns: "node", name: "cni0", ports: ["veth1", "veth2"], hairpin, mac: "02:00:00:00:00:05" },
    ],
    addresses: { "node:cni0": "10.244.1.1/24", "p1:eth0": "10.244.1.2/24", "p2:eth0": "10.244.1.3/24" },
    routes: { p1: ["default via 10.244.1.1"], p2: ["default via 10.244.1.1"] },
    sysctls: { node: { "net.ipv4.ip_forward": 1, "net.bridge.bridge-nf-call-iptables": bridgeNf } },
    iptables: {
      node: rules({
        nat: [
          "-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.2:8080",
          "-A POSTROUTING -s 10.244.1.2/32 -d 10.244.1.2/32 -j MASQUERADE",
        ],
        filter: [],
      }),
    },
    listeners: [{ ns: "p1", proto: "tcp", port: 8080 }],
    probes: [],
  };
}

/** A scenario in the plane: the world, and what became of its probes. */
export function play(scenario: Scenario): { world: World; results: ProbeResult[] } {
  const world = buildWorld(openPlane(), scenario);
  return { world, results: eachProbe(scenario).map((probe) => runProbe(world, probe)) };
}

/** What became of packets given to a router. */
export function through(props: Props, probes: readonly PacketProbe[]): ProbeResult[] {
  return play(router(props, probes)).results;
}

/** The shapes of what came out. */
export function shapes({ wire = [] }: ProbeResult): string[] {
  return wire.map(([, hex]) => shapeOf(Uint8Array.fromHex(hex)));
}

/** A UDP packet into a port. */
export function udp(inject: string, src: string, dst: string): PacketProbe {
  return { inject: `dut:${inject}`, src, dst, proto: "udp", sport: 1000, dport: 53 };
}

/** A TCP segment into a port. */
export function tcp(inject: string, ends: string, more: Partial<PacketProbe> = {}): PacketProbe {
  const [src = "", dst = ""] = ends.split(">");
  return { inject: `dut:${inject}`, src, dst, proto: "tcp", sport: 1000, dport: 80, ...more };
}
