/**
 * Random Services on a node, side by side: the rules that kube-proxy of ours wrote run in a real kernel and in the plane, and the same
 * packets end the same way in both: the same outcomes, the same endpoints, the same sources.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { Random } from "../../core/base/mod.ts";
import type { FlowGroup } from "../conformance/kube_proxy_flow_file.ts";
import { FlowNode } from "../conformance/kube_proxy_node.ts";
import { ipPacket } from "../conformance/kube_proxy_packet.ts";
import { missing } from "./real.ts";
import { LOCAL, type randomService, randomWorld } from "./services_world.ts";

const ignore = await missing("random Services in a real kernel", [
  "iptables-legacy-restore",
  "nft",
  "python3",
]) !== undefined;

const HARNESS = new URL("./services_node.py", import.meta.url).pathname;
const PROTOCOLS = { TCP: 6, UDP: 17 } as const;
/** Packets of a flow; enough to see each of three endpoints. */
const REPEATS = 40;
const WORLDS = 5;
const FLOWS = 25;

interface Flow {
  readonly src: string;
  readonly dst: string;
  readonly dport: number;
  readonly protocol: "TCP" | "UDP";
}

/** From a pod, an endpoint, inside and outside a source range: to addresses of Services, node ports and ports that are none. */
function randomFlow(world: FlowGroup, random: Random): Flow {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const service = pick(world.services) as ReturnType<typeof randomService> & Record<string, unknown>;
  const port = pick(service.ports);
  const ingress = (service.loadBalancerIngress ?? []) as readonly { readonly ip: string }[];
  const addresses = [service.clusterIP, ...(service.externalIPs ?? []), ...ingress.map(({ ip }) => ip)];
  const nodePort = "nodePort" in port ? port.nodePort : undefined;
  const there = nodePort !== undefined && random.below(3) === 0
    ? { dst: pick(LOCAL.slice(1)), dport: nodePort }
    : { dst: pick(addresses), dport: random.below(8) === 0 ? 99 : port.port };
  const endpoints = world.endpoints.flatMap((slice) => slice.addresses.map(({ ip }) => ip));
  const src = pick(["10.0.0.9", "203.0.113.7", "203.0.113.200", ...endpoints.slice(0, 2)]);
  return { src, ...there, protocol: random.below(8) === 0 ? pick(["TCP", "UDP"] as const) : port.protocol };
}

const portOf = (src: string) => (src.startsWith("10.") ? "pods" : "eth0");

/** A packet that came out, without what is drawn by chance: `PORT SRC > DST:PORT protocol`, `PORT icmp TYPE/CODE > DST`. */
function describe([port, bytes]: readonly [string, Uint8Array]): string {
  const ip = (at: number) => bytes.subarray(at, at + 4).join(".");
  const at = ((bytes[0] ?? 0) & 15) * 4;
  const protocol = bytes[9];
  if (protocol === 1) return `${port} icmp ${bytes[at]}/${bytes[at + 1]} > ${ip(16)}`;
  const dport = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  const reset = protocol === 6 && ((bytes[at + 13] ?? 0) & 4) !== 0;
  return reset ? `${port} reset ${ip(12)} > ${ip(16)}` : `${port} ${ip(12)} > ${ip(16)}:${dport} ${protocol}`;
}

const outcomes = (out: readonly (readonly [string, Uint8Array])[]) => [...new Set(out.map(describe))].sort();

function packetsOf(flows: readonly Flow[]): (readonly [string, Uint8Array])[][] {
  let sport = 20_000;
  return flows.map((flow) =>
    Array.from(
      { length: REPEATS },
      () => [portOf(flow.src), ipPacket({ ...flow, sport: sport++ }, PROTOCOLS[flow.protocol])] as const,
    )
  );
}

const SETUP = [
  "ip link set lo up",
  "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=1",
  "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.pods.rp_filter=0",
  "sysctl -qw net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.all.route_localnet=1 net.ipv4.icmp_ratemask=0",
  "sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 net.ipv4.conf.all.send_redirects=0",
  "sysctl -qw net.ipv4.conf.pods.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0",
  "ip link set pods up",
  "ip link set eth0 up",
  ...LOCAL.slice(1).map((address) => `ip addr add ${address}/32 dev eth0`),
  "ip addr add 10.0.0.1/32 dev pods",
  "ip route add 10.0.0.0/8 dev pods",
  "ip route add default dev eth0",
];

type Mode = "iptables" | "nftables";
const LOADERS: Readonly<Record<Mode, readonly string[]>> = {
  iptables: ["iptables-legacy-restore"],
  nftables: ["nft", "-f", "-"],
};
const SAVED: Readonly<Record<Mode, string>> = { iptables: "iptables-save", nftables: "nft list ruleset ip" };

async function byReal(mode: Mode, text: string, packets: readonly (readonly (readonly [string, Uint8Array])[])[]) {
  const job = {
    setup: SETUP,
    load: LOADERS[mode],
    text,
    packets: packets.map((list) => list.map(([port, bytes]) => [port, bytes.toHex()])),
  };
  const child = new Deno.Command("unshare", {
    args: ["--net", "python3", HARNESS],
    stdin: "piped",
    stdout: "piped",
    env: { XTABLES_LOCKFILE: `/tmp/podwire-xtables-${Deno.pid}.lock` },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(job)));
  await writer.close();
  const { stdout } = await child.output();
  const answer = JSON.parse(new TextDecoder().decode(stdout)) as { error: string } | [string, string][][];
  if (!Array.isArray(answer)) throw new Error(`the real tool refused our rules: ${answer.error}`);
  return answer.map((list) => outcomes(list.map(([port, hex]) => [port, Uint8Array.fromHex(hex)] as const)));
}

async function sideBySide(mode: Mode, seed: number): Promise<number> {
  const random = new Random(seed);
  const world = randomWorld(random);
  const node = await FlowNode.of(world, { mode, clusterCIDR: "10.0.0.0/8" });
  const text = (await node.machine.run(SAVED[mode])).stdout;
  const flows = Array.from({ length: FLOWS }, () => randomFlow(world, random));
  const packets = packetsOf(flows);
  const ours = packets.map((list) => outcomes(list.flatMap(([port, bytes]) => node.exchange(port, bytes))));
  const real = await byReal(mode, text, packets);
  for (const [i, flow] of flows.entries()) assertEquals({ flow, out: ours[i] }, { flow, out: real[i] });
  return packets.flat().length;
}

for (const mode of ["iptables", "nftables"] as const) {
  Deno.test({
    name: `5,000 packets to random Services end in the plane as in a real kernel, in ${mode} mode`,
    ignore,
    fn: async () => {
      let sent = 0;
      for (let seed = 1; seed <= WORLDS; seed++) sent += await sideBySide(mode, seed);
      assertGreater(sent, 4999);
    },
  });
}
