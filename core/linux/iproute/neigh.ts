import type { Neighbour, NeighbourState } from "../../../wasm/mod.ts";
import { type Cidr, contains, printIp, requireIp } from "../../base/mod.ts";
import { familyColour, paint } from "./colors.ts";
import { Entry } from "./entry.ts";
import { Exit, garbage, invalid, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { lladdr, masterOf } from "./link_values.ts";
import { numberOf, PROTOCOLS, wordOf } from "./names.ts";
import { type NeighExtras, neighExtras, setNeighExtras } from "./neigh_extras.ts";
import { parseAddress, parsePrefix } from "./prefix.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

const VERBS = ["add", "change", "chg", "replace", "delete", "get", "show", "lst", "list", "flush", "help"] as const;
const STATES: Readonly<Record<string, NeighbourState>> = {
  permanent: "PERMANENT",
  reachable: "REACHABLE",
  noarp: "NOARP",
  stale: "STALE",
  incomplete: "INCOMPLETE",
  delay: "DELAY",
  probe: "PROBE",
  failed: "FAILED",
};

/** `ip neighbour`. */
export const ipNeigh: IpObject = (tool, words) => {
  const word = words.take();
  if (word === undefined) return neighShow(tool, words);
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "add":
    case "replace":
      return neighChange(tool, words, verb);
    case "change":
    case "chg":
      return neighChange(tool, words, "change");
    case "delete":
      return neighDelete(tool, words);
    case "get":
      return neighGet(tool, words);
    case "show":
    case "lst":
    case "list":
      return neighShow(tool, words);
    case "flush":
      return neighFlush(tool, words);
    case "help":
      throw usage(IP_USAGE["neighbour"]);
    case undefined:
      throw unknownCommand(word, "ip neigh");
  }
};

/** One neighbour as `ip neigh` prints it, with its line feed; `hideDev` where the list is about one device. */
export function neighEntry(
  tool: IpTool,
  entry: Neighbour,
  options: { hideDev?: boolean; deleted?: boolean } = {},
): Entry {
  const out = new Entry();
  if (tool.options.brief) return briefEntry(tool, entry);
  if (options.deleted) out.put("deleted", null, "Deleted ");
  const name = tool.name(entry.dev);
  out.put("dst", entry.ip, paint(tool.options, familyColour(entry.ip), `${entry.ip} `));
  if (!options.hideDev) out.put("dev", name, `dev ${paint(tool.options, "ifname", `${name} `)}`);
  if (entry.mac !== undefined && entry.state !== "INCOMPLETE" && entry.state !== "FAILED") {
    out.put("lladdr", entry.mac, `lladdr ${paint(tool.options, "mac", `${entry.mac} `)}`);
  }
  const { protocol = 0, externLearn } = neighExtras(tool.namespace, entry);
  if (entry.router) out.put("router", null, "router ");
  if (entry.proxy) out.put("proxy", null, "proxy ");
  if (externLearn) out.put("extern_learn", null, "extern_learn ");
  if (tool.options.stats && !entry.proxy) putUse(out, entry);
  if (!entry.proxy) out.put("state", [entry.state], `${entry.state} `);
  if (protocol !== 0) {
    const maker = wordOf(PROTOCOLS, protocol);
    out.put("protocol", maker, `proto ${maker} `);
  }
  return out.say("\n");
}

/** Who holds on to an entry, and how often it was asked for: what needs no asking is held by nobody. */
function putUse(out: Entry, { state }: Neighbour): void {
  const fixed = state === "PERMANENT" || state === "NOARP";
  if (fixed) out.say(" ");
  else out.put("refcnt", 1, " ref 1 ");
  out.put("used", 0, "used 0/").put("confirmed", 0, "0/").put("updated", 0, "0");
  const probes = fixed ? 0 : 1;
  out.put("probes", probes, `probes ${probes} `);
}

function briefEntry(tool: IpTool, entry: Neighbour): Entry {
  const out = new Entry();
  out.put("dst", entry.ip, `${entry.ip.padEnd(39)} `).put(
    "dev",
    tool.name(entry.dev),
    `${tool.name(entry.dev).padEnd(16)} `,
  );
  if (entry.mac !== undefined && entry.state !== "INCOMPLETE" && entry.state !== "FAILED") {
    out.put("lladdr", entry.mac, entry.mac);
  }
  return out.say("\n");
}

