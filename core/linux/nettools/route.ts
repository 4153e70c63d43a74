import type { RouteSpec } from "../../../wasm/mod.ts";
import {
  type Failure,
  isFailure,
  netmask,
  network,
  parseCidr,
  printCidr,
  requireIp,
  strerror,
} from "../../base/mod.ts";
import { linkNamed } from "../iproute/altnames.ts";
import { addWithExtras } from "../iproute/route_extras.ts";
import type { RouteMetrics } from "../iproute/route_metrics.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { getopt, type Grammar } from "./getopt.ts";
import { addressOf, lookupProblem } from "./hosts.ts";
import { printRouteTable, printRouteTable6 } from "./route_table.ts";
import { help, NETTOOLS_USAGE, printVersion, ROUTE_EDIT_USAGE } from "./usage.ts";

const GRAMMAR: Grammar = {
  short: "A:eCFhnN64Vv?",
  long: {
    extend: "e",
    verbose: "v",
    version: "V",
    numeric: "n",
    symbolic: "N",
    fib: "F",
    cache: "C",
    help: "h",
    inet: "4",
    inet6: "6",
  },
  ordered: true,
};

/** `route` of net-tools 2.10. */
export const route: Program = (process) => Promise.resolve(run(process));

function run(process: Process): number {
  const { options, operands, problem } = getopt(process.argv.slice(1), GRAMMAR);
  if (problem !== undefined) {
    process.err(`route: ${problem}\n`);
    return help(process, "route");
  }
  let family: 4 | 6 = 4;
  let extended = 0;
  let numeric = false;
  let cache = false;
  for (const { name, value } of options) {
    if (name === "6" || (name === "A" && value === "inet6")) family = 6;
    else if (name === "A" && value !== "inet") {
      process.err(`Unknown address family \`${value}'.\n`);
      return 1;
    } else if (name === "e") extended++;
    else if (name === "n") numeric = true;
    else if (name === "C") cache = true;
    else if (name === "h" || name === "?") return help(process, "route");
    else if (name === "V") {
      process.out(printVersion("+NEW_ADDRT +RTF_IRTT +RTF_REJECT +I18N +SELINUX"));
      return 0;
    }
  }
  const [action, ...words] = operands;
  if (action === undefined && cache) {
    // The kernel keeps no such cache any more.
    process.out(
      `Kernel IP routing cache\nSource          Destination     Gateway         Flags Metric Ref    Use Iface\n`,
    );
    return 0;
  }
  if (action === undefined) {
    process.out(family === 6 ? printRouteTable6(process, numeric) : printRouteTable(process, extended, numeric));
    return 0;
  }
  if (action === "add" || action === "del") return edit(process, action, words, family);
  if (action !== "flush") return usage(process);
  process.err(`Flushing \`inet' routing table not supported\n${ROUTE_EDIT_USAGE}`);
  return 3;
}

function usage(process: Process): number {
  process.err(NETTOOLS_USAGE["route"] ?? "");
  return 3;
}

/** A complaint about the words; undefined means usage alone. */
class Misused extends Error {
  constructor(readonly status: number, readonly text: string) {
    super(text);
  }
}

function edit(process: Process, action: "add" | "del", words: readonly string[], family: 4 | 6): number {
  try {
    const spec = family === 6 ? parseSix(process, words) : parseFour(process, action, words);
    const refused = change(process, action, spec);
    if (!isFailure(refused)) return 0;
    const errno = refused.extack === "Nexthop has invalid gateway" || refused.extack === "Nexthop has invalid gateway."
      ? "ENETUNREACH"
      : refused.errno;
    process.err(`SIOC${action === "add" ? "ADD" : "DEL"}RT: ${strerror(errno)}\n`);
    return 7;
  } catch (error) {
    if (!(error instanceof Misused)) throw error;
    if (error.status === 0) process.out(error.text);
    else process.err(error.text);
    return error.status;
  }
}

function change(process: Process, action: "add" | "del", { metrics, ...spec }: Asked): Failure | null {
  const { plane } = process.machine;
  if (action === "del") return plane.removeRoute(process.ns, spec);
  let refused: Failure | null = null;
  addWithExtras(namespaceOf(plane, process.ns), spec, metrics === undefined ? {} : { metrics }, () => {
    refused = plane.addRoute(process.ns, spec, "prepend");
  });
  return refused;
}

/** A route as it is asked for, with the metrics that are only shown. */
interface Asked extends RouteSpec {
  readonly metrics?: RouteMetrics;
}

type Draft = { -readonly [K in keyof RouteSpec]: RouteSpec[K] } & {
  values?: Record<string, number>;
  mask?: string;
  kind?: "net" | "host";
  reject?: boolean;
};

/** RT_SCOPE_HOST. */
const HOST_SCOPE = 254;
/** What the headers of a segment take of its MTU. */
const HEADERS = 40;

function parseFour(process: Process, action: "add" | "del", words: readonly string[]): Asked {
  const rest = [...words];
  const draft: Draft = { to: "" };
  if (rest[0] === "-net" || rest[0] === "-host") draft.kind = (rest.shift() as string).slice(1) as "net" | "host";
  const target = rest.shift();
  if (target === undefined) throw new Misused(draft.kind === undefined ? 0 : 3, ROUTE_EDIT_USAGE);
  while (rest.length > 0) takeWord(process, rest, draft);
  const { mask, kind, reject, values, ...spec } = draft;
  spec.to = destination(process, target, { mask, kind, action });
  if (reject) [spec.type, spec.scope] = ["unreachable", HOST_SCOPE];
  if (spec.via === undefined && spec.dev !== undefined && action === "add") spec.scope = 253;
  if (spec.via === undefined && spec.dev === undefined && !reject && action === "add") {
    throw new Misused(7, "SIOCADDRT: No such device\n");
  }
  return { ...spec, ...(values !== undefined && { metrics: { values, locked: [] } }) };
}

