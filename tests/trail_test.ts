/** Packets that follow a trail leave what walked ones leave: the slow twin of `wasm/src/pipeline/trail.rs`. */
import { assert, assertEquals } from "@std/assert";
import { openShop } from "../bench/shop.ts";
import { resolvePlace, resolveTarget } from "../core/lab/resolve.ts";
import { runMix } from "./trail_mix.ts";
import { type Sender, walked, whole } from "./trail_senders.ts";

Deno.test("random mixes with time, rules, routes and settings changing leave as much behind as the same packets walked", () => {
  let lines = 0;
  for (let number = 0; number < 60; number++) {
    const followed = runMix(7, number, whole);
    assertEquals(followed, runMix(7, number, walked), `world ${number}`);
    lines += followed.length;
  }
  assert(lines > 10_000, "worlds were built");
});

/** The demo's shop: a pod speaks to a Service on another node; verdicts, and what iptables, ip and conntrack then print. */
async function shop(send: Sender): Promise<string> {
  const { world, cluster } = await openShop();
  const { plane, machines, runner } = world;
  for (const m of machines.values()) await m.run("sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1");
  const from = resolvePlace(world, cluster, "deploy/frontend");
  const goal = await resolveTarget({ world, cluster, from, protocol: "tcp" }, "svc/cartservice:7070");
  const own = plane.addresses(from.ns).find(({ dev, address }) => dev !== 1 && address.includes("."))?.address;
  const [src, dst] = [word(own?.split("/")[0] as string), word(goal.address)];
  const ports = Array.from({ length: 5 }, () => {
    const socket = plane.socket(from.ns, "tcp", 4);
    plane.connect(socket, goal.address, goal.port);
    return plane.socketView(socket).localPort;
  });
  const batch = plane.batch();
  let out = "";
  for (let turn = 0; turn < 6; turn++) {
    for (let row = 0; row < 60; row++) {
      const sport = ports[row * 7 % 5] as number;
      batch.set(row, { src, dst, proto: 6, sport, dport: goal.port, flags: 16, length: row * 37 % 1400 });
    }
    send(plane, batch, from.ns, 60);
    for (let row = 0; row < 60; row++) out += JSON.stringify(batch.verdict(row));
    await runner.advance([1, 40, 7000, 31_000, 200][turn] ?? 0);
  }
  for (const m of machines.values()) {
    out += (await m.run("iptables-save -c | grep -v '^#'; ip -s link; conntrack -L 2>/dev/null | sort; conntrack -S"))
      .stdout;
  }
  world.close();
  return out;
}

function word(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

Deno.test("a pod's connections through kube-proxy's rules and vxlan count as much everywhere as the same packets walked", async () => {
  assertEquals(await shop(whole), await shop(walked));
});
