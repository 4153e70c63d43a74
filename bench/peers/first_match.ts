/** Plain-JavaScript peers for a chain: the first rule that matches, by a scan of typed arrays, and by a map where all rules are exact. */
import { PACKET, type Ruleset } from "../rulesets.ts";

/** Rules as columns, looked at one after the other. */
export class Scan {
  readonly #columns: readonly Uint32Array[];
  readonly #verdicts: Uint8Array;

  constructor({ rules }: Ruleset) {
    const column = (of: (rule: Ruleset["rules"][number]) => number) => Uint32Array.from(rules, of);
    this.#columns = [
      column((r) => r.source[0]),
      column((r) => r.source[1]),
      column((r) => r.destination[0]),
      column((r) => r.destination[1]),
      column((r) => r.proto),
      column((r) => r.ports[0]),
      column((r) => r.ports[1]),
    ];
    this.#verdicts = Uint8Array.from(rules, (r) => r.accepts ? 1 : 0);
  }

  /** 1 for each packet accepted, 0 for one dropped. */
  run(packets: Uint32Array, answers: Uint32Array): void {
    for (let n = 0; n < answers.length; n++) answers[n] = this.#judge(packets, n * PACKET);
  }

  #judge(packets: Uint32Array, at: number): number {
    const [source, sourceMask, destination, destinationMask, proto, first, last] = this.#columns as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    const src = packets[at] as number, dst = packets[at + 1] as number;
    const port = (packets[at + 2] as number) & 0xffff, number = packets[at + 3] as number;
    for (let r = 0; r < proto.length; r++) {
      if (((dst ^ destination[r] as number) & (destinationMask[r] as number)) !== 0) continue;
      if (((src ^ source[r] as number) & (sourceMask[r] as number)) !== 0) continue;
      if (proto[r] !== number || port < (first[r] as number) || port > (last[r] as number)) continue;
      return this.#verdicts[r] as number;
    }
    return 0;
  }
}

/** Exact rules in a Map by text, as one writes it at first. */
export class Lookup {
  readonly #rules = new Map<string, number>();

  constructor({ rules }: Ruleset) {
    for (const rule of rules) {
      this.#rules.set(`${rule.destination[0]} ${rule.proto} ${rule.ports[0]}`, rule.accepts ? 1 : 0);
    }
  }

  /** 1 for each packet accepted, 0 for one dropped. */
  run(packets: Uint32Array, answers: Uint32Array): void {
    for (let n = 0; n < answers.length; n++) {
      const at = n * PACKET;
      const key = `${packets[at + 1]} ${packets[at + 3]} ${(packets[at + 2] as number) & 0xffff}`;
      answers[n] = this.#rules.get(key) ?? 0;
    }
  }
}
