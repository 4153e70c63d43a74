/** Every match and target that kube-proxy, Docker, flannel, Calico, Weave and ufw write: read, printed, and met by the packets Linux has it meet. */
import { assert, assertEquals } from "@std/assert";
import { namespaceOf, netfilterOf, restoreSets, restoreTables } from "../../core/linux/mod.ts";
import { openPlane } from "../parity/plane.ts";
import { runProbe } from "../parity/probe.ts";
import { buildWorld } from "../parity/world.ts";
import { PACKETS, RULES, SETS } from "./extensions.ts";
import { play, router, rules } from "./stage.ts";

const split = (rule: string) => ({ table: rule.split(" ")[0] ?? "", line: rule.slice(rule.indexOf(" ") + 1) });

for (const [rule, hits] of RULES) {
  Deno.test(`${rule}: printed as it was read, and met by ${hits} of a SYN, a datagram, an echo and an INIT`, () => {
    const { table, line } = split(rule);
    const plane = openPlane();
    const namespace = namespaceOf(plane, plane.addNamespace());
    restoreSets(namespace, SETS);
    assertEquals(restoreTables(netfilterOf(namespace), `*${table}\n${line}\nCOMMIT\n`).err, "");
    assertEquals(netfilterOf(namespace).save().split("\n").filter((text) => text.startsWith("-A")), [line]);
    const { results } = play(router({ ipset: { dut: SETS }, iptables: { dut: rules({ [table]: [line] }) } }, PACKETS));
    const key = `dut/${table}/${line.split(" ")[1]}/1`;
    assertEquals(results.map((result) => result.rules?.[key] ?? 0).join(""), hits);
  });
}

const UNMODELLED = [
  ["match", "bpf", '-m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"'],
  ["match", "cgroup", "-m cgroup --cgroup 1"],
  ["target", "TEE", "-j TEE --gateway 10.0.1.9"],
  ["target", "IDLETIMER", "-j IDLETIMER --timeout 10 --label x"],
] as const;

for (const [kind, name, text] of UNMODELLED) {
  Deno.test(`${kind} ${name} is not modelled: it is read and printed, and a packet that meets it says so by name`, () => {
    const table = kind === "match" ? "filter" : "mangle";
    const chain = table === "filter" ? "FORWARD" : "PREROUTING";
    const world = buildWorld(openPlane(), router({ iptables: { dut: rules({ [table]: [`-A ${chain} ${text}`] }) } }));
    const netfilter = netfilterOf(namespaceOf(world.plane, world.ns.get("dut") as number));
    assert(netfilter.save().includes(`-A ${chain} ${text}`), netfilter.save());
    for (const { ns, dev } of world.ports) world.plane.traceDevice(ns, dev, true);
    runProbe(world, PACKETS[0] as typeof PACKETS[number]);
    assert(world.plane.takeTrace().some(({ action }) => action === "unmodelled"));
  });
}
