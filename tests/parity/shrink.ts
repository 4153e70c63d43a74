/** A scenario in which plane and kernel differ, made as small as it gets while they still do. */
import type { Scenario } from "./scenario.ts";

/** What asks whether a smaller scenario still shows the difference. */
export type StillDiffers = (scenario: Scenario) => Promise<boolean>;

/** A list inside a scenario whose entries may be left out. */
interface Part {
  readonly list: (scenario: Scenario) => readonly unknown[];
  readonly with: (scenario: Scenario, list: readonly unknown[]) => Scenario;
}

/** Asked at most so often: a difference is there to be looked at, not to be waited for. */
const PATIENCE = 400;

/** Drops probes, rules, routes, links, one half or one entry at a time. */
export async function shrink(scenario: Scenario, stillDiffers: StillDiffers): Promise<Scenario> {
  let small = scenario, before = "", asked = 0;
  const ask: StillDiffers = async (candidate) => asked++ < PATIENCE && await stillDiffers(candidate);
  while (before !== JSON.stringify(small) && asked < PATIENCE) {
    before = JSON.stringify(small);
    for (const part of partsOf(small)) small = await shrinkPart(small, part, ask);
  }
  return small;
}

async function shrinkPart(scenario: Scenario, part: Part, ask: StillDiffers): Promise<Scenario> {
  let small = scenario;
  for (let size = Math.ceil(part.list(small).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = part.list(small).length - size; at > -size; at -= size) {
      const list = part.list(small);
      const rest = list.filter((_, i) => i < at || i >= at + size);
      if (rest.length === list.length) continue;
      const candidate = part.with(small, rest);
      if (await ask(candidate)) small = candidate;
    }
  }
  return small;
}

function partsOf(scenario: Scenario): Part[] {
  const keyed = (key: "routes" | "ip" | "cmds" | "iptables" | "ip6tables") =>
    Object.keys(scenario[key] ?? {}).map((ns) => byName(key, ns));
  return [
    whole("probes"),
    ...keyed("iptables"),
    ...keyed("ip6tables"),
    ...keyed("ip"),
    ...keyed("routes"),
    ...Object.keys(scenario.ipset ?? {}).map(sets),
    ...Object.keys(scenario.sysctls ?? {}).map(sysctls),
    whole("listeners"),
    whole("links"),
    ...Object.keys(scenario.addresses ?? {}).map((name) => byName("addresses", name)),
    ...keyed("cmds"),
  ];
}

function whole(key: "probes" | "listeners" | "links"): Part {
  return { list: (from) => from[key] ?? [], with: (from, list) => ({ ...from, [key]: list }) };
}

function byName(key: "routes" | "ip" | "cmds" | "iptables" | "ip6tables" | "addresses", name: string): Part {
  const lines = (from: Scenario) => {
    const value = from[key]?.[name] ?? [];
    return typeof value === "string" ? value.split("\n") : value;
  };
  // Table heads and chains stay: without rules they are the least there is.
  const fixed = (line: unknown) => key.endsWith("tables") && !String(line).startsWith("-A");
  return {
    list: (from) => lines(from).filter((line) => !fixed(line)),
    with: (from, list) => {
      const kept = new Set(list);
      const rest = lines(from).filter((line) => fixed(line) || kept.has(line));
      return { ...from, [key]: { ...from[key], [name]: rest } };
    },
  };
}

function sets(ns: string): Part {
  return {
    list: (from) => (from.ipset?.[ns] ?? "").split("\n").filter((line) => line !== ""),
    with: (from, list) => ({ ...from, ipset: { ...from.ipset, [ns]: list.map((line) => `${line}\n`).join("") } }),
  };
}

function sysctls(ns: string): Part {
  return {
    list: (from) => Object.entries(from.sysctls?.[ns] ?? {}),
    with: (from, list) => ({
      ...from,
      sysctls: { ...from.sysctls, [ns]: Object.fromEntries(list as [string, number][]) },
    }),
  };
}
