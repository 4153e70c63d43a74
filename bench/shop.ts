/** The demo's shop (`examples/shop/`), opened so far that its packets can be sent by hand. */
import { Cluster } from "../core/lab/cluster.ts";
import { readIntent } from "../core/lab/intent.ts";
import { World } from "../core/lab/world.ts";
import { defaultHost } from "../mod.ts";

const SHOP = new URL("../examples/shop/", import.meta.url);

/** The world and its cluster, with every pod ready. */
export async function openShop(): Promise<{ readonly world: World; readonly cluster: Cluster }> {
  const names = [...Deno.readDirSync(SHOP)].map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort();
  const files = names.map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, SHOP)) }));
  const intent = readIntent(files, {});
  const world = new World(defaultHost(), intent.spec.seed);
  const cluster = await Cluster.build(world, intent);
  await cluster.applyObjects(intent.objects);
  await cluster.ready();
  return { world, cluster };
}
