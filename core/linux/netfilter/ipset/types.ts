import { SETTYPE } from "../../../../wasm/mod.ts";

/** One dimension of a set's elements. */
export type Dimension = "ip" | "net" | "port" | "set" | "mark" | "mac" | "iface";

/** A set type: what its elements are, and the numbers `ipset list` shows of it. */
export interface SetType {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly revision: number;
  /** hash: elements hashed; bitmap: one bit each in a range; list: other sets. */
  readonly method: "hash" | "bitmap" | "list";
  /** Bytes of an empty set, IPv4; one element with the bucket it is kept in takes `32 + 2 x element`. */
  readonly memory: number;
  readonly element: number;
}

const hash = (name: string, dimensions: readonly Dimension[], numbers: readonly [number, number, number]): SetType => {
  const [revision, memory, element] = numbers;
  return { name, dimensions, revision, method: "hash", memory, element };
};

/** Every type, by ipset 7.17's names. */
const SET_TYPES: readonly SetType[] = [
  hash("hash:ip", ["ip"], [6, 216, 4]),
  hash("hash:net", ["net"], [7, 456, 8]),
  hash("hash:ip,port", ["ip", "port"], [7, 216, 8]),
  hash("hash:ip,port,ip", ["ip", "port", "ip"], [6, 208, 12]),
  hash("hash:ip,port,net", ["ip", "port", "net"], [8, 464, 12]),
  hash("hash:net,port", ["net", "port"], [8, 456, 8]),
  hash("hash:net,net", ["net", "net"], [4, 456, 16]),
  hash("hash:net,port,net", ["net", "port", "net"], [3, 464, 16]),
  hash("hash:net,iface", ["net", "iface"], [8, 488, 24]),
  hash("hash:ip,mark", ["ip", "mark"], [3, 216, 8]),
  hash("hash:ip,mac", ["ip", "mac"], [1, 216, 16]),
  hash("hash:mac", ["mac"], [1, 216, 8]),
  { name: "bitmap:ip", dimensions: ["ip"], revision: 3, method: "bitmap", memory: 88, element: 0 },
  { name: "bitmap:port", dimensions: ["port"], revision: 3, method: "bitmap", memory: 72, element: 0 },
  { name: "list:set", dimensions: ["set"], revision: 3, method: "list", memory: 80, element: 8 },
];

const CODES: Readonly<Record<Dimension, number>> = {
  ip: SETTYPE.IP,
  net: SETTYPE.NET,
  port: SETTYPE.PORT,
  set: SETTYPE.SET,
  mark: SETTYPE.MARK,
  mac: SETTYPE.MAC,
  iface: SETTYPE.IFACE,
};

/** The type of that name; `iphash` and its like are older spellings. */
export function findSetType(name: string): SetType | undefined {
  return SET_TYPES.find((type) => type.name === (ALIASES[name] ?? name));
}

const ALIASES: Readonly<Record<string, string>> = {
  iphash: "hash:ip",
  nethash: "hash:net",
  ipporthash: "hash:ip,port",
  ipportiphash: "hash:ip,port,ip",
  ipportnethash: "hash:ip,port,net",
  netporthash: "hash:net,port",
  netifacehash: "hash:net,iface",
  machash: "hash:mac",
  ipmap: "bitmap:ip",
  portmap: "bitmap:port",
  setlist: "list:set",
};

/** The dimensions as the plane has them: four bits each, the first lowest. */
export function packTypes(type: SetType): number {
  return type.dimensions.reduce((word, dimension, i) => word | (CODES[dimension] << (4 * i)), 0);
}
