/** `nft -j list ...`: the same ruleset as JSON, schema 1. */
import type { NftHandles } from "./listing.ts";
import { type Datatype, DATATYPES } from "./datatypes.ts";
import { datatypeOf } from "./selectors.ts";
import { highBits } from "./statements.ts";
import type {
  NftAssign,
  NftChain,
  NftElement,
  NftMatch,
  NftNat,
  NftRule,
  NftSet,
  NftStatement,
  NftTable,
  NftVerdict,
} from "./types.ts";

const METAINFO = { metainfo: { version: "1.0.6", release_name: "Lester Gooch #5", json_schema_version: 1 } };

interface JsonOptions {
  /** The noun of `list`. */
  readonly what: string;
  handles(table: NftTable): NftHandles | undefined;
}

/** One line of JSON with blanks as nft puts them, and a newline. */
export function printNftJson(tables: readonly NftTable[], options: JsonOptions): string {
  const items = tables.flatMap((table) => tableItems(table, options));
  return `${spaced({ nftables: [METAINFO, ...items] })}\n`;
}

/** JSON with a blank behind every colon and comma. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}: ${spaced(each)}`).join(", ")}}`;
}

const WITH_TABLE = new Set(["ruleset", "table", "tables"]);

function tableItems(table: NftTable, { what, handles: find }: JsonOptions): unknown[] {
  const handles = find(table);
  const { family, name } = table;
  const head = { table: { family, name, handle: handles?.table, comment: table.comment } };
  if (what === "tables") return [head];
  const own = { family, table: name };
  const chains = table.chains.map((chain) => chainItem(chain, own, handles?.chains.get(chain.name)?.handle));
  const rules = what === "chains"
    ? []
    : table.chains.flatMap((chain) =>
      chain.rules.map((rule, i) =>
        ruleItem(rule, { ...own, chain: chain.name, handle: handles?.chains.get(chain.name)?.rules[i] })
      )
    );
  const sets = table.sets.map((set) => setItem(set, own, handles?.sets.get(set.name)));
  return [...(WITH_TABLE.has(what) ? [head] : []), ...sets, ...chains, ...rules];
}

type Own = { readonly family: string; readonly table: string };

function chainItem({ name, hook, comment }: NftChain, own: Own, handle: number | undefined) {
  const place = hook && {
    type: hook.type,
    hook: hook.hook,
    prio: hook.priority,
    dev: hook.device,
    policy: hook.policy,
  };
  return { chain: { ...own, name, handle, comment, ...place } };
}

function setItem(set: NftSet, own: Own, handle: number | undefined) {
  const type = set.key.length === 1 ? set.key[0] : set.key;
  const seconds = (time: number | undefined) => time === undefined ? undefined : Math.floor(time / 1000);
  const value = set.value?.length === 1 ? set.value[0] : set.value;
  const types = set.key.map((name) => datatypeOf(name));
  const body = {
    family: own.family,
    name: set.name,
    table: own.table,
    type,
    handle,
    comment: set.comment,
    ...(value === undefined ? {} : { map: value }),
    policy: set.policy,
    flags: set.flags.length === 0 ? undefined : set.flags,
    size: set.size,
    timeout: seconds(set.timeout),
    "gc-interval": seconds(set.gcInterval),
    elem: set.elements.length === 0 ? undefined : set.elements.map((element) => elementItem(element, types)),
  };
  return value === undefined ? { set: body } : { map: body };
}

function elementItem(
  { key, value, timeout, expires, comment, counter }: NftElement,
  types: readonly (Datatype | undefined)[],
) {
  const parts = key.map((part, i) => valueItem(part, types[i]));
  const val = parts.length === 1 ? parts[0] : { concat: parts };
  const plain = timeout === undefined && expires === undefined && comment === undefined && counter === undefined;
  const seconds = (time: number | undefined) => time === undefined ? undefined : Math.floor(time / 1000);
  const item = plain ? val : { elem: { val, timeout: seconds(timeout), expires: seconds(expires), comment, counter } };
  if (value === undefined) return item;
  return [
    item,
    "kind" in value
      ? verdictItem(value)
      : value.length === 1
      ? valueItem(value[0] ?? "")
      : { concat: value.map((each) => valueItem(each)) },
  ];
}

function ruleItem({ statements, comment }: NftRule, own: object) {
  return { rule: { ...own, comment, expr: statements.map(statementItem) } };
}

function verdictItem(verdict: NftVerdict): unknown {
  return "chain" in verdict ? { [verdict.kind]: { target: verdict.chain } } : { [verdict.kind]: null };
}

/** A value: numbers as numbers, prefixes and ranges as objects, everything else as text. */
function valueItem(text: string, type?: Datatype): unknown {
  const plain = text.replaceAll('"', "");
  const [, address, length] = /^([0-9a-f.:]+)\/(\d+)$/.exec(plain) ?? [];
  if (address !== undefined) return { prefix: { addr: address, len: Number(length) } };
  const [, low, high] = /^([0-9a-f.:]+)-([0-9a-f.:]+)$/.exec(plain) ?? [];
  if (low !== undefined) return { range: [valueItem(low, type), valueItem(high ?? "", type)] };
  if (/^\d+$/.test(plain)) return Number(plain);
  if (/^0x[0-9a-f]{8}$/.test(plain)) return Number(plain);
  return plain;
}

