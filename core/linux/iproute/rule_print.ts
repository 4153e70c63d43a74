import type { RuleSpec } from "../../../wasm/mod.ts";
import { requireCidr } from "../../base/mod.ts";
import { Entry } from "./entry.ts";
import { IP_PROTOCOLS, PROTOCOLS, wordOf } from "./names.ts";
import { shortPrefix } from "./prefix.ts";
import { tableWord } from "./route_print.ts";
import { ruleProtocol } from "./rule_extras.ts";
import type { IpTool } from "./tool.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;
/** The kernel's own three: everything, looked up in local, main and default. */
const DEFAULTS = new Map([[0, 255], [32766, 254], [32767, 253]]);
const isDefault = ({ priority = -1, table, from, to }: RuleSpec): boolean =>
  DEFAULTS.get(priority) === table && table !== undefined && from === undefined && to === undefined;

/** One policy rule as `ip rule` prints it, with its line feed. */
export function ruleEntry(tool: IpTool, rule: RuleSpec): Entry {
  const entry = new Entry();
  entry.put("priority", rule.priority ?? 0, `${rule.priority ?? 0}:\t`);
  if (rule.not) entry.put("not", null, "not ");
  putPrefix(entry, rule.from, "from", "src");
  if (rule.to !== undefined) putPrefix(entry, rule.to, "to", "dst");
  if (rule.tos) entry.put("tos", hex(rule.tos), `tos ${hex(rule.tos)} `);
  putMark(entry, rule);
  for (const key of ["iif", "oif"] as const) {
    const name = rule[key];
    if (name === undefined) continue;
    entry.put(key, name, `${key} ${name} `);
    if (tool.find(name) === undefined) entry.put(`${key}_detached`, null, "[detached] ");
  }
  if (rule.proto !== undefined) {
    const protocol = wordOf(IP_PROTOCOLS, rule.proto);
    entry.put("ipproto", protocol, `ipproto ${protocol} `);
  }
  putPorts(entry, rule.sport, "sport");
  putPorts(entry, rule.dport, "dport");
  putAction(entry, tool, rule);
  putMaker(entry, tool, rule);
  return entry.say("\n");
}

/** Who made it: said where somebody did, with -d always. */
function putMaker(entry: Entry, tool: IpTool, rule: RuleSpec): void {
  const number = ruleProtocol(tool.namespace, rule) ?? (isDefault(rule) ? KERNEL : 0);
  const protocol = tool.options.numeric ? String(number) : wordOf(PROTOCOLS, number);
  if (tool.options.details || (number !== 0 && number !== KERNEL)) {
    entry.put("protocol", protocol, ` proto ${protocol}`);
  }
}

/** RTPROT_KERNEL. */
const KERNEL = 2;

function putPrefix(entry: Entry, prefix: string | undefined, word: string, key: string): void {
  if (prefix === undefined) {
    entry.put(key, "all", `${word} all `);
    return;
  }
  const cidr = requireCidr(prefix);
  const short = shortPrefix(prefix);
  entry.put(key, short.split("/")[0] ?? "", `${word} ${short} `);
  if (short.includes("/")) entry.note(`${key}len`, cidr.length);
}

function putMark(entry: Entry, { mark, mask }: RuleSpec): void {
  if (mark === undefined) return;
  const masked = mask !== undefined && mask !== 0xffff_ffff;
  entry.put("fwmark", hex(mark), `fwmark ${hex(mark)}${masked ? `/${hex(mask)}` : ""} `);
  if (masked) entry.note("fwmask", hex(mask));
}

function putPorts(entry: Entry, range: readonly [number, number] | undefined, word: string): void {
  if (range === undefined) return;
  const [low, high] = range;
  if (low === high) entry.put(word, low, `${word} ${low} `);
  else entry.note(`${word}_start`, low).note(`${word}_end`, high).say(`${word} ${low}-${high} `);
}

function putAction(entry: Entry, tool: IpTool, rule: RuleSpec): void {
  const { action = "lookup" } = rule;
  if (action === "goto") {
    entry.put("goto", rule.goto ?? 0, `goto ${rule.goto ?? 0}`);
    const there = tool.plane.rules(tool.ns, rule.family).some(({ priority }) => priority === rule.goto);
    if (!there) entry.put("unresolved", null, " [unresolved]");
  } else if (action === "nop") entry.put("nop", null, "nop");
  else if (action !== "lookup") entry.put("action", action, action);
  else {
    const table = tableWord(tool, rule.table ?? 254);
    entry.put("table", table, `lookup ${table}`);
    const { suppressPrefixLength } = rule;
    if (suppressPrefixLength === undefined || suppressPrefixLength < 0) return;
    entry.put("suppress_prefixlen", suppressPrefixLength, ` suppress_prefixlength ${suppressPrefixLength}`);
  }
}
