/**
 * Sets of nft as sets of the plane (`wasm/src/filter/sets/mod.rs`): those that rules fill, and those of many addresses. A key is
 * addresses, and once a protocol with a port; other keys are spelled out in rules.
 */
import { PROGRAM, SETFLAG, SETTYPE } from "../../../../wasm/mod.ts";
import { wordsOf } from "../../netfilter/address.ts";
import { protocolNumber } from "../../netfilter/names.ts";
import { Encoder } from "../../netfilter/encoder.ts";
import { DATATYPES, type Span, spanOf } from "../datatypes.ts";
import type { LiveSet } from "../draft.ts";
import type { NftElement } from "../types.ts";
import type { Condition } from "./condition.ts";

/** How a rule asks a set of the plane. */
export interface PlaneSet {
  readonly id: number;
  readonly family: 4 | 6;
  /** dimensions | directions << 8 */
  readonly dimensions: number;
  /** What the key's selectors ask besides. */
  readonly conditions: readonly Condition[];
  readonly dynamic: boolean;
  /** Whether flows of all times and source ports find the same in it. */
  readonly steady: boolean;
}

/** How a set's key lies in the plane's dimensions. */
export interface SetShape {
  readonly family: 4 | 6;
  /** Places of the key's parts: an address each, or protocol and port. */
  readonly parts: readonly ({ readonly kind: "ip" | "net"; readonly at: number } | {
    readonly kind: "port";
    readonly proto: number;
    readonly port: number;
  })[];
}

const ADDRESSES: Readonly<Record<string, 4 | 6>> = { ipv4_addr: 4, ipv6_addr: 6 };

/** The shape of a set's key; undefined where the plane has no such set. `first` address, then the port, then another address. */
export function shapeOf({ set }: LiveSet): SetShape | undefined {
  const addresses = set.key.flatMap((type, at) => (ADDRESSES[type] === undefined ? [] : [at]));
  const [first, second, ...more] = addresses;
  const family = ADDRESSES[set.key[first ?? -1] ?? ""];
  if (first === undefined || family === undefined || more.length > 0 || set.typeof === true) return undefined;
  const kind = set.flags.includes("interval") ? "net" : "ip";
  const [proto, port] = [set.key.indexOf("inet_proto"), set.key.indexOf("inet_service")];
  if (addresses.length + Number(proto >= 0) + Number(port >= 0) !== set.key.length || (port >= 0) !== (proto >= 0)) {
    return undefined;
  }
  if (kind === "net" && set.key.length > 1) return undefined;
  // the plane's own order, hash:ip,port,ip: the second address of the key comes first
  const middle = port >= 0 ? [{ kind: "port", proto, port } as const] : [];
  if (second === undefined) return { family, parts: [{ kind, at: first }, ...middle] };
  return port < 0 ? undefined : { family, parts: [{ kind: "ip", at: second }, ...middle, { kind: "ip", at: first }] };
}

/** Whether a lookup asks for the packet's source port. */
export function asksSourcePort({ parts }: SetShape, dimensions: number): boolean {
  return parts.some(({ kind }, at) => kind === "port" && (dimensions >> (8 + at) & 1) === 1);
}

const TYPES = { ip: SETTYPE.IP, net: SETTYPE.NET, port: SETTYPE.PORT };

/** Which side of the packet a dimension is taken from; undefined where the selectors are no such key. */
export function directionsOf(shape: SetShape, selectors: readonly string[]): number | undefined {
  let bits = 0;
  for (const [i, part] of shape.parts.entries()) {
    const selector = selectors[part.kind === "port" ? part.port : part.at] ?? "";
    const [, side] = /^(?:ip6?|th|tcp|udp|sctp) ([sd])(?:addr|port)$/.exec(selector) ?? [];
    if (side === undefined) return undefined;
    if (part.kind === "port" && selectors[part.proto] !== "meta l4proto") return undefined;
    if (side === "s") bits |= 1 << i;
  }
  return shape.parts.length | (bits << 8);
}

/** Members of elements that were encoded before, for a shape: elements are values, and sets of many tables have the same. */
const encoded = new WeakMap<NftElement, { readonly shape: string; readonly members: readonly Uint32Array[] }>();

