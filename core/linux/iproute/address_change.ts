import type { AddressSpec, Link } from "../../../wasm/mod.ts";
import { type Cidr, isFailure, lastIp, network, printCidr, printIp, requireCidr } from "../../base/mod.ts";
import { Exit, garbage, invalid, must, usage } from "./exit.ts";
import { type AddressExtras, addressExtras, setAddressExtras } from "./extras.ts";
import { numberOf, SCOPES } from "./names.ts";
import { parseAddress, parsePrefix, type Prefix } from "./prefix.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, parseUnsigned, type Words } from "./words.ts";

interface Request {
  local?: Prefix;
  peer?: Prefix;
  broadcast?: string;
  label?: string;
  scope?: number;
  dev?: string;
  metric?: number;
  valid?: number;
  preferred?: number;
  noPrefixRoute?: boolean;
  noDad?: boolean;
  optimistic?: boolean;
  readonly flags: string[];
}

/** `ip addr add|change|replace`. */
export function addressAdd(tool: IpTool, words: Words, mode: "add" | "change" | "replace"): number {
  const request = takeRequest(tool, words);
  const link = requireDevice(tool, request);
  if (request.local === undefined) throw new Exit(2, "RTNETLINK answers: Operation not supported\n");
  const { cidr } = request.local;
  // The kernel takes 0.0.0.0 and forgets it.
  if (cidr.ip.family === 4 && cidr.ip.value === 0n) return 0;
  const address = printCidr(cidr);
  if (cidr.ip.family === 6) checkSix(request, cidr, link);
  const isThere = () => tool.plane.addresses(tool.ns).some((one) => one.dev === link.index && one.address === address);
  if (mode === "add" || !isThere()) {
    const refused = tool.plane.addAddress(tool.ns, link.index, specOf(request, cidr));
    const busy = refused?.errno === "EADDRINUSE";
    must(busy ? { ...refused, extack: "Address already assigned to an ipvlan device" } : refused);
  }
  keepExtras(tool, link, address, request);
  return 0;
}

/** What the tool, and then the kernel, have against an IPv6 address. */
function checkSix({ broadcast }: Request, { ip }: Cidr, link: Link): void {
  if (broadcast !== undefined) throw new Exit(1, "Broadcast can be set only for IPv4 addresses\n");
  if (ip.value === 0n) throw new Exit(2, "Error: ipv6: Invalid address.\n");
  if (ip.value === 1n && link.kind !== "") {
    throw new Exit(2, "Error: ipv6: Cannot assign loopback address on this device.\n");
  }
}

/** `ip addr del`. */
export function addressDelete(tool: IpTool, words: Words): number {
  const request = takeRequest(tool, words);
  const link = requireDevice(tool, request);
  if (request.local === undefined) throw new Exit(2, "RTNETLINK answers: Operation not supported\n");
  const { cidr, given } = request.local;
  let address = printCidr(cidr);
  if (!given && cidr.ip.family === 4) {
    tool.process.err(wildcardWarning(address));
    const same = tool.plane.addresses(tool.ns).find((one) => {
      return one.dev === link.index && one.address.split("/")[0] === printIp(cidr.ip);
    });
    address = same?.address ?? address;
  }
  checkLabel(tool, { link, address, label: request.label });
  must(tool.plane.removeAddress(tool.ns, link.index, address));
  setAddressExtras(tool.namespace, link.index, address, undefined);
  return 0;
}

const NOT_FOUND = new Exit(2, "Error: ipv4: Address not found.\n");

/** An address with another label than was said is another address. */
function checkLabel(
  tool: IpTool,
  { link, address, label }: { readonly link: Link; readonly address: string; readonly label: string | undefined },
): void {
  if (address.startsWith("0.0.0.0/")) throw NOT_FOUND;
  const there = tool.plane.addresses(tool.ns).find((one) => one.dev === link.index && one.address === address);
  if (there !== undefined && label !== undefined && label !== (there.label ?? link.name)) throw NOT_FOUND;
}

function wildcardWarning(address: string): string {
  return `Warning: Executing wildcard deletion to stay compatible with old scripts.
         Explicitly specify the prefix length (${address}) to avoid this warning.
         This special behaviour is likely to disappear in further releases,
         fix your scripts!
`;
}

