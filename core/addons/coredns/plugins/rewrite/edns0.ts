/**
 * `edns0 local set|append|replace CODE DATA|{VARIABLE} [revert]`, `edns0 local unset CODE`,
 * `edns0 nsid set|append|replace [revert]`, `edns0 subnet set|append|replace V4BITS V6BITS [revert]`, `edns0 nsid|subnet unset`
 */
import { ipFamily, network, parseIp } from "../../../../base/mod.ts";
import { type Edns, type EdnsOption, typeNumber } from "../../../../dns/mod.ts";
import { goQuote } from "../../go_values.ts";
import type { DnsQuery } from "../../plugin.ts";
import { type Rule, RuleError } from "./rule.ts";

type Action = "set" | "append" | "replace" | "unset";
const [NSID, SUBNET] = [3, 8];
const VARIABLES = ["qname", "qtype", "client_ip", "client_port", "protocol", "server_ip", "server_port"];
/** Size of the OPT record that a rule adds to a query without one. */
const OWN_SIZE = 4096;

/** Reads an edns0 rule; throws a {@link RuleError}. */
export function ednsRule(mode: Rule["mode"], args: readonly string[]): Rule {
  if (args.length < 2) throw new RuleError("too few arguments for an EDNS0 rule");
  const [kind, word, ...rest] = args as [string, string, ...string[]];
  const action = word.toLowerCase();
  if (!isAction(action)) throw new RuleError(`invalid action: ${goQuote(action)}`);
  const given = action !== "unset" && rest.at(-1) === "revert" ? rest.slice(0, -1) : rest;
  const { code, data } = optionOf(kind.toLowerCase(), action, given);
  return {
    mode,
    option: code,
    apply(query) {
      const edns = query.message.edns ?? { version: 0, udpSize: OWN_SIZE, dnssecOk: false, options: [] };
      const options = changed(edns, action, { code, data: data(query) });
      if (options === undefined) return undefined;
      const fresh = { ...edns, options };
      // The query itself is changed: the reply's OPT is made of this one.
      return { query: { ...query, edns: fresh, message: { ...query.message, edns: fresh } }, responses: [] };
    },
  };
}

function isAction(word: string): word is Action {
  return ["set", "append", "replace", "unset"].includes(word);
}

function changed({ options }: Edns, action: Action, option: EdnsOption): readonly EdnsOption[] | undefined {
  const has = options.some(({ code }) => code === option.code);
  const others = options.filter(({ code }) => code !== option.code);
  if (action === "unset") return has ? others : undefined;
  if (action === "append") return has ? undefined : [...options, option];
  if (action === "replace" && !has) return undefined;
  return has ? options.map((one) => (one.code === option.code ? option : one)) : [...options, option];
}

interface Option {
  readonly code: number;
  data(query: DnsQuery): Uint8Array;
}

const empty = () => new Uint8Array();

function optionOf(kind: string, action: Action, args: readonly string[]): Option {
  const unset = action === "unset";
  switch (kind) {
    case "local": {
      const wanted = unset ? 1 : 2;
      if (args.length !== wanted) {
        throw new RuleError(
          unset ? "local unset action requires exactly two arguments" : "EDNS0 local rules require three or four args",
        );
      }
      const code = parseCode(args[0] as string);
      return { code, data: unset ? empty : localData(args[1] as string) };
    }
    case "nsid":
      if (args.length !== 0) {
        throw new RuleError(
          unset
            ? "nsid unset action requires exactly one argument"
            : "EDNS0 NSID rules can accept no more than one arg",
        );
      }
      return { code: NSID, data: empty };
    case "subnet":
      if (args.length !== (unset ? 0 : 2)) {
        throw new RuleError(
          unset ? "subnet unset action requires exactly one argument" : "EDNS0 subnet rules require three or four args",
        );
      }
      return { code: SUBNET, data: unset ? empty : subnetData(args) };
    default:
      throw new RuleError(`invalid rule type ${JSON.stringify(kind)}`);
  }
}

function parseCode(text: string): number {
  if (!/^(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) {
    throw new RuleError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  if (Number(text) > 65535) {
    throw new RuleError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(text);
}

function localData(text: string): Option["data"] {
  if (text.startsWith("0x")) {
    const hex = text.slice(2);
    const bad = [...hex].find((char) => !/[0-9a-fA-F]/.test(char));
    if (bad !== undefined) {
      throw new RuleError(`encoding/hex: invalid byte: U+00${bad.charCodeAt(0).toString(16)} '${bad}'`);
    }
    if (hex.length % 2 !== 0) throw new RuleError("encoding/hex: odd length hex string");
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return () => bytes;
  }
  const variable = /^\{(.*)\}$/.exec(text)?.[1];
  if (variable === undefined) {
    const bytes = new TextEncoder().encode(text);
    return () => bytes;
  }
  if (!VARIABLES.includes(variable) && !/^[^/]+\/.+$/.test(variable)) {
    throw new RuleError(`unsupported variable name ${JSON.stringify(text)}`);
  }
  return (query) => variableData(variable, query);
}

function variableData(variable: string, query: DnsQuery): Uint8Array {
  const utf8 = new TextEncoder();
  const word = (value: number) => Uint8Array.of(value >> 8, value & 255);
  switch (variable) {
    case "qname":
      return utf8.encode(query.question.name);
    case "qtype":
      return word(typeNumber(query.question.type) ?? 0);
    case "client_ip":
      return ipBytes(query.client.address);
    case "client_port":
      return word(query.client.port);
    case "protocol":
      return utf8.encode(query.proto);
    case "server_ip":
      return ipBytes(query.local.address);
    case "server_port":
      return word(query.local.port);
    default:
      return utf8.encode(query.labels?.get(variable) ?? "");
  }
}

function ipBytes(address: string): Uint8Array {
  const ip = parseIp(address);
  const value = BigInt(ip?.value ?? 0);
  const length = ip?.family === 6 ? 16 : 4;
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
}

function subnetData(args: readonly string[]): Option["data"] {
  const [v4, v6] = args.map((text, i) => {
    const bits = parseCode(text);
    if (bits > (i === 0 ? 32 : 128)) throw new RuleError(`invalid IPv${i === 0 ? 4 : 6} bit mask length ${bits}`);
    return bits;
  }) as [number, number];
  return ({ client }) => {
    const ip = parseIp(client.address);
    const family = ipFamily(client.address) === 6 ? 2 : 1;
    const bits = family === 2 ? v6 : v4;
    if (ip === undefined) return new Uint8Array();
    const whole = network({ ip, length: bits }).ip;
    const length = family === 2 ? 16 : 4;
    const value = BigInt(whole.value);
    const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
    return Uint8Array.of(0, family, bits, 0, ...bytes.slice(0, Math.ceil(bits / 8)));
  };
}
