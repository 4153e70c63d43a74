import type { AddressSpec, Link } from "../../../wasm/mod.ts";
import { type Cidr, isFailure, lastIp, network, printCidr, printIp, requireCidr } from "../../base/mod.ts";
import { Exit, garbage, invalid, must } from "./exit.ts";
import { type AddressExtras, addressExtras, setAddressExtras } from "./extras.ts";
import { numberOf, SCOPES } from "./names.ts";
import { parseAddress, parsePrefix, type Prefix } from "./prefix.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { parseUnsigned, type Words } from "./words.ts";

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
  const address = printCidr(cidr);
  const isThere = () => tool.plane.addresses(tool.ns).some((one) => one.dev === link.index && one.address === address);
  if (mode === "add" || !isThere()) {
    const refused = tool.plane.addAddress(tool.ns, link.index, specOf(request, cidr));
    const busy = refused?.errno === "EADDRINUSE";
    must(busy ? { ...refused, extack: "Address already assigned to an ipvlan device" } : refused);
  }
  keepExtras(tool, link, address, request);
  return 0;
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
  must(tool.plane.removeAddress(tool.ns, link.index, address));
  setAddressExtras(tool.namespace, link.index, address, undefined);
  return 0;
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
  const extras: { -readonly [K in keyof AddressExtras]: AddressExtras[K] } = { ...old };
  if (request.flags.length > 0) extras.flags = request.flags;
  const four = !address.includes(":");
  // IPv4 keeps the flag and forgets the time.
  if (four && request.preferred === 0 && request.valid === undefined) extras.flags = [...request.flags, "deprecated"];
  else if (request.preferred !== undefined) extras.preferredUntil = now + request.preferred * 1000;
  if (request.valid !== undefined) {
    extras.validUntil = now + request.valid * 1000;
    expireLater(tool, link, address, extras.validUntil);
  }
  if (request.metric !== undefined) {
    extras.metric = request.metric;
    moveConnectedRoute(tool, link, address, request.metric);
  }
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

function moveConnectedRoute(tool: IpTool, link: Link, address: string, metric: number): void {
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
  home: (_tool, _words, request) => request.flags.push("home"),
  nodad: (_tool, _words, request) => request.noDad = true,
  optimistic: (_tool, _words, request) => request.optimistic = true,
  mngtmpaddr: (_tool, _words, request) => request.flags.push("mngtmpaddr"),
  autojoin: (_tool, _words, request) => request.flags.push("autojoin"),
};

function takeRequest(tool: IpTool, words: Words): Request {
  const request: Request = { flags: [] };
  while (words.more) {
    const word = words.next();
    const take = SETTINGS[word];
    if (take !== undefined) {
      take(tool, words, request);
      continue;
    }
    if (word === "help") throw new Exit(255, IP_USAGE["address"] ?? "", true);
    const local = word === "local" ? words.next() : word;
    if (request.local !== undefined) throw garbage("local", local);
    request.local = parsePrefix(local, tool.options.family);
  }
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