function requireDevice(tool: IpTool, request: Request): Link {
  if (request.dev === undefined) throw new Exit(1, `Not enough information: "dev" argument is required.\n`);
  return tool.device(request.dev);
}

function specOf(request: Request, cidr: Cidr): AddressSpec {
  const spec: { -readonly [K in keyof AddressSpec]: AddressSpec[K] } = { address: printCidr(cidr) };
  if (request.peer !== undefined) {
    spec.peer = printIp(request.peer.cidr.ip);
    spec.address = printCidr({ ip: cidr.ip, length: request.peer.cidr.length });
  }
  if (request.broadcast !== undefined) spec.broadcast = broadcastOf(request.broadcast, cidr);
  if (request.label !== undefined) spec.label = request.label;
  if (request.scope !== undefined) spec.scope = request.scope;
  else if (cidr.ip.family === 4 && cidr.ip.value >> 24n === 127n) spec.scope = 254;
  if (request.noPrefixRoute) spec.noPrefixRoute = true;
  if (request.noDad) spec.noDad = true;
  if (request.optimistic) spec.optimistic = true;
  return spec;
}

/** `+` sets the host bits, `-` clears them. */
function broadcastOf(word: string, cidr: Cidr): string {
  if (word === "+") return printIp(lastIp(cidr));
  return word === "-" ? printIp(network(cidr).ip) : word;
}

/** What the plane has no room for: metric, lifetimes and flags; the metric moves the connected route. */
function keepExtras(tool: IpTool, link: Link, address: string, request: Request): void {
  const now = tool.process.clock.now();
  const old = addressExtras(tool.namespace, link.index, address);
  const { flags = request.flags } = old;
  const kept = flags.filter((flag) => flag !== "deprecated");
  const extras: { -readonly [K in keyof AddressExtras]: AddressExtras[K] } = kept.length > 0 ? { flags: kept } : {};
  const endless = !address.includes(":") && request.valid === undefined;
  // What is valid for ever is preferred for ever in IPv4, or not at all.
  if (endless && request.preferred === 0) extras.flags = [...kept, "deprecated"];
  else if (!endless && request.preferred !== undefined) extras.preferredUntil = now + request.preferred * 1000;
  if (request.valid !== undefined) {
    extras.validUntil = now + request.valid * 1000;
    expireLater(tool, link, address, extras.validUntil);
  }
  if (request.metric) extras.metric = request.metric;
  if ((request.metric ?? 0) !== (old.metric ?? 0)) moveConnectedRoute(tool, link, address, request.metric ?? 0);
  setAddressExtras(tool.namespace, link.index, address, Object.keys(extras).length > 0 ? extras : undefined);
}

function expireLater(tool: IpTool, link: Link, address: string, until: number): void {
  const { plane, ns, namespace } = tool;
  tool.machine.runner.clock.at(until, () => {
    if (addressExtras(namespace, link.index, address).validUntil !== until) return;
    plane.removeAddress(ns, link.index, address);
    setAddressExtras(namespace, link.index, address, undefined);
  });
}

/** The connected route belongs to the first address of its network. */
function moveConnectedRoute(tool: IpTool, link: Link, address: string, metric: number): void {
  const there = tool.plane.addresses(tool.ns).find((one) => one.dev === link.index && one.address === address);
  if (there?.secondary) return;
  const cidr = requireCidr(address);
  const to = printCidr(network(cidr));
  const route = tool.plane.routes(tool.ns, cidr.ip.family).find((one) => {
    return one.to === to && one.dev === link.index && one.table === 254 && one.protocol === 2;
  });
  if (route === undefined || route.metric === metric) return;
  const moved = tool.plane.addRoute(tool.ns, { ...route, metric }, "append");
  if (!isFailure(moved)) tool.plane.removeRoute(tool.ns, route);
}

type Take = (tool: IpTool, words: Words, request: Request) => void;

/** A flag that IPv4 has not: said of an address that is not known to be IPv6, it is dropped with a warning. */
function sixOnly(flag: string, set: (request: Request) => unknown): Take {
  return (tool, _words, request) => {
    if (familyOf(tool, request) === 6) set(request);
    else tool.process.err(`Warning: ${flag} option can be set only for IPv6 addresses\n`);
  };
}

function fixed(flag: string): readonly [string, Take] {
  return [flag, (tool) => tool.process.err(`Warning: ${flag} option is not mutable from userspace\n`)];
}

