import { notModelled, unknownCommand, usage } from "./exit.ts";
import { routeChange } from "./route_change.ts";
import { routeGet } from "./route_get.ts";
import { routeFlush, routeShow } from "./route_show.ts";
import type { IpObject } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated } from "./words.ts";

const VERBS = [
  "list",
  "show",
  "lst",
  "get",
  "add",
  "append",
  "prepend",
  "test",
  "change",
  "chg",
  "replace",
  "delete",
  "flush",
  "save",
  "restore",
  "showdump",
  "help",
] as const;

/** `ip route`. */
export const ipRoute: IpObject = (tool, words) => {
  const word = words.take();
  if (word === undefined) return routeShow(tool, words);
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "list":
    case "show":
    case "lst":
      return routeShow(tool, words);
    case "get":
      return routeGet(tool, words);
    case "add":
    case "append":
    case "prepend":
    case "replace":
    case "change":
    case "delete":
    case "test":
      return routeChange(tool, words, verb);
    case "chg":
      return routeChange(tool, words, "change");
    case "flush":
      return routeFlush(tool, words);
    case "save":
      return routeSave(tool.process);
    case "help":
      throw usage(IP_USAGE["route"]);
    case "restore":
    case "showdump":
      throw notModelled(`ip: route ${verb}`);
    case undefined:
      throw unknownCommand(word, "ip route");
  }
};

/** `ip route save` writes a binary dump; of it, only the magic number that opens it is modelled. */
function routeSave(process: { out(text: string): void }): number {
  process.out("\u0012\u0000\u0032\u0045");
  return 0;
}