interface Filter {
  dev?: number;
  to?: Cidr;
  proxy?: boolean;
  states?: Set<NeighbourState>;
  all?: boolean;
  noMaster?: boolean;
  master?: number;
  protocol?: number;
  unused?: boolean;
}

function takeFilter(tool: IpTool, words: Words): Filter {
  const filter: Filter = {};
  while (words.more) {
    const word = words.next();
    if (word === "dev") filter.dev = tool.device(words.next()).index;
    else if (word === "master") filter.master = masterOf(tool, words.next());
    else if (word === "nomaster") filter.noMaster = true;
    else if (word === "proxy") filter.proxy = true;
    else if (word === "unused") filter.unused = true;
    else if (word === "nud") takeState(words, filter);
    else if (isProtocol(word)) filter.protocol = protocolOf(words.next(), `invalid "protocol"\n`);
    else if (word === "vrf") throw invalid(words.next(), "Not a valid VRF name\n");
    else if (word === "help") throw usage(IP_USAGE["neighbour"]);
    else if (word === "all" && !words.more) filter.all = true;
    else filter.to = parsePrefix(word === "to" ? words.next() : word, tool.options.family).cidr;
  }
  return filter;
}

const isProtocol = (word: string): boolean => word.length > 4 && "protocol".startsWith(word);

function protocolOf(word: string, problem: string): number {
  const number = numberOf(PROTOCOLS, word);
  if (number === undefined || number > 255) throw invalid(word, problem);
  return number;
}

function takeState(words: Words, filter: Filter): void {
  const word = words.next();
  const state = STATES[word];
  if (word === "all") filter.all = true;
  else if (word === "none") filter.states ??= new Set();
  else if (state === undefined) throw invalid(word, "nud state is bad");
  else filter.states = (filter.states ?? new Set()).add(state);
}

function passes(tool: IpTool, entry: Neighbour, filter: Filter): boolean {
  const family = requireIp(entry.ip).family;
  const link = tool.links().find((one) => one.index === entry.dev);
  if (tool.options.family !== undefined && family !== tool.options.family) return false;
  if (filter.dev !== undefined && entry.dev !== filter.dev) return false;
  if (filter.master !== undefined && link?.master !== filter.master) return false;
  if (filter.noMaster && link?.master !== 0) return false;
  if ((entry.proxy ?? false) !== (filter.proxy ?? false)) return false;
  const { protocol, externLearn = false } = neighExtras(tool.namespace, entry);
  if (filter.protocol !== undefined && filter.protocol !== protocol) return false;
  if (filter.unused && !["PERMANENT", "NOARP", "STALE", "FAILED"].includes(entry.state)) return false;
  // What a control plane learned is shown whatever its state.
  if (filter.states !== undefined && !filter.states.has(entry.state) && !externLearn) return false;
  if (filter.states === undefined && !filter.all && !entry.proxy && entry.state === "NOARP") return false;
  return filter.to === undefined || contains(filter.to, requireIp(entry.ip));
}

function neighShow(tool: IpTool, words: Words): number {
  const filter = takeFilter(tool, words);
  const entries = tool.plane.neighbours(tool.ns).filter((entry) => passes(tool, entry, filter));
  tool.report(entries.map((entry) => neighEntry(tool, entry, { hideDev: filter.dev !== undefined })));
  return 0;
}

function neighFlush(tool: IpTool, words: Words): number {
  if (!words.more) throw new Exit(1, "Flush requires arguments.\n");
  const filter = takeFilter(tool, words);
  const doomed = tool.plane.neighbours(tool.ns).filter((entry) => {
    const kept = filter.states === undefined && (entry.state === "PERMANENT" || entry.state === "NOARP");
    return !kept && passes(tool, entry, filter);
  });
  for (const entry of doomed) tool.plane.removeNeighbour(tool.ns, entry.dev, entry.ip);
  if (tool.options.stats && doomed.length === 0) tool.process.out("Nothing to flush.\n");
  else if (tool.options.stats) {
    tool.process.out(`\n*** Round 1, deleting ${doomed.length} entries ***\n*** Flush is complete after 1 round ***\n`);
  }
  return 0;
}

