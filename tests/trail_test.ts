/** Packets that repeat a walk leave what walked ones leave: the slow twin of trails. */
import { assertEquals } from "@std/assert";
import { Cluster } from "../core/lab/cluster.ts";
import { readIntent } from "../core/lab/intent.ts";
import { resolvePlace, resolveTarget } from "../core/lab/resolve.ts";
import { World } from "../core/lab/world.ts";
import { defaultHost } from "../mod.ts";
const SHOP = new URL("../examples/shop/", import.meta.url);
const word = (a: string) => a.split(".").reduce((s, b) => s * 256 + Number(b), 0);
async function run(each: number) {
  const names = [...Deno.readDirSync(SHOP)].map(({ name }) => name).filter((n) => n.endsWith(".yaml")).sort();
  const files = names.map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, SHOP)) }));
  const intent = readIntent(files, {});
  const world = new World(defaultHost(), intent.spec.seed);
  const cluster = await Cluster.build(world, intent);
  await cluster.applyObjects(intent.objects);
  await cluster.ready();
  for (const m of world.machines.values()) await m.run("sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1");
  const from = resolvePlace(world, cluster, "deploy/frontend");
  const goal = await resolveTarget({ world, cluster, from, protocol: "tcp" }, "svc/cartservice:7070");
  const own = world.plane.addresses(from.ns).find(({ dev, address }) => dev !== 1 && address.includes("."))!;
  const src = word(own.address.split("/")[0]!);
  const socket = world.plane.socket(from.ns, "tcp", 4);
  world.plane.connect(socket, goal.address as string, goal.port);
  const sport = world.plane.socketView(socket).localPort;
  const batch = world.plane.batch();
  for (let r = 0; r < 240; r++) {
    batch.set(r, { src, dst: word(goal.address as string), proto: 6, sport, dport: goal.port, flags: 16 });
  }
  for (let n = 0; n < 240; n += each) {
    batch.send(from.ns, each);
    if (each < 240) await [...world.machines.values()][0]!.run("sysctl -qw net.ipv4.ip_forward=1");
  }
  let out = JSON.stringify(batch.verdict(each - 1));
  for (const m of world.machines.values()) {
    out += (await m.run("iptables-save -c | grep -v '^#'; ip -s link; conntrack -L 2>/dev/null | sort")).stdout;
  }
  world.close();
  return out;
}
Deno.test("a batch that repeats one packet counts as much everywhere as the same packets walked", async () => {
  assertEquals(await run(240), await run(8));
});
