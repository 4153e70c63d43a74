import type { IfIndex, Link } from "../../../wasm/mod.ts";
import type { Namespace } from "../namespace.ts";
import { Exit, garbage, netlinkText, noDevice, usage } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { altName } from "./link_values.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import type { Words } from "./words.ts";

/** The device of a namespace that has a name, its own or another it was given. */
export function linkNamed(
  ns: Namespace,
  name: string,
  links: readonly Link[] = ns.plane.links(ns.id),
): Link | undefined {
  return links.find((link) => link.name === name) ??
    links.find((link) => linkExtras(ns, link.index).altnames?.includes(name));
}

/** Whether a name is another name of some device. */
export function isAltName(ns: Namespace, name: string): boolean {
  const found = linkNamed(ns, name);
  return found !== undefined && found.name !== name;
}

/** `ip link property add|del dev DEVICE altname NAME ...`. */
export function linkProperty(tool: IpTool, words: Words): number {
  const verb = words.take();
  if (verb === undefined || isHelp(verb)) throw usage(IP_USAGE["link"]);
  const adding = "add".startsWith(verb);
  if (!adding && !"del".startsWith(verb)) throw new Exit(255, "Operator required\n", true);
  const { dev, names } = takeNames(words);
  if (dev === undefined) throw new Exit(255, `Not enough of information: "dev" argument is required.\n`, true);
  const link = tool.find(dev);
  if (link === undefined) throw noDevice(dev);
  for (const name of names) (adding ? give : take)(tool, link.index, name);
  return 0;
}

const isHelp = (word: string): boolean => word !== "" && "help".startsWith(word);

function takeNames(words: Words): { readonly dev: string | undefined; readonly names: readonly string[] } {
  const names: string[] = [];
  let dev: string | undefined;
  while (words.more) {
    const word = words.next();
    if (word === "altname") names.push(altName(words.next(), "not a valid altname"));
    else if (isHelp(word)) throw usage(IP_USAGE["link"]);
    else {
      const name = word === "dev" ? words.next() : word;
      if (dev !== undefined) throw garbage("dev", name);
      dev = altName(name, `"dev" not a valid ifname`);
    }
  }
  return { dev, names };
}

function give(tool: IpTool, dev: IfIndex, name: string): void {
  if (linkNamed(tool.namespace, name) !== undefined) throw new Exit(2, netlinkText({ errno: "EEXIST" }));
  const extras = linkExtras(tool.namespace, dev);
  extras.altnames = [...extras.altnames ?? [], name];
}

function take(tool: IpTool, dev: IfIndex, name: string): void {
  const extras = linkExtras(tool.namespace, dev);
  const left = (extras.altnames ?? []).filter((one) => one !== name);
  if (left.length === (extras.altnames ?? []).length) throw new Exit(2, netlinkText({ errno: "ENOENT" }));
  extras.altnames = left;
}
