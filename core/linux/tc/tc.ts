import { Exit } from "../iproute/exit.ts";
import { takeOptions, Version } from "../iproute/options.ts";
import { IpTool } from "../iproute/tool.ts";
import { abbreviated, Words } from "../iproute/words.ts";
import type { Process, Program } from "../process.ts";
import { tcClass } from "./class.ts";
import { tcFilter } from "./filter.ts";
import { tcQdisc } from "./qdisc.ts";
import { TC_USAGE } from "./usage.ts";
import { MORE_TC_USAGE } from "./usage_more.ts";

/** The nouns, in the order in which an abbreviation finds them. */
const OBJECTS: readonly (readonly [string, (tool: IpTool, words: Words) => number])[] = [
  ["qdisc", tcQdisc],
  ["class", tcClass],
  ["filter", tcFilter],
  ["chain", nothing("chain")],
  ["actions", nothing("action")],
  ["monitor", nothing("monitor")],
  ["exec", nothing("exec")],
];

/** A noun that lists nothing: none of it can be made here. */
function nothing(noun: string): (tool: IpTool, words: Words) => number {
  const lists = noun === "chain" || noun === "action";
  return (tool, words) => {
    const word = words.take();
    const verb = word === undefined ? "list" : abbreviated(word, ["list", "show", "lst", "ls", "help"] as const);
    if (verb === "help" || (noun === "exec" && word === undefined)) {
      tool.process.err(MORE_TC_USAGE[noun] ?? "");
      return lists && noun === "chain" || noun === "exec" ? 0 : 255;
    }
    if (verb === undefined || !lists) throw new Exit(255, `tc: ${noun} is not modelled\n`);
    return 0;
  };
}

/** `tc` of iproute2 6.1. */
export const tc: Program = (process) => Promise.resolve(run(process));

function run(process: Process): number {
  try {
    const words = new Words(process.argv.slice(1));
    const options = takeOptions(words, TC_USAGE[""]);
    const word = words.take();
    if (options.batch !== undefined) throw new Exit(255, "tc: -batch is not modelled\n");
    if (word === undefined || word === "help") {
      process.err(TC_USAGE[""] ?? "");
      return 0;
    }
    const object = OBJECTS.find(([name]) => name.startsWith(word))?.[1];
    if (object === undefined) throw new Exit(255, `Object "${word}" is unknown, try "tc help".\n`);
    return object(IpTool.in(process, options), words);
  } catch (error) {
    if (error instanceof Version) {
      process.out("tc utility, iproute2-6.1.0, libbpf 1.1.2\n");
      return 0;
    }
    if (!(error instanceof Exit)) throw error;
    if (error.text === TC_USAGE[""]) {
      process.err(error.text);
      return 0;
    }
    process.err(error.text.replace('try "ip -help"', 'try "tc -help"'));
    return error.status;
  }
}
