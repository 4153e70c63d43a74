import { HOOK, TARGET } from "../../../../wasm/mod.ts";
import { type Family, fullMask, masked, type Net, prefixLength, printWords } from "../address.ts";
import type { Extension } from "../extension.ts";
import { readHostMask } from "../readers.ts";

/** `-j NETMAP`: the network addresses are mapped into, one to one. */
export interface NetmapTarget extends Net {
  readonly target: "NETMAP";
  readonly family: Family;
}

function text(t: NetmapTarget): string {
  const length = prefixLength(t.mask);
  return `${printWords(t.ip)}/${length < 0 ? printWords(t.mask) : length}`;
}

/** libipt_NETMAP, libip6t_NETMAP. */
export const NETMAP: Extension<NetmapTarget> = {
  name: "NETMAP",
  op: TARGET.NETMAP,
  tables: ["nat"],
  hooks: (1 << HOOK.PREROUTING) | (1 << HOOK.POSTROUTING) | (1 << HOOK.OUTPUT) | (1 << HOOK.INPUT),
  options: [{
    names: ["to"],
    value: true,
    required: true,
    take: (draft, words, { scope }) => {
      const net = readHostMask(words, scope.family);
      Object.assign(draft, { ip: masked(net.ip, net.mask), mask: net.mask });
    },
  }],
  start: (family) => ({ target: "NETMAP", family, ip: fullMask(family), mask: fullMask(family) }),
  save: (t) => ` --to ${text(t)}`,
  list: (t) => ` to:${text(t)}`,
  encode(t, out) {
    out.address(t.ip);
    out.address(t.mask);
  },
};
