/**
 * The file of `loadbalance weighted`:
 *
 *     file   = { domain { address weight } }      "#" starts a comment; weights are 1 to 255
 */
import { isIp } from "../../../base/mod.ts";
import { absolute, isName } from "../../../dns/mod.ts";

/** Weights of addresses by domain (absolute, lower case). */
export type Weights = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The weights in a file, or CoreDNS's complaint. */
export function parseWeights(text: string): Weights | { readonly error: string } {
  const weights = new Map<string, Map<string, number>>();
  let current: Map<string, number> | undefined;
  for (const line of text.split("\n")) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/).filter((word) => word !== "");
    const [first, weight, more] = words;
    if (first === undefined) continue;
    if (weight === undefined) {
      if (isIp(first) || !isName(absolute(first))) return { error: `wrong domain name in the weight file: ${first}` };
      current = new Map();
      weights.set(absolute(first).toLowerCase(), current);
      continue;
    }
    if (more !== undefined) return { error: `unexpected argument(s) in the weight file: ${line.trim()}` };
    if (current === undefined) return { error: "missing domain name in the weight file" };
    if (!isIp(first)) return { error: `wrong IP address in the weight file: ${first}` };
    if (!/^\d+$/.test(weight) || Number(weight) < 1 || Number(weight) > 255) {
      return { error: `wrong weight value in the weight file: ${weight}` };
    }
    current.set(first, Number(weight));
  }
  return weights;
}
