/**
 * vlan:
 *
 *     id N [ protocol 802.1Q|802.1ad ] [ reorder_hdr|gvrp|mvrp|loose_binding|bridge_binding on|off ]
 *     [ ingress-qos-map FROM:TO ... ] [ egress-qos-map FROM:TO ... ]
 */
import { type Link, TAG } from "../../../../wasm/mod.ts";
import type { Entry } from "../entry.ts";
import { Exit, invalid } from "../exit.ts";
import { linkExtras } from "../extras.ts";
import type { IpTool } from "../tool.ts";
import { parseUnsigned, type Words } from "../words.ts";
import { type Kind, type KindRequest, unknownKindWord } from "./kind.ts";

/** Flags in printing order. */
const FLAGS = ["reorder_hdr", "gvrp", "mvrp", "loose_binding", "bridge_binding"] as const;
const MOST_ID = 0xffff;

/** One mapping of priorities. */
export interface QosMapping {
  readonly from: number;
  readonly to: number;
}

/** 802.1Q and 802.1ad devices. Priorities are kept and shown; packets have none. */
export const vlan: Kind = {
  take(_tool, words, request) {
    const word = words.next();
    const flag = FLAGS.find((name) => name === word);
    if (flag !== undefined) setFlag(request, flag, onOff(flag, words.next()));
    else if (word === "id") {
      const text = words.next();
      const id = parseUnsigned(text, MOST_ID);
      if (id === undefined) throw invalid(text, "id is invalid");
      request.said.add("id");
      request.shown.vlanId = id;
      request.tag = ((request.tag ?? 0) & ~TAG.ID) | (id & TAG.ID);
    } else if (word === "protocol" || word === "proto") {
      const text = words.next();
      if (!/^802\.1(q|ad)$/i.test(text)) throw invalid(text, "protocol is invalid");
      const ad = /ad$/i.test(text);
      request.said.add("protocol");
      request.tag = ((request.tag ?? 0) & ~TAG.AD) | (ad ? TAG.AD : 0);
    } else if (word === "ingress-qos-map") request.shown.ingressQos = takeMap(words, "ingress-qos-map");
    else if (word === "egress-qos-map") request.shown.egressQos = takeMap(words, "egress-qos-map");
    else throw unknownKindWord("vlan", "command", word);
  },
  check(_tool, { said, shown }) {
    if (said.size === 0 && Object.keys(shown).length === 0) {
      throw new Exit(2, "Error: 8021q: VLAN properties not specified.\n");
    }
    if ((shown.vlanId ?? 0) >= TAG.ID) throw new Exit(2, "Error: 8021q: Invalid VLAN id.\n");
    if (!said.has("id")) throw new Exit(2, "Error: 8021q: VLAN id not specified.\n");
  },
  put(entry, tool, link) {
    const protocol = (link.tag & TAG.AD) !== 0 ? "802.1ad" : "802.1Q";
    const extras = linkExtras(tool.namespace, link.index).data ?? {};
    const flags = flagsOf(link, extras.vlanFlags);
    entry.put("protocol", protocol, `protocol ${protocol} `).put("id", link.tag & TAG.ID, `id ${link.tag & TAG.ID} `);
    entry.put("flags", flags, `<${flags.join(",")}> `);
    putMap(entry, tool, { key: "ingress_qos", name: "ingress-qos-map", map: extras.ingressQos });
    putMap(entry, tool, { key: "egress_qos", name: "egress-qos-map", map: extras.egressQos });
  },
};

function setFlag(request: KindRequest, flag: (typeof FLAGS)[number], on: boolean): void {
  request.shown.vlanFlags = { ...request.shown.vlanFlags, [flag]: on };
  if (flag === "loose_binding") request.tag = ((request.tag ?? 0) & ~TAG.LOOSE) | (on ? TAG.LOOSE : 0);
}

function flagsOf(link: Link, given: Readonly<Record<string, boolean>> = {}): string[] {
  const on = FLAGS.filter((flag) => {
    if (flag === "loose_binding") return (link.tag & TAG.LOOSE) !== 0;
    return given[flag] ?? flag === "reorder_hdr";
  });
  return on.map((flag) => flag.toUpperCase());
}

function onOff(flag: string, word: string): boolean {
  if (word === "on") return true;
  if (word === "off") return false;
  throw new Exit(1, `Error: argument of "${flag}" must be "on" or "off", not "${word}"\n`);
}

function takeMap(words: Words, name: string): QosMapping[] {
  const map: QosMapping[] = [];
  const wrong = (word: string): Exit => invalid(word, `invalid ${name}`);
  while (/^\d/.test(words.peek() ?? "")) {
    const word = words.next();
    const [from, to, ...rest] = word.split(":").map((part) => parseUnsigned(part));
    if (from === undefined || to === undefined || rest.length > 0) throw wrong(word);
    map.push({ from, to });
  }
  if (map.length === 0) throw wrong(words.next());
  return map;
}

function putMap(
  entry: Entry,
  tool: IpTool,
  { key, name, map = [] }: { readonly key: string; readonly name: string; readonly map?: readonly QosMapping[] },
): void {
  if (map.length === 0) return;
  const pairs = map.map(({ from, to }) => `${from}:${to} `).join("");
  entry.put(key, map.map(({ from, to }) => ({ from, to })), `${tool.feed}      ${name} { ${pairs}} `);
}
