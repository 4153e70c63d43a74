/** Random rule sets in the words of iptables-restore. */
import type { Random } from "../../../core/base/mod.ts";
import { chance, type Ground, not, some } from "./ground.ts";
import { type Place, randomMatch, randomProto } from "./matches.ts";
import { randomTarget } from "./targets.ts";

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
};
/** A user chain calls only the later ones: no loops. */
const USER = ["A", "B", "C"];
/** How often a table is there. */
const LIKELY: Readonly<Record<string, number>> = { raw: 0.4, security: 0.1 };
const INWARD = ["PREROUTING", "INPUT", "FORWARD"];
const OUTWARD = ["FORWARD", "OUTPUT", "POSTROUTING"];

/** How many rules a built-in chain gets at most, by table. */
const MOST: Readonly<Record<string, number>> = { raw: 2, mangle: 2, nat: 3, filter: 4, security: 2 };

/** Whole tables, of which some are left out. */
export function randomRules(random: Random, ground: Ground): string[] {
  const tables = Object.keys(CHAINS).filter((table) => chance(random, LIKELY[table] ?? 0.75));
  return (tables.length === 0 ? ["filter"] : tables).flatMap((table) => randomTable(random, ground, table));
}

function randomTable(random: Random, ground: Ground, table: string): string[] {
  const chains = CHAINS[table] as readonly string[];
  const policy = (chain: string) =>
    table === "filter" && chain === "FORWARD" && chance(random, 0.15) ? "DROP" : "ACCEPT";
  const user = table === "filter" || table === "mangle" ? USER : [];
  return [
    `*${table}`,
    ...chains.map((chain) => `:${chain} ${policy(chain)} [0:0]`),
    ...user.map((chain) => `:${chain} - [0:0]`),
    ...chains.flatMap((chain) =>
      some(random, [0, MOST[table] ?? 2], () => randomRule(random, ground, { table, chain, user }))
    ),
    ...user.flatMap((chain, i) =>
      some(random, [1, 3], () => randomRule(random, ground, { table, chain, user: user.slice(i + 1) }))
    ),
    "COMMIT",
  ];
}

interface RuleAt {
  readonly table: string;
  readonly chain: string;
  /** The user chains it may jump to. */
  readonly user: readonly string[];
}

function randomRule(random: Random, ground: Ground, { table, chain, user }: RuleAt): string {
  const builtIn = (CHAINS[table] as readonly string[]).includes(chain);
  const { proto, text } = randomProto(random, ground);
  const place: Place = {
    table,
    chain: builtIn ? chain : "user",
    proto,
    syn: text.includes("--syn"),
    family: ground.family ?? 4,
  };
  const parts = [`-A ${chain}`, ends(random, ground), devices(random, ground, place), text];
  const matches = random.pick([0, 0, 1, 1, 1, 2, 3]);
  for (let i = 0; i < matches; i++) parts.push(randomMatch(random, ground, place));
  if (user.length > 0 && chance(random, 0.3)) parts.push(`-${random.pick(["j", "j", "g"])} ${random.pick(user)}`);
  else if (!(table === "filter" && chance(random, 0.05))) parts.push(`-j ${randomTarget(random, ground, place)}`);
  return parts.filter((part) => part !== "").join(" ").replace(/ {2,}(?=[^"]*$)/g, " ");
}

function ends(random: Random, ground: Ground): string {
  const one = (option: string) => `${not(random, 0.15)}${option} ${random.pick([...ground.nets, ...ground.hosts])}`;
  return [chance(random, 0.3) ? one("-s") : "", chance(random, 0.35) ? one("-d") : ""].join(" ").trim();
}

function devices(random: Random, ground: Ground, { chain }: Place): string {
  const one = (option: string) => `${not(random, 0.15)}${option} ${random.pick(ground.devs)}`;
  const parts = [
    INWARD.includes(chain) && chance(random, 0.25) ? one("-i") : "",
    OUTWARD.includes(chain) && chance(random, 0.25) ? one("-o") : "",
  ];
  return parts.join(" ").trim();
}
