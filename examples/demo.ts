/**
 * The demo: boots the shop on three nodes and asks it four questions.
 *
 *     internet --> router --> node-1 | node-2 | node-3  (flannel, vxlan)
 *                              pods     pods     pods
 */
import { Lab, type LabFile } from "../mod.ts";
import { printOverview } from "../cli/overview.ts";
import { printWhy } from "../cli/story.ts";

const SHOP = new URL("./shop/", import.meta.url);

/** The shop's manifests, by name. */
function readShop(): LabFile[] {
  const names = [...Deno.readDirSync(SHOP)].map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort();
  return names.map((name) => ({ name: `examples/shop/${name}`, text: Deno.readTextFileSync(new URL(name, SHOP)) }));
}

/** Types a command at a place and prints both, as a terminal would show them. */
async function type(lab: Lab, place: string, command: string): Promise<void> {
  const { stdout, stderr } = await lab.exec(place, command);
  console.log(`\n${place}$ ${command}\n${stdout}${stderr}`.trimEnd());
}

const lab = await Lab.open({ files: readShop() });
const world = lab.overview();
console.log(printOverview(world));
await type(lab, "deploy/frontend", "nslookup cartservice");
const outside = world.services.find(({ name }) => name === "frontend-external")?.externalIPs[0];
await type(lab, "internet", `curl -s http://${outside}`);
console.log(
  `\n$ podwire why -f examples/shop deploy/frontend svc/cartservice:7070\n${
    printWhy(await lab.why("deploy/frontend", "svc/cartservice:7070"))
  }`,
);
lab.close();
