/** vxlan: `id VNI [ group|remote ADDR ] [ local ADDR ] [ dev NAME ] [ dstport PORT ] [ ttl N ] [ [no]learning ] ...`. */
import type { Link, Tunnel } from "../../../../wasm/mod.ts";
import { isIp } from "../../../base/mod.ts";
import type { Entry } from "../entry.ts";
import { Exit, invalid } from "../exit.ts";
import { linkExtras, type VxlanData } from "../extras.ts";
import type { IpTool } from "../tool.ts";
import { parseUnsigned, type Words } from "../words.ts";
import { type Kind, type KindRequest, once, putTos, unknownKindWord } from "./kind.ts";

const MOST_VNI = (1 << 24) - 1;
/** Words that stand alone, with a `no` before them or not. */
const FLAGS = /^(no)?(udpcsum|udp6zerocsumtx|udp6zerocsumrx|proxy|rsc|l2miss|l3miss|gbp|gpe)$/;
const UNMODELLED = /^(no)?(external|vnifilter|remcsumtx|remcsumrx)$/;

/** Whether an address is a multicast group's. */
function isGroup(address: string): boolean {
  return address.includes(":") ? /^ff/i.test(address) : /^2(2[4-9]|3\d)\./.test(address);
}

/** Ethernet in UDP. */
export const vxlan: Kind = {
  take(tool, words, request) {
    const word = words.next();
    const read = WORDS[word];
    if (read !== undefined) {
      read(tool, words, request);
      return;
    }
    const flag = FLAGS.exec(word);
    if (UNMODELLED.test(word)) throw new Exit(2, `ip: vxlan ${word} is not modelled\n`);
    if (flag === null) throw unknownKindWord("vxlan", "command", word);
    request.shown.vxlan = { ...request.shown.vxlan, [flag[2] ?? ""]: flag[1] === undefined };
  },
  check(tool, request) {
    const { said, tunnel } = request;
    if (!said.has("id")) throw new Exit(2, "Error: Required attributes not provided to perform the operation.\n");
    if (said.has("group") && !said.has("dev")) {
      throw new Exit(1, "vxlan: 'group' requires 'dev' to be specified\n");
    }
    if (tunnel?.port !== undefined) return;
    tool.process.err(
      "vxlan: destination port not specified\nWill use Linux kernel default (non-standard value)\n" +
        "Use 'dstport 4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message\n",
    );
  },
  put: putVxlan,
};

type Take = (tool: IpTool, words: Words, request: KindRequest) => void;

const WORDS: Readonly<Record<string, Take>> = {
  id: takeId,
  vni: takeId,
  group: (_tool, words, request) => end(request, "group", words.next()),
  remote: (_tool, words, request) => end(request, "remote", words.next()),
  local: (_tool, words, request) => end(request, "local", words.next()),
  dev: (tool, words, request) => {
    const name = words.next();
    once(request, "dev", name);
    const link = tool.find(name);
    if (link === undefined) throw new Exit(255, `Cannot find device "${name}"\n`);
    change(request, { dev: link.index });
  },
  dstport: (_tool, words, request) => {
    const text = words.next();
    once(request, "dstport", text);
    change(request, { port: bounded(text, 65535, "dst port") });
  },
  ttl: takeTtl,
  hoplimit: takeTtl,
  learning: (_tool, _words, request) => change(request, { learning: true }),
  nolearning: (_tool, _words, request) => change(request, { learning: false }),
  ageing: (_tool, words, request) => {
    const text = words.next();
    const seconds = text === "none" ? 0 : bounded(text, 0xffff_ffff, "ageing timer");
    request.ageing = seconds * 100;
  },
  tos: (_tool, words, request) => {
    const text = words.next();
    const tos = text === "inherit" ? 1 : Number.parseInt(text, 16);
    if (Number.isNaN(tos) || tos > 255) throw invalid(text, "bad TOS value");
    change(request, { tos });
  },
  df: (_tool, words, request) => {
    const text = words.next();
    if (!["unset", "set", "inherit"].includes(text)) throw invalid(text, "DF must be 'unset', 'set' or 'inherit'");
    request.shown.vxlan = { ...request.shown.vxlan, df: text };
  },
  flowlabel: (_tool, words) => {
    bounded(words.next(), 0xfffff, "invalid flowlabel");
  },
  maxaddress: (_tool, words, request) => {
    const text = words.next();
    const limit = text === "unlimited" ? 0 : bounded(text, 0xffff_ffff, "max addresses");
    request.shown.vxlan = { ...request.shown.vxlan, limit };
  },
  srcport: (_tool, words, request) => {
    const low = bounded(words.next(), 65535, "min port");
    const high = bounded(words.next(), 65535, "max port");
    request.shown.vxlan = { ...request.shown.vxlan, low, high };
  },
};