/** The words of a set with these elements. */
export function encodePlaneSet(live: LiveSet, shape: SetShape, elements: readonly NftElement[]): Uint32Array {
  const { set } = live;
  const out = new Encoder(shape.family, () => 0, 16 * elements.length + 64);
  const type = shape.parts.reduce((bits, part, i) => bits | (TYPES[part.kind] << (4 * i)), 0);
  const timed = set.timeout !== undefined || set.flags.includes("timeout");
  const name = JSON.stringify(shape);
  const members: Uint32Array[] = [];
  for (const element of elements) {
    let known = encoded.get(element);
    if (known?.shape !== name) {
      known = { shape: name, members: membersOf(element, shape).map((words) => Uint32Array.from(words)) };
      encoded.set(element, known);
    }
    for (const member of known.members) members.push(member);
  }
  out.push(PROGRAM.VERSION, shape.family, type, timed ? SETFLAG.TIMEOUT : 0, Math.ceil((set.timeout ?? 0) / 1000));
  out.push(set.size ?? 0xffff_ffff, shape.family === 4 ? 32 : 128, members.length);
  for (const member of members) out.words(member);
  return out.finish();
}

/** An element's members: a range is as many prefixes as it takes. */
function membersOf({ key, expires, timeout }: NftElement, shape: SetShape): number[][] {
  const left = expires ?? timeout ?? 0;
  const head = [0, left, 0, 0, 0, 0];
  let members = [head];
  for (const part of shape.parts) {
    const own = part.kind === "port"
      ? [[(((protocolNumber(key[part.proto] ?? "") ?? Number(key[part.proto])) << 16) | Number(key[part.port])) >>> 0]]
      : addressWords(key[part.at] ?? "", shape.family, part.kind);
    members = members.flatMap((words) => own.map((more) => [...words, ...more]));
  }
  return members;
}

function addressWords(text: string, family: 4 | 6, kind: "ip" | "net"): number[][] {
  const type = DATATYPES[family === 4 ? "ipv4_addr" : "ipv6_addr"];
  const span = type === undefined ? undefined : spanOf(text, type);
  if (span === undefined || "problem" in span) return [];
  if (kind === "ip") return [wordsOf(span.from, family)];
  return prefixes(span, family).map(([from, length]) => [...wordsOf(from, family), length]);
}

/** The fewest prefixes that make up a range. */
function prefixes({ from, to }: Span, family: 4 | 6): [bigint, number][] {
  const bits = family === 4 ? 32 : 128;
  const found: [bigint, number][] = [];
  for (let at = from; at <= to;) {
    let size = 1n;
    let length = bits;
    while (length > 0 && at % (size * 2n) === 0n && at + size * 2n - 1n <= to) {
      size *= 2n;
      length--;
    }
    found.push([at, length]);
    at += size;
  }
  return found;
}

/** The elements that the plane has, from its words: what rules put in, with their remaining times. */
export function decodePlaneSet(words: Uint32Array, { set }: LiveSet, shape: SetShape): NftElement[] {
  const elements: NftElement[] = [];
  const width = shape.family === 4 ? 1 : 4;
  let at = 8;
  const address = () => {
    const value = Array.from(words.subarray(at, at + width)).reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
    at += width;
    return DATATYPES[shape.family === 4 ? "ipv4_addr" : "ipv6_addr"]?.print(value) ?? "";
  };
  for (let left = words[7] ?? 0; left > 0; left--) {
    const expires = words[at + 1] ?? 0;
    at += 6;
    const key: string[] = [];
    for (const part of shape.parts) {
      if (part.kind === "port") {
        const word = words[at++] ?? 0;
        key[part.proto] = DATATYPES.inet_proto?.print(BigInt(word >>> 16)) ?? "";
        key[part.port] = String(word & 0xffff);
      } else {
        const text = address();
        const length = part.kind === "net" ? words[at++] ?? 0 : 8 * 4 * width;
        key[part.at] = length === 32 * width ? text : `${text}/${length}`;
      }
    }
    elements.push({ key, ...(expires === 0 ? {} : { expires }), ...timeoutOf(set.timeout, expires) });
  }
  return elements;
}

/** An element's own time is said only where the set has none. */
function timeoutOf(timeout: number | undefined, expires: number): { timeout?: number } {
  return timeout === undefined && expires > 0 ? { timeout: expires } : {};
}