/** `ip saddr`, `meta mark`, `ct state`, `fib daddr type` as objects. */
function selectorItem(selector: string): unknown {
  const words = selector.split(" ");
  const [first = "", second = "", third = ""] = words;
  if (first === "fib") {
    const flags = words.slice(1, -1).filter((word) => word !== ".");
    return { fib: { result: words.at(-1), flags } };
  }
  if (first === "numgen") return { numgen: { mode: second, mod: Number(words[3]), offset: Number(words[5] ?? 0) } };
  if (first === "meta") return { meta: { key: second } };
  if (words.length === 1) return { meta: { key: first } };
  if (first === "ct") {
    const directed = second === "original" || second === "reply";
    return {
      ct: directed ? { key: words.slice(2).join(" "), dir: second } : { key: [second, third].join(" ").trim() },
    };
  }
  return { payload: { protocol: first, field: second } };
}

function leftItem(selectors: readonly string[]): unknown {
  return selectors.length === 1 ? selectorItem(selectors[0] ?? "") : { concat: selectors.map(selectorItem) };
}

function keyItem(text: string, selectors: readonly string[]): unknown {
  const parts = text.split(" . ");
  const items = parts.map((part, i) => valueItem(part, datatypeOf(selectors[i] ?? "")));
  return items.length === 1 ? items[0] : { concat: items };
}

const FLAG_TYPES = new Set(["ct state", "ct status", "tcp flags"]);

function matchItem({ selectors, mask, not, op, against }: NftMatch): unknown {
  const [selector = ""] = selectors;
  const left = leftItem(selectors);
  const flags = FLAG_TYPES.has(selector) && mask === undefined && !not && op === undefined && "value" in against;
  const right = "set" in against
    ? `@${against.set}`
    : "value" in against
    ? (flags || mask !== undefined) && FLAG_TYPES.has(selector) && against.value.includes(",")
      ? against.value.split(",")
      : keyItem(against.value, selectors)
    : { set: against.values.map((value) => keyItem(value, selectors)) };
  const type = datatypeOf(selector);
  const bits = mask === undefined || type === undefined ? mask : maskItem(mask, type);
  if (type?.flags && mask !== undefined && "value" in against && Number(against.value) === 0) {
    return { match: { op: not ? "in" : "!", left, right: bits } };
  }
  const prefix = type === DATATYPES.mark && mask !== undefined ? highBits(Number(mask)) : undefined;
  if (prefix !== undefined) {
    return { match: { op: not ? "!=" : "==", left, right: { prefix: { addr: right, len: prefix } } } };
  }
  const shown = bits === undefined ? left : { "&": [left, bits] };
  return { match: { op: not ? "!=" : op ?? (flags ? "in" : "=="), left: shown, right } };
}

/** Flags by name, addresses as texts, anything else as a number. */
function maskItem(mask: number | bigint, type: Datatype): unknown {
  if (type.flags) return flagNames(Number(mask), type);
  const address = type === DATATYPES.ipv4_addr || type === DATATYPES.ipv6_addr;
  return address ? type.print(BigInt(mask)) : Number(mask);
}