function takeWord(process: Process, rest: string[], draft: Draft): void {
  const word = rest.shift() as string;
  const value = (): string => {
    const next = rest.shift();
    if (next === undefined) throw new Misused(3, ROUTE_EDIT_USAGE);
    return next;
  };
  const number = (): number => {
    const text = value();
    if (!/^\d+$/.test(text)) throw new Misused(3, ROUTE_EDIT_USAGE);
    return Number(text);
  };
  if (word === "netmask") draft.mask = value();
  else if (word === "gw" || word === "gateway") draft.via = gateway(process, value());
  else if (word === "metric") draft.metric = number();
  else if (word === "mss" || word === "mtu") draft.advmss = number() - HEADERS;
  else if (word === "window" || word === "irtt") {
    draft.values = { ...draft.values, [word === "irtt" ? "rtt" : word]: number() };
  } else if (word === "reject") draft.reject = true;
  else if (word === "mod" || word === "dyn" || word === "reinstate") return;
  else draft.dev = device(process, word === "dev" || word === "device" ? value() : word);
}

function gateway(process: Process, word: string): string {
  const address = addressOf(process.files, word);
  if (address !== undefined) return address;
  if (/^\d+$/.test(word)) throw new Misused(7, "SIOCADDRT: Invalid argument\n");
  throw new Misused(6, `${word}: Unknown host\n`);
}

function device(process: Process, name: string): number {
  const link = linkNamed(namespaceOf(process.machine.plane, process.ns), name);
  if (link === undefined) throw new Misused(7, "SIOCADDRT: No such device\n");
  return link.index;
}

/** The target as a prefix: with a length, with a netmask, or whole; a netmask must not cut bits off. */
function destination(
  process: Process,
  target: string,
  { mask, kind, action }: {
    readonly mask: string | undefined;
    readonly kind: "net" | "host" | undefined;
    readonly action: "add" | "del";
  },
): string {
  if (target === "default") return "0.0.0.0/0";
  const [name = "", length] = target.split("/");
  const address = addressOf(process.files, name);
  if (address === undefined) {
    throw new Misused(6, `${name}: ${kind === "host" ? "Unknown host" : lookupProblem(name)}\n`);
  }
  if (mask !== undefined && addressOf(process.files, mask) === undefined) {
    throw new Misused(6, `${mask}: ${lookupProblem(mask)}\n`);
  }
  const said = mask ?? (length === undefined ? undefined : netmask(Number(length)));
  const host = kind === "host" || (kind === undefined && !isOldNetwork(address));
  if (said !== undefined && said !== netmask(32) && host) {
    // The tool prints what the mask lacks, as the little-endian machine has it in memory.
    const bytes = said.split(".").map((byte) => (255 - Number(byte)).toString(16).padStart(2, "0")).join("");
    throw new Misused(3, `route: netmask ${bytes} doesn't make sense with host route\n${ROUTE_EDIT_USAGE}`);
  }
  if (mask !== undefined && maskLength(mask) > 32) {
    throw new Misused(3, `route: bogus netmask ${mask}\n${ROUTE_EDIT_USAGE}`);
  }
  const bits = length !== undefined ? Number(length) : mask !== undefined ? maskLength(mask) : kind === "net" ? -1 : 32;
  if (bits === -1) throw new Misused(7, `SIOC${action === "add" ? "ADD" : "DEL"}RT: Invalid argument\n`);
  const cidr = parseCidr(`${address}/${bits}`);
  if (cidr === undefined || network(cidr).ip.value !== cidr.ip.value) {
    throw new Misused(3, `route: netmask doesn't match route address\n${ROUTE_EDIT_USAGE}`);
  }
  return printCidr(cidr);
}

/** Whether nothing stands behind what an address' old class calls its network. */
function isOldNetwork(address: string): boolean {
  const bytes = address.split(".").map(Number);
  const [first = 0] = bytes;
  return bytes.slice(first < 128 ? 1 : first < 192 ? 2 : 3).every((byte) => byte === 0);
}

/** The length of a netmask; 33, which no prefix has, for what is none. */
export function maskLength(mask: string): number {
  for (let length = 0; length <= 32; length++) if (netmask(length) === mask) return length;
  return 33;
}

function parseSix(process: Process, words: readonly string[]): RouteSpec {
  const rest = [...words];
  const target = rest.shift();
  if (target === undefined) throw new Misused(0, ROUTE_EDIT_USAGE);
  const cidr = target === "default" ? parseCidr("::/0") : parseCidr(target);
  if (cidr === undefined) throw new Misused(1, `getaddrinfo: ${target}: -3\n${target}: ${lookupProblem(target)}\n`);
  const draft: Draft = { to: printCidr(cidr), metric: 1 };
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === "gw") draft.via = sixGateway(rest.shift());
    else if (word === "metric") draft.metric = Number(rest.shift());
    else draft.dev = device(process, word === "dev" ? rest.shift() ?? "" : word);
  }
  return draft;
}

function sixGateway(word: string | undefined): string {
  if (word === undefined) throw new Misused(3, ROUTE_EDIT_USAGE);
  try {
    requireIp(word);
  } catch {
    throw new Misused(6, `${word}: Resolver Error 0 (no error)\n`);
  }
  return word;
}