interface Request {
  ip?: string;
  mac?: string;
  dev?: string;
  state?: NeighbourState;
  proxy?: boolean;
  router?: boolean;
  readonly extras: { -readonly [K in keyof NeighExtras]: NeighExtras[K] };
}

function takeRequest(tool: IpTool, words: Words): Request {
  const request: Request = { extras: {} };
  while (words.more) {
    const word = words.next();
    if (word === "lladdr") request.mac = words.next();
    else if (word === "dev") request.dev = words.next();
    else if (word === "nud") request.state = state(words.next());
    else if (word === "proxy") {
      request.proxy = true;
      request.ip = parseAddress(words.next(), tool.options.family);
    } else if (word === "router") request.router = true;
    else if (isProtocol(word)) request.extras.protocol = protocolOf(words.next(), `"protocol" value is invalid\n`);
    else if (word === "extern_learn") request.extras.externLearn = true;
    else if (word === "use" || word === "managed") throw notModelled(`ip: neigh ${word}`);
    else if (word === "help") throw usage(IP_USAGE["neighbour"]);
    else {
      const ip = word === "to" ? words.next() : word;
      if (request.ip !== undefined) throw garbage("to", ip);
      request.ip = parseAddress(ip, tool.options.family);
    }
  }
  return request;
}

function state(word: string): NeighbourState {
  const found = STATES[word];
  if (found === undefined) throw invalid(word, "nud state is bad");
  return found;
}

function neighChange(tool: IpTool, words: Words, mode: "add" | "change" | "replace"): number {
  const { ip, mac, dev, state = "PERMANENT", proxy, router, extras } = takeRequest(tool, words);
  if (ip === undefined || dev === undefined) {
    throw new Exit(255, "Device and destination are required arguments.\n", true);
  }
  const device = tool.device(dev);
  const lladdr = mac === undefined ? undefined : hardware(mac);
  const entry = {
    ip,
    dev: device.index,
    state,
    ...(lladdr && { mac: lladdr }),
    ...(proxy && { proxy }),
    ...(router && { router }),
  };
  const refused = Object.keys(extras).length === 0
    ? tool.changeByWords({ neighbour: entry, mode })
    : tool.plane.addNeighbour(tool.ns, entry, mode);
  const needed = refused?.errno === "EINVAL" && lladdr === undefined;
  must(needed ? { ...refused, extack: "No link layer address given" } : refused);
  setNeighExtras(tool.namespace, { dev: device.index, ip: printIp(requireIp(ip)) }, extras);
  return 0;
}

/** The address as the kernel takes it: as many bytes as the device has, more are left out. */
function hardware(word: string): string {
  const bytes = lladdr(word).split(":");
  if (bytes.length < 6) throw new Exit(2, "Error: Invalid link address.\n");
  return bytes.slice(0, 6).join(":");
}

function neighDelete(tool: IpTool, words: Words): number {
  const { ip, dev } = takeRequest(tool, words);
  if (ip === undefined || dev === undefined) {
    throw new Exit(255, "Device and destination are required arguments.\n", true);
  }
  must(tool.plane.removeNeighbour(tool.ns, tool.device(dev).index, ip));
  return 0;
}

function neighGet(tool: IpTool, words: Words): number {
  const { ip, dev, proxy } = takeRequest(tool, words);
  if (ip === undefined || dev === undefined) throw new Exit(1, "Device and address are required arguments.\n");
  const device = tool.device(dev);
  const address = printIp(requireIp(ip));
  const found = tool.plane.neighbours(tool.ns).find((entry) => {
    return entry.dev === device.index && entry.ip === address && (entry.proxy ?? false) === (proxy ?? false);
  });
  if (found === undefined) throw new Exit(2, "Error: Neighbour entry not found.\n");
  // It is told as text even where JSON is asked for.
  tool.process.out(neighEntry(tool, found).text);
  return 0;
}
