import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin, Instance } from "../plugin.ts";
import { once } from "../setup.ts";
import { matchingZone, zonesOf } from "../zones.ts";

/** metadata: collects the labels that other plugins of the block know of a query. */
export const metadata: DnsPlugin = {
  name: "metadata",
  setup(corefile, { zones, order, sibling }) {
    const own = readMetadata(corefile, zones);
    const tellers = (): Instance[] => order.flatMap((name) => sibling(name) ?? []);
    return {
      handle(query, next) {
        if (matchingZone(own, query.name) === undefined) return next(query);
        const labels = new Map<string, string>();
        for (const teller of tellers()) teller.labels?.(query, labels);
        return next({ ...query, labels });
      },
    };
  },
};

/** Reads the zones of the directive; throws a CorefileError. */
export function readMetadata(corefile: Dispenser, zones: readonly string[]): readonly string[] {
  let own = zones;
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    own = zonesOf(corefile.remainingArgs(), zones);
    if (corefile.nextBlock()) throw corefile.argError("no block");
  }
  return own;
}
