/**
 * What iptables-nft writes, as nft lists it and as iptables-translate says it: every rule of `rules/`, and random ones, are typed on the
 * real machine and on ours. Text, warnings, handles and exit status are equal.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { Random } from "../../core/base/mod.ts";
import { runCase } from "../conformance/tools.ts";
import { GROUND } from "../parity/random/router.ts";
import { randomRules } from "../parity/random/rules.ts";
import { SETS } from "../parity/random/sets.ts";
import { missing } from "./real.ts";
import { recordSession } from "./typed.ts";

const TOOLS = ["iptables-nft", "ip6tables-nft", "iptables-translate", "nft", "ipset", "xtables-legacy-multi"];
const ignore = await missing("iptables-nft as nft lists it", TOOLS) !== undefined;
const SEED = Number(Deno.env.get("PODWIRE_SEED") ?? 1);
const RANDOM_TEXTS = 40;

const RULE_SETS = ["create S1 hash:ip", "create S2 hash:ip,port"];

/** The lines that type rules with one of the tools and look at what came of it. */
function typedRules(tool: "iptables" | "ip6tables", rules: readonly string[], sets: readonly string[]): string[] {
  const family = tool === "iptables" ? "ip" : "ip6";
  const tables = ["raw", "mangle", "nat", "filter"].map((table) => `${family} ${table}`);
  return [
    ...sets.map((set) => `ipset ${set}`),
    `${tool}-nft -N other`,
    ...rules.flatMap((rule) => [`${tool}-nft ${rule}`, `${tool}-translate ${rule}`]),
    "nft -a list ruleset",
    ...tables.map((table) => `nft list table ${table}`),
    "nft list chains",
    "nft list tables",
    "nft -s list ruleset",
    "nft -n list ruleset",
    "nft -j list ruleset",
  ];
}

/** What is wrong with an answer without the lines that both have. */
function changed(text: string): string {
  const [head = "", ...rest] = text.split("\n");
  const got = rest.findIndex((line) => / got:$/.test(line));
  const [expected, ours] = [new Set(rest.slice(0, got)), new Set(rest.slice(got))];
  return [
    head,
    ...[...expected].filter((line) => !ours.has(line)).map((line) => `- ${line}`),
    ...[...ours].filter((line) => !expected.has(line)).map((line) => `+ ${line}`),
  ].join("\n");
}

async function hold(name: string, lines: readonly string[]): Promise<void> {
  const verdicts = await runCase(await recordSession({ name, world: "still", lines }));
  assertEquals(
    verdicts.flatMap((verdict) => (verdict.kind === "failed" ? [changed(verdict.text)] : [])).join("\n"),
    "",
  );
  assertEquals(verdicts.length, lines.length);
}

for (const tool of ["iptables", "ip6tables"] as const) {
  Deno.test({
    name: `${tool}-nft's rules of every kind are listed by nft, and translated, as the real tools do it`,
    ignore,
    fn: () => {
      const file = new URL(`rules/${tool}.txt`, import.meta.url);
      const rules = Deno.readTextFileSync(file).trimEnd().split("\n");
      const sets = RULE_SETS.map((set) => `${set} family ${tool === "iptables" ? "inet" : "inet6"} counters timeout 0`);
      return hold(`${tool}/rules`, typedRules(tool, rules, sets));
    },
  });
}

