import { assertEquals } from "@std/assert";
import type { Variant } from "../core/linux/mod.ts";
import { openPlane, readRecording } from "./parity/mod.ts";
import { Chance } from "./parity/chance.ts";
import { compareResults } from "./parity/compare.ts";
import { buildPacket, describePacket } from "./parity/packet.ts";
import { runScenario } from "./parity/run.ts";
import type { ProbeResult, Scenario } from "./parity/scenario.ts";

const RECORDING = new URL("./vectors/parity.json.gz", import.meta.url).pathname;
const recording = await readRecording(RECORDING);

/** Runs the scenarios of one kind; what differs, in full. */
function differences(kind: string, variant: Variant = "legacy"): string[] {
  const cases = recording.cases.filter(({ scenario }) => scenario.name.startsWith(kind));
  const reports = cases.map((one) => runScenario(openPlane(), { ...one, scenario: { ...one.scenario, variant } }));
  return reports.filter(({ failed }) => failed > 0).map(({ name, failures }) => [name, ...failures].join("\n"));
}

Deno.test("two Kubernetes nodes treat every probe as the real kernel did", () => {
  assertEquals(differences("kube").join("\n"), "");
});

Deno.test("a router with random rules treats every packet as the real kernel did", () => {
  assertEquals(differences("packet").join("\n"), "");
});

Deno.test("what iptables-nft loads treats every probe and packet as the same rules of iptables-legacy", () => {
  assertEquals([...differences("kube", "nft"), ...differences("packet", "nft")].join("\n"), "");
});

Deno.test("a field that differs, is missing or is too much is a difference", () => {
  const want: ProbeResult = { outcome: "dropped", rules: { "a/filter/INPUT/1": 1 }, conntrack: {} };
  const fields = (got: ProbeResult) => compareResults(got, want).differences.map(({ field }) => field);
  assertEquals(fields(want), []);
  assertEquals(fields({ ...want, outcome: "delivered" }), ["outcome"]);
  assertEquals(fields({ ...want, errno: "EPERM" }), ["errno"]);
  assertEquals(fields({ ...want, rules: {} }), ["rules"]);
  assertEquals(fields({ ...want, rules: { "a/filter/INPUT/1": 2 } }), ["rules"]);
});

Deno.test("a star in a recording stands for anything, elsewhere every letter counts", () => {
  const want: ProbeResult = { outcome: "delivered", seen_src: "10.0.0.1:*" };
  assertEquals(compareResults({ outcome: "delivered", seen_src: "10.0.0.1:5" }, want).differences, []);
  assertEquals(compareResults({ outcome: "delivered", seen_src: "10.0.1.1:5" }, want).differences.length, 1);
  assertEquals(compareResults({ outcome: "delivered" }, want).differences.length, 1);
});

const SCENARIO: Scenario = {
  name: "drawn",
  namespaces: ["r"],
  iptables: { r: ["-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1:4000-4010"] },
  ip: { r: ["link add v type vxlan id 1 local 10.0.0.1 dev eth0 dstport 8472 nolearning"] },
  probes: [],
};

function translated(port: number, status: string[]): ProbeResult {
  const orig = { proto: "udp", src: "10.0.0.9:7", dst: "10.0.1.1:53" };
  const reply = { proto: "udp", src: "10.0.1.1:53", dst: `192.0.2.1:${port}` };
  return {
    outcome: "forwarded",
    out: [`r:wan 192.0.2.1:${port}>10.0.1.1:53 ttl=63 udp`],
    conntrack: { r: [{ orig, reply, status }] },
  };
}

Deno.test("a port drawn from an SNAT range equals any other of the range, no port outside of it", () => {
  const certain = (port: number, status = ["SNAT"]) => new Chance(SCENARIO).certain(translated(port, status));
  assertEquals(certain(4001), certain(4010));
  assertEquals(compareResults(certain(4001), certain(4011)).differences.length, 2);
  assertEquals(compareResults(certain(4001, []), certain(4002, [])).differences.length, 2);
});

Deno.test("vxlan source ports are compared by whether both directions share one", () => {
  const flow = (from: string, to: string, port: number | "*") => ({
    orig: { proto: "udp", src: `${from}:${port}`, dst: `${to}:8472` },
    reply: { proto: "udp", src: `${to}:8472`, dst: `${from}:${port}` },
    status: [],
  });
  const certain = (a: number | "*", b: number) =>
    new Chance(SCENARIO).certain({
      outcome: "delivered",
      conntrack: { r: [flow("10.0.0.1", "10.0.0.2", a), flow("10.0.0.2", "10.0.0.1", b)] },
    });
  assertEquals(certain(40000, 40000), certain(50000, 50000));
  assertEquals(certain(40000, 40001), certain(50000, 50001));
  assertEquals(compareResults(certain(40000, 40000), certain(40000, 40001)).differences.length, 1);
  assertEquals(compareResults(certain(40000, 40001), certain(400, 40001)).differences.length, 1);
  assertEquals(compareResults(certain(40000, 40001), certain("*", 40002)).differences, []);
  assertEquals(compareResults(certain(40000, 40000), certain("*", 40002)).differences, []);
});

Deno.test("a probe's packet is described as it was written", () => {
  const probe = { inject: "r:lan", src: "10.0.0.1", dst: "10.0.0.2", proto: "tcp", sport: 5, dport: 80, flags: "SA" };
  assertEquals(describePacket(buildPacket(probe)), "10.0.0.1:5>10.0.0.2:80 ttl=64 tcp[SA]");
  const ping = { inject: "r:lan", src: "10.0.0.1", dst: "10.0.0.2", proto: "icmp", id: 9, ttl: 3 };
  assertEquals(describePacket(buildPacket(ping)), "10.0.0.1>10.0.0.2 ttl=3 icmp 8/0 id=9");
});