function flagNames(mask: number, type: Datatype): unknown {
  const names: string[] = [];
  for (let bit = 1; bit <= mask; bit *= 2) if (mask & bit) names.push(type.print(BigInt(bit)));
  return names.length === 1 ? names[0] : names;
}

function assignItem({ target, of, then, lookup }: NftAssign): unknown {
  const key = target === "tcp option maxseg size"
    ? { "tcp option": { name: "maxseg", field: "size" } }
    : selectorItem(target);
  if (lookup !== undefined) return { mangle: { key, value: lookupItem(lookup) } };
  let value: unknown = of === undefined ? undefined : selectorItem(of);
  for (const step of then) {
    const own = valueItem(step.value, datatypeOf(target));
    value = step.op === "=" ? own : { [step.op]: [value, own] };
  }
  return { mangle: { key, value } };
}

function lookupItem({ by, map }: NonNullable<NftNat["lookup"]>): unknown {
  const data = typeof map === "string" ? `@${map}` : {
    set: map.map((
      { key, value },
    ) => [
      keyItem(key, by),
      value.length === 1 ? valueItem(value[0] ?? "") : { concat: value.map((each) => valueItem(each)) },
    ]),
  };
  return { map: { key: leftItem(by), data } };
}

function natItem(nat: NftNat): unknown {
  const flags = nat.flags.length === 0 ? undefined : nat.flags.length === 1 ? nat.flags[0] : nat.flags;
  const addr = nat.lookup !== undefined
    ? lookupItem(nat.lookup)
    : nat.lastAddress === undefined
    ? nat.address
    : { range: [nat.address, nat.lastAddress] };
  const port = nat.lastPort === undefined ? nat.port : { range: [nat.port, nat.lastPort] };
  const body = { family: nat.family, addr, port, flags };
  const empty = Object.values(body).every((value) => value === undefined);
  return { [nat.verb]: empty ? null : body };
}

function statementItem(statement: NftStatement): unknown {
  switch (statement.kind) {
    case "match":
      return matchItem(statement);
    case "verdict":
      return verdictItem(statement.verdict);
    case "counter":
      return { counter: { packets: statement.packets, bytes: statement.bytes } };
    case "assign":
      return assignItem(statement);
    case "nat":
      return natItem(statement);
    case "vmap": {
      const data = typeof statement.map === "string"
        ? `@${statement.map}`
        : { set: statement.map.map(({ key, verdict }) => [keyItem(key, statement.by), verdictItem(verdict)]) };
      return { vmap: { key: leftItem(statement.by), data } };
    }
    case "reject": {
      const [type, expr] = (statement.with ?? "").split(" ");
      return {
        reject: type === "" || type === undefined ? null : type === "tcp" ? { type: "tcp reset" } : { type, expr },
      };
    }
    case "limit": {
      const { rate, per, burst, over, of } = statement;
      const bytes = of === "packets" ? undefined : of;
      return { limit: { rate, burst, per, rate_unit: bytes, inv: over || undefined } };
    }
    case "log": {
      const { prefix, level } = statement;
      const said = (word: string) => {
        const found = statement.more.find((each) => each.startsWith(`${word} `));
        return found === undefined ? undefined : Number(found.slice(word.length));
      };
      const [group, snaplen] = [said("group"), said("snaplen")];
      const body = { prefix, level, group, snaplen, "queue-threshold": said("queue-threshold") };
      return { log: Object.values(body).every((value) => value === undefined) ? null : body };
    }
    case "set": {
      const elem = leftItem(statement.selectors);
      const timeout = statement.timeout === undefined ? undefined : statement.timeout / 1000;
      return {
        set: {
          op: statement.verb,
          elem: timeout === undefined ? elem : { elem: { val: elem, timeout } },
          set: `@${statement.set}`,
        },
      };
    }
    case "notrack":
      return { notrack: null };
    case "xt":
      return { xt: { type: statement.type, name: statement.name } };
    case "text":
      return { xt: statement.words.join(" ") };
  }
}