/** A text as a word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

Deno.test({
  name: `random tables of iptables-nft are listed by nft, and translated, as the real tools do it (seed ${SEED})`,
  ignore,
  fn: () => {
    const random = new Random(SEED);
    const texts = Array.from(
      { length: RANDOM_TEXTS },
      () => randomRules(random, GROUND).filter((line) => !/! -[sd] 0\.0\.0\.0\/0/.test(line)),
    );
    assertGreater(texts.flat().filter((line) => line.startsWith("-A")).length, 500);
    return hold(`iptables/random ${SEED}`, [
      `printf %s ${quoted(SETS)} | ipset restore`,
      ...texts.flatMap((text) => [
        `printf %s ${quoted(text.map((line) => `${line}\n`).join(""))} > rules; iptables-nft-restore rules`,
        "nft -a list ruleset",
        "iptables-restore-translate -f rules | grep -v '^# [CT]'",
      ]),
    ]);
  },
});

/** What is done to tables, one of each in turn drawn: chains come and go, rules move, texts are restored, nft takes away. */
const DEEDS: readonly ((random: Random) => string)[] = [
  (r) => `iptables-nft -t ${table(r)} -A ${chain(r)} -j ${r.pick(["ACCEPT", "RETURN", "A", "B"])}`,
  (r) => `iptables-nft -t ${table(r)} -A ${chain(r)} -p tcp --dport ${r.below(99)} -m comment --comment c -j A`,
  (r) => `iptables-nft -t ${table(r)} -A OUTPUT -s 10.0.0.1,10.0.0.2 -d 10.1.0.0/16,10.2.0.0/16`,
  (r) => `iptables-nft -t ${table(r)} -I ${chain(r)} ${1 + r.below(3)} -j RETURN`,
  (r) => `iptables-nft -t ${table(r)} -R ${chain(r)} ${1 + r.below(3)} -j B`,
  (r) => `iptables-nft -t ${table(r)} -D ${chain(r)} ${1 + r.below(3)}`,
  (r) => `iptables-nft -t ${table(r)} -D ${chain(r)} -j ${r.pick(["ACCEPT", "RETURN", "A"])}`,
  (r) => `iptables-nft -t ${table(r)} -N ${r.pick(["A", "B"])}`,
  (r) => `iptables-nft -t ${table(r)} -N ${r.pick(["A", "B"])}`,
  (r) => `iptables-nft -t ${table(r)} -X${r.pick([" 2>/dev/null", ` ${chain(r)}`])}`,
  (r) => `iptables-nft -t ${table(r)} -F${r.pick(["", ` ${chain(r)}`])}`,
  (r) => `iptables-nft -t ${table(r)} -Z${r.pick(["", ` ${chain(r)}`])}`,
  (r) => `iptables-nft -t ${table(r)} -E ${r.pick(["A B", "B A", "A C", "C A"])}`,
  (r) => `iptables-nft -P ${r.pick(["INPUT", "FORWARD", "OUTPUT"])} ${r.pick(["ACCEPT", "DROP"])}`,
  (r) => `printf '*${table(r)}\n:A - [0:0]\n-A A -j RETURN\n-A OUTPUT -j A\nCOMMIT\n' | iptables-nft-restore`,
  (r) => `printf '*${table(r)}\n:OUTPUT ACCEPT [0:0]\n:B - [0:0]\n-I OUTPUT -j B\nCOMMIT\n' | iptables-nft-restore -n`,
  (r) => `printf '*${table(r)}\n-F\n-A OUTPUT -j RETURN\nCOMMIT\n' | iptables-nft-restore -n`,
  (r) => `nft delete rule ip ${table(r)} ${chain(r)} handle ${1 + r.below(8)} 2>/dev/null`,
  (r) => `nft flush chain ip ${table(r)} ${chain(r)} 2>/dev/null`,
  (r) => `nft delete chain ip ${table(r)} ${chain(r)} 2>/dev/null`,
  (r) => `nft ${r.pick(["flush", "delete"])} table ip ${table(r)} 2>/dev/null`,
  (r) => r.below(4) === 0 ? "nft flush ruleset" : `nft add chain ip ${table(r)} ${r.pick(["A", "B"])} 2>/dev/null`,
];
const table = (random: Random) => random.pick(["filter", "filter", "filter", "mangle"]);
const chain = (random: Random) => random.pick(["INPUT", "OUTPUT", "FORWARD", "A", "B", "C"]);

Deno.test({
  name: `random commands leave chains, rules and handles as the real tools leave them (seed ${SEED})`,
  ignore,
  fn: () => {
    const random = new Random(SEED);
    const lines = Array.from({ length: 300 }, () => [random.pick(DEEDS)(random), "nft -a list ruleset"]).flat();
    return hold(`iptables/commands ${SEED}`, [...lines, "iptables-nft -S", "iptables-nft-save | grep -v ^#"]);
  },
});
