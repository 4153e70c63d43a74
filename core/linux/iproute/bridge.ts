import { isIp } from "../../base/mod.ts";
import type { Process, Program } from "../process.ts";
import { runBatch } from "./batch.ts";
import { bridgeFdb, bridgeMonitor } from "./bridge_fdb.ts";
import { bridgeLink } from "./bridge_link.ts";
import { BRIDGE_USAGE } from "./bridge_usage.ts";
import { bridgeVlan } from "./bridge_vlan.ts";
import { Exit, noDevice, notModelled, unknownCommand, usage } from "./exit.ts";
import { takeOptions, Version } from "./options.ts";
import { type IpObject, IpTool } from "./tool.ts";
import { abbreviated, Words } from "./words.ts";

/** `bridge mdb`: groups are joined by nobody, and added by nobody. */
const bridgeMdb: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  if (word === "help") throw usage(BRIDGE_USAGE["mdb"]);
  const verb = abbreviated(word, ["add", "delete", "replace", "show", "lst", "list"] as const);
  if (verb === undefined) throw unknownCommand(word, "bridge mdb");
  if (verb === "add" || verb === "delete" || verb === "replace") return mdbChange(tool, words, word);
  while (words.more) {
    const name = words.next() === "dev" ? words.next() : undefined;
    if (name !== undefined && tool.find(name) === undefined) throw noDevice(name);
  }
  if (tool.options.json) tool.process.out(`[{"mdb":[],"router":{}}]\n`);
  return 0;
};

function mdbChange(tool: IpTool, words: Words, verb: string): never {
  const said: { dev?: string; port?: string; grp?: string } = {};
  while (words.more) {
    const word = words.next();
    if (word === "dev" || word === "port" || word === "grp") said[word] = words.next();
    else if (word === "vid" || word === "src") words.next();
    else if (word !== "permanent" && word !== "temp") throw usage(BRIDGE_USAGE["mdb"]);
  }
  const { dev, port, grp } = said;
  if (dev === undefined || port === undefined || grp === undefined) {
    throw new Exit(255, "Device, group address and port name are required arguments.\n", true);
  }
  for (const name of [dev, port]) if (tool.find(name) === undefined) throw noDevice(name);
  const first = Number(grp.split(".")[0]);
  if (isIp(grp) && !grp.includes(":") && (first < 224 || first > 239) && grp !== "0.0.0.0") {
    throw new Exit(255, "Error: IPv4 entry group address is not multicast or 0.0.0.0.\n");
  }
  throw notModelled(`bridge: mdb ${verb}`);
}

/** `bridge vni`: no tunnel of ours has more than one. */
const bridgeVni: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  if (word === "help") throw usage(BRIDGE_USAGE["vni"]);
  const verb = abbreviated(word, ["add", "delete", "show", "lst", "list"] as const);
  if (verb === undefined) throw unknownCommand(word, "bridge vni");
  if (verb === "add" || verb === "delete") throw notModelled(`bridge: vni ${word}`);
  tool.process.out(tool.options.json ? "[]\n" : "dev               vni              group/remote   \n");
  return 0;
};

const OBJECTS: readonly (readonly [string, IpObject])[] = [
  ["link", bridgeLink],
  ["fdb", bridgeFdb],
  ["mdb", bridgeMdb],
  ["vlan", bridgeVlan],
  ["vni", bridgeVni],
  ["monitor", bridgeMonitor],
];

/** `bridge` of iproute2 6.1. Whatever fails, it fails with 255, but for a kernel's answer to `fdb get` and a word that is neither on nor off. */
export const bridge: Program = async (process) => {
  try {
    const words = new Words(process.argv.slice(1));
    const options = takeOptions(words, BRIDGE_USAGE[""]);
    const tool = IpTool.in(process, options);
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
    if (!words.more) throw usage(BRIDGE_USAGE[""]);
    return await run(words);
  } catch (error) {
    if (!(error instanceof Version)) return report(process, error);
    process.out("bridge utility, 6.1.0\n");
    return 0;
  }
};

function runObject(tool: IpTool, words: Words): number | Promise<number> {
  const word = words.next();
  if (word === "help") throw usage(BRIDGE_USAGE[""]);
  const object = OBJECTS.find(([name]) => name.startsWith(word))?.[1];
  if (object === undefined) throw new Exit(255, `Object "${word}" is unknown, try "bridge help".\n`, true);
  return object(tool, words);
}

function report(process: Process, error: unknown): number {
  if (!(error instanceof Exit)) throw error;
  process.err(error.text.replace('try "ip -help"', 'try "bridge help"'));
  const kept = error.status === 254 || error.status === 234 || (error.status === 1 && error.ends);
  return kept ? error.status : 255;
}
