import type { Process, Program } from "../process.ts";
import { runBatch } from "./batch.ts";
import { bridgeFdb, bridgeMonitor } from "./bridge_fdb.ts";
import { bridgeLink } from "./bridge_link.ts";
import { BRIDGE_USAGE } from "./bridge_usage.ts";
import { bridgeVlan } from "./bridge_vlan.ts";
import { Exit } from "./exit.ts";
import { takeOptions, Version } from "./options.ts";
import { type IpObject, IpTool } from "./tool.ts";
import { abbreviated, Words } from "./words.ts";

/** A noun that can only be listed here, and lists nothing: no port of ours has multicast groups or VNIs of its own. */
function emptyNoun(noun: string): IpObject {
  return (tool, words) => {
    const word = words.take() ?? "show";
    if (word === "help") throw new Exit(255, BRIDGE_USAGE[noun] ?? "", true);
    const verb = abbreviated(word, ["show", "list", "lst"] as const);
    if (verb === undefined && /^(add|del|delete|set|replace|get|global)/.test(word)) {
      throw new Exit(255, `bridge: ${noun} ${word} is not modelled\n`, true);
    }
    if (verb === undefined) throw new Exit(255, `Command "${word}" is unknown, try "bridge ${noun} help".\n`, true);
    if (tool.options.json) tool.process.out("[]\n");
    return 0;
  };
}

const OBJECTS: readonly (readonly [string, IpObject])[] = [
  ["link", bridgeLink],
  ["fdb", bridgeFdb],
  ["mdb", emptyNoun("mdb")],
  ["vlan", bridgeVlan],
  ["vni", emptyNoun("vni")],
  ["monitor", bridgeMonitor],
];

/** `bridge` of iproute2 6.1. Whatever fails, it fails with 255, but for a kernel's answer to `fdb get` and a word that is neither on nor off. */
export const bridge: Program = async (process) => {
  try {
    const words = new Words(process.argv.slice(1));
    const options = takeOptions(words, BRIDGE_USAGE[""]);
    const tool = new IpTool(process, options, nsOf(process, options.netns));
    const run = (words: Words) => runObject(tool, words);
    if (options.batch !== undefined) {
      return await runBatch(process, {
        program: "bridge",
        tool,
        options,
        run,
        report: (error) => report(process, error),
      });
    }
    if (!words.more) throw new Exit(255, BRIDGE_USAGE[""] ?? "", true);
    return await run(words);
  } catch (error) {
    if (!(error instanceof Version)) return report(process, error);
    process.out("bridge utility, 6.1.0\n");
    return 0;
  }
};

function runObject(tool: IpTool, words: Words): number | Promise<number> {
  const word = words.next();
  if (word === "help") throw new Exit(255, BRIDGE_USAGE[""] ?? "", true);
  const object = OBJECTS.find(([name]) => name.startsWith(word))?.[1];
  if (object === undefined) throw new Exit(255, `Object "${word}" is unknown, try "bridge help".\n`, true);
  return object(tool, words);
}

function report(process: Process, error: unknown): number {
  if (!(error instanceof Exit)) throw error;
  process.err(error.text.replace('try "ip -help"', 'try "bridge help"'));
  return error.status === 254 || error.status === 234 ? error.status : 255;
}

function nsOf(process: Process, name: string | undefined): number {
  const ns = name === undefined ? process.ns : process.machine.findNs(name);
  if (ns === undefined) throw new Exit(255, `Cannot open network namespace "${name}": No such file or directory\n`);
  return ns;
}
