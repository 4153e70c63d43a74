import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin, Instance } from "../plugin.ts";
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
  corefile.next();
  const own = zonesOf(corefile.remainingArgs(), zones);
  // A second use is a word too many.
  if (corefile.nextBlock() || corefile.next()) throw corefile.argError("no block, and metadata once in this block");
  return own;
}