/** Words that may be cut short, in the order in which a beginning finds them. */
const SHORT = ["broadcast", "metric", "priority", "preference", "valid_lft", "preferred_lft", "help"] as const;

const SETTINGS: Readonly<Record<string, Take>> = {
  peer: (tool, words, request) => request.peer = parsePrefix(words.next(), familyOf(tool, request)),
  remote: (tool, words, request) => request.peer = parsePrefix(words.next(), familyOf(tool, request)),
  broadcast: takeBroadcast,
  brd: takeBroadcast,
  anycast: (tool, words, request) => parseAddress(words.next(), familyOf(tool, request)),
  scope: (_tool, words, request) => request.scope = scope(words.next()),
  dev: (_tool, words, request) => request.dev = words.next(),
  label: (_tool, words, request) => request.label = words.next(),
  metric: (_tool, words, request) => request.metric = metric(words.next()),
  priority: (_tool, words, request) => request.metric = metric(words.next()),
  preference: (_tool, words, request) => request.metric = metric(words.next()),
  valid_lft: (_tool, words, request) => request.valid = lifetime(words.next(), "valid_lft value"),
  preferred_lft: (_tool, words, request) => request.preferred = lifetime(words.next(), "preferred_lft value"),
  noprefixroute: (_tool, _words, request) => request.noPrefixRoute = true,
  home: sixOnly("home", (request) => request.flags.push("home")),
  nodad: sixOnly("nodad", (request) => request.noDad = true),
  optimistic: sixOnly("optimistic", (request) => request.optimistic = true),
  mngtmpaddr: sixOnly("mngtmpaddr", (request) => request.flags.push("mngtmpaddr")),
  ...Object.fromEntries(["secondary", "temporary", "dadfailed", "deprecated", "tentative", "permanent"].map(fixed)),
  autojoin: (_tool, _words, request) => request.flags.push("autojoin"),
};

/** What the tool itself refuses. */
function checkRequest({ valid, preferred, flags, local }: Request, timed: boolean): void {
  if (timed && valid === 0) throw new Exit(1, "valid_lft is zero\n");
  if (timed && (valid ?? Infinity) < (preferred ?? Infinity)) {
    throw new Exit(1, "preferred_lft is greater than valid_lft\n");
  }
  const ip = local?.cidr.ip;
  const group = ip !== undefined && (ip.family === 4 ? ip.value >> 28n === 14n : ip.value >> 120n === 255n);
  if (flags.includes("autojoin") && !group) throw new Exit(1, "autojoin needs multicast address\n");
}

function takeRequest(tool: IpTool, words: Words): Request {
  const request: Request = { flags: [] };
  while (words.more) {
    const word = words.next();
    const short = abbreviated(word, SHORT);
    const take = SETTINGS[word] ?? SETTINGS[short ?? ""];
    if (take !== undefined) {
      take(tool, words, request);
      continue;
    }
    if (short === "help") throw usage(IP_USAGE["address"]);
    const local = word === "local" ? words.next() : word;
    if (request.local !== undefined) throw garbage("local", local);
    request.local = parsePrefix(local, tool.options.family);
  }
  checkRequest(request, words.all.some((word) => /^(valid|preferred)_/.test(word)));
  if (request.peer !== undefined && request.local !== undefined && !request.local.given) {
    request.local = { cidr: { ip: request.local.cidr.ip, length: request.peer.cidr.length }, given: true };
  }
  return request;
}

function familyOf(tool: IpTool, request: Request): 4 | 6 | undefined {
  return request.local?.cidr.ip.family ?? tool.options.family;
}

function takeBroadcast(tool: IpTool, words: Words, request: Request): void {
  const word = words.next();
  request.broadcast = word === "+" || word === "-" ? word : parseAddress(word, familyOf(tool, request));
}

function scope(word: string): number {
  const number = numberOf(SCOPES, word);
  if (number === undefined || number > 255) throw invalid(word, "invalid scope value.");
  return number;
}

function metric(word: string): number {
  const number = parseUnsigned(word);
  if (number === undefined) throw invalid(word, `"metric" value is invalid\n`);
  return number;
}

/** Seconds, or undefined for ever. */
function lifetime(word: string, what: string): number | undefined {
  if (word === "forever") return undefined;
  const number = parseUnsigned(word);
  if (number === undefined) throw invalid(word, what);
  return number;
}
