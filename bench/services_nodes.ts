/** `deno run bench/services_nodes.ts MODE SERVICES NODES`: the first syncs of all nodes of one cluster, in a process of their own, as JSON. */
import { setImmediate } from "node:timers";
import { Random, VirtualClock } from "../core/base/mod.ts";
import { Store } from "../core/kube/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../core/linux/mod.ts";
import { type ModeName, startProxyAgent } from "../core/node/mod.ts";
import { planeBytes } from "../wasm/bytes.ts";
import { Plane } from "../wasm/mod.ts";
import { nodeOf, pod, serviceOf, sliceOf } from "./services_world.ts";

/** Seconds until every node of a cluster has its first rules, and the GiB of the process then. */
async function nodesTime(
  mode: ModeName,
  services: number,
  count: number,
): Promise<{ took: number; memory: number }> {
  const store = new Store();
  for (let i = 0; i < services; i++) {
    store.put(serviceOf(i));
    store.put(sliceOf(i, [pod(2 * i), pod(2 * i + 1)], (n) => `node-${(2 * i + n) % count}`));
  }
  const plane = Plane.open(planeBytes(), { seed: 1 });
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const runner = new Runner({ plane, clock: new VirtualClock(Date.UTC(2026, 0, 1)), turn });
  const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS]);
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    const name = `node-${n}`;
    store.put(nodeOf(name, `192.168.0.${n + 1}`));
    const machine = new Machine({ name, plane, runner, random: new Random(n), programs });
    startProxyAgent({ machine, node: name, store, config: { mode, clusterCIDR: "10.0.0.0/8" } });
  }
  await runner.advance(3000);
  return { took: (performance.now() - start) / 1000, memory: Deno.memoryUsage().rss / 2 ** 30 };
}

const [mode, services, count] = Deno.args;
console.log(JSON.stringify(await nodesTime(mode as ModeName, Number(services), Number(count))));
