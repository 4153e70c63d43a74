/** What random rules and probes are made of: the addresses, devices and ports that mean something in a scenario. */
import type { Random } from "../../../core/base/mod.ts";
import type { SetUse } from "./sets.ts";

/** The words of one world. */
export interface Ground {
  /** 6 where the rules are those of ip6tables; 4 where nothing is said. */
  readonly family?: 4 | 6;
  /** Prefixes rules look for. */
  readonly nets: readonly string[];
  /** Single addresses, local ones among them. */
  readonly hosts: readonly string[];
  /** Where DNAT sends packets: addresses behind this machine. */
  readonly servers: readonly string[];
  /** Addresses SNAT takes. */
  readonly publics: readonly string[];
  /** What NETMAP maps to, before routing and behind it. */
  readonly maps?: { readonly inward: readonly string[]; readonly outward: readonly string[] };
  /** Devices by name; `la+` stands for a prefix of names. */
  readonly devs: readonly string[];
  readonly ports: readonly number[];
  /** ipsets that rules look at, and those that rules may change. */
  readonly sets: { readonly uses: readonly SetUse[]; readonly mutable: readonly SetUse[] };
  /** Whether sockets of this machine send (owner, OUTPUT). */
  readonly sockets: boolean;
  /** Whether bridge ports are looked at (physdev). */
  readonly ports_of_bridge: readonly string[];
}

/** True with a probability. */
export function chance(random: Random, probability: number): boolean {
  return random.below(1000) < probability * 1000;
}

/** `! ` sometimes. */
export function not(random: Random, probability = 0.2): string {
  return chance(random, probability) ? "! " : "";
}

/** A list of between `least` and `most` made values. */
export function some<T>(random: Random, [least, most]: readonly [number, number], make: () => T): T[] {
  return Array.from({ length: least + random.below(most - least + 1) }, make);
}
