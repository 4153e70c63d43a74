import { printOverview } from "./overview.ts";
import { openLab } from "./files.ts";
import { readWords } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire up`: builds the world and prints what stands in it. */
export const up: Verb = {
  usage: "-f LAB... [--nodes N] [--network NAME] [--proxy MODE] [--seed N] [--json]",
  does: "builds the world, prints nodes, pods, services, addresses",
  async run(argv) {
    const words = readWords(argv, {});
    const overview = (await openLab(words)).overview();
    console.log(words.flag["json"] ? JSON.stringify(overview, null, 2) : printOverview(overview));
    return 0;
  },
};