function change(request: KindRequest, fields: Partial<Tunnel>): void {
  request.tunnel = { ...(request.tunnel ?? { id: 0 }), ...fields };
}

function takeId(_tool: IpTool, words: Words, request: KindRequest): void {
  const text = words.next();
  once(request, "id", text);
  change(request, { id: bounded(text, MOST_VNI, "invalid id") });
}

function takeTtl(_tool: IpTool, words: Words, request: KindRequest): void {
  const text = words.next();
  const ttl = text === "inherit" || text === "auto" ? 0 : bounded(text, 0xffff_ffff, "invalid TTL");
  if (ttl > 255) throw invalid(text, "TTL must be <= 255");
  change(request, { ttl });
}

function end(request: KindRequest, key: "group" | "remote" | "local", word: string): void {
  once(request, key === "local" ? "local" : request.said.has("group") || key === "group" ? "group" : "remote", word);
  if (!isIp(word)) throw new Exit(1, `Error: any valid address is expected rather than "${word}".\n`);
  if (isGroup(word) !== (key === "group")) throw invalid(word, `invalid ${key} address`);
  change(request, { [key === "group" ? "remote" : key]: word });
}

function bounded(word: string, most: number, problem: string): number {
  const value = parseUnsigned(word, most);
  if (value === undefined) throw invalid(word, problem);
  return value;
}

function putVxlan(entry: Entry, tool: IpTool, link: Link): void {
  const { tunnel } = link;
  if (tunnel === undefined) return;
  const shown = linkExtras(tool.namespace, link.index).data?.vxlan ?? {};
  const { id, remote, local, dev, port = 0, learning = true, ttl = 0, tos = 0 } = tunnel;
  const key = (text: string, name: string): string => (text.includes(":") ? `${name}6` : name);
  entry.put("id", id, `id ${id} `);
  if (remote !== undefined) {
    const name = isGroup(remote) ? "group" : "remote";
    entry.put(key(remote, name), remote, `${name} ${remote} `);
  }
  if (local !== undefined) entry.put(key(local, "local"), local, `local ${local} `);
  if (dev) entry.put("link", tool.name(dev), `dev ${tool.name(dev)} `);
  const { low = 0, high = 0 } = shown;
  entry.put("port_range", { low, high }, `srcport ${low} ${high} `).put("port", port, `dstport ${port} `);
  entry.put("learning", learning, learning ? "" : "nolearning ");
  for (const flag of ["proxy", "rsc", "l2miss", "l3miss"] as const) if (shown[flag]) entry.put(flag, true, `${flag} `);
  putTos(entry, tos);
  entry.put("ttl", ttl, `ttl ${ttl === 0 ? "auto" : ttl} `);
  const { df = "unset" } = shown;
  entry.put("df", df, df === "unset" ? "" : `df ${df} `);
  const ageing = link.ageing / 100;
  entry.put("ageing", ageing, ageing === 0 ? "ageing none " : `ageing ${ageing} `);
  if (shown.limit) entry.put("limit", shown.limit, `maxaddr ${shown.limit} `);
  putChecksums(entry, shown);
}

function putChecksums(entry: Entry, shown: VxlanData): void {
  const { udpcsum = true, udp6zerocsumtx = false, udp6zerocsumrx = false } = shown;
  const flag = (key: string, on: boolean, word: string): Entry => entry.put(key, on, `${on ? "" : "no"}${word} `);
  flag("udp_csum", udpcsum, "udpcsum");
  flag("udp_zero_csum6_tx", udp6zerocsumtx, "udp6zerocsumtx");
  flag("udp_zero_csum6_rx", udp6zerocsumrx, "udp6zerocsumrx");
  if (shown.gbp) entry.put("gbp", true, "gbp ");
  if (shown.gpe) entry.put("gpe", true, "gpe ");
}
