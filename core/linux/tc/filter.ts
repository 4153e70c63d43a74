import { Exit, unknownCommand } from "../iproute/exit.ts";
import type { IpTool } from "../iproute/tool.ts";
import { abbreviated, type Words } from "../iproute/words.ts";
import { TC_USAGE } from "./usage.ts";

const VERBS = ["add", "change", "replace", "delete", "get", "list", "show", "lst", "help"] as const;

/** `tc filter`: there are none, and none can be added. */
export function tcFilter(tool: IpTool, words: Words): number {
  const word = words.take();
  const verb = word === undefined ? "list" : abbreviated(word, VERBS);
  if (verb === undefined) throw unknownCommand(word ?? "", "tc filter");
  if (verb === "help") {
    tool.process.err(TC_USAGE["filter"] ?? "");
    return 0;
  }
  const rest = words.rest();
  const device = rest[rest.indexOf("dev") + 1];
  if (rest.includes("dev") && device !== undefined) tool.device(device);
  if (verb === "add" || verb === "change" || verb === "replace") throw new Exit(2, "tc: filters are not modelled\n");
  return 0;
}
