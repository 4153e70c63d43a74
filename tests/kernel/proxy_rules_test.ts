/**
 * The rules that kube-proxy of ours writes load into the real iptables-legacy-restore and `nft -f`, and are read back there as they are
 * here: for the overall Services of the reference, and for random ones.
 */
import { assert, assertEquals } from "@std/assert";
import { Random } from "../../core/base/mod.ts";
import { ensuredJumps, printNftables, serviceViews, syncIptables } from "../../core/node/mod.ts";
import { type FlowGroup, objectsOf, primary } from "../conformance/kube_proxy_flow_file.ts";
import { box } from "./box.ts";
import { missing, onRealKernel } from "./real.ts";
import { OVERALL, randomWorld } from "./services_world.ts";

const ignore = await missing("kube-proxy's rules in real tools", ["iptables-legacy-restore", "nft"]) !== undefined;
const WORLDS = 25;

function viewOf(world: FlowGroup, mode: "iptables" | "nftables") {
  const node = {
    name: "test-node",
    zone: "",
    addresses: primary(world),
    podCIDRs: [],
    interfaces: [{ name: "eth0", addresses: world.localIPs.map((ip) => `${ip}/24`) }],
  };
  const config = { mode, clusterCIDR: "10.0.0.0/8" };
  return serviceViews({ ...objectsOf(world), node, config, serviceCIDRs: ["172.30.0.0/16"] })[0];
}

/** Command lines that bring a machine to a view, with its rules in `FILE`; the saved tables are their answer. */
function iptablesScript(file: string): string {
  const ensured = ensuredJumps().map(({ table, chain, rule }) =>
    rule === undefined ? `iptables-legacy -t ${table} -N ${chain}` : `iptables-legacy -t ${table} -I ${chain} ${rule}`
  );
  return [
    ...ensured,
    `iptables-legacy-restore --noflush --counters ${file} || echo refused`,
    ...["mangle", "nat", "filter"].map((table) => `iptables-legacy-save -t ${table}`),
  ].join("\n");
}

/** Without headings, which say when. */
const rulesOf = (text: string): string => text.split("\n").filter((line) => !line.startsWith("#")).join("\n");

function worlds(): FlowGroup[] {
  const random = new Random(20_261);
  return [OVERALL, ...Array.from({ length: WORLDS }, () => randomWorld(random))];
}

Deno.test({
  name: "kube-proxy's iptables rules load into the real iptables-legacy-restore, and iptables-save prints them as here",
  ignore,
  fn: async () => {
    for (const world of worlds()) {
      const { text } = syncIptables(viewOf(world, "iptables"), undefined, { now: 0 });
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, text);
      const real = await onRealKernel(iptablesScript(file));
      await Deno.remove(file);
      assertEquals(real.stderr, "");
      const machine = box();
      machine.files.write("/tmp/rules", text);
      const ours = await machine.run(iptablesScript("/tmp/rules"));
      assertEquals(ours.stderr, "");
      assertEquals(rulesOf(ours.stdout), rulesOf(real.stdout), world.name);
      assert(real.stdout.includes("-j KUBE-SVC-") || world !== OVERALL);
    }
  },
});

Deno.test({
  name: "kube-proxy's nftables rules load into the real nft -f, and nft list ruleset prints them as here",
  ignore,
  fn: async () => {
    for (const world of worlds()) {
      const { transaction, listing } = printNftables(viewOf(world, "nftables"));
      const real = await onRealKernel("nft -f - && nft list ruleset", transaction);
      assertEquals(real.stderr, "");
      assertEquals(listing, real.stdout, world.name);
    }
  },
});

const recorded = new URL("../../../shared/vectors/kubeproxy_overall.iptables-restore.txt", import.meta.url);
const here = await Deno.stat(recorded).then(() => true, () => false);
if (!here) console.error("SKIPPED: the overall Services as recorded: the recording is not at hand");

/** What the reference writes otherwise than kube-proxy, which pads its mark and asks for random ports where the kernel can. */
const known = (line: string): string => line.replace(/ --random-fully$/, "").replaceAll("0x004000", "0x4000");

Deno.test({
  name: "the overall Services' rules are those of the reference",
  ignore: !here,
  fn: async () => {
    const { text } = syncIptables(viewOf(OVERALL, "iptables"), undefined, { now: 0 });
    const sorted = (all: string) => all.trim().split("\n").map(known).sort();
    assertEquals(sorted(text), sorted(await Deno.readTextFile(recorded)));
  },
});
