/** The tests every rule may make, in nft's words. */
import { type Family, maskSuffix, prefixLength, printWords } from "../address.ts";
import { protocolName } from "../names.ts";
import type { DeviceTest, NetTest, ProtoTest } from "../rule.ts";
import { layer, unequal } from "./words.ts";

/** `iifname != "eth*"`; `+` alone is every device, and inverted a name that none has. */
export function deviceWords(selector: "iifname" | "oifname", test: DeviceTest | undefined): string | undefined {
  if (test === undefined) return undefined;
  if (test.name === "+") return test.not ? `${selector} "INVAL/D"` : undefined;
  return `${selector} ${unequal(test.not)}"${test.name.replace(/\+$/, "*")}"`;
}

/** `ip saddr 10.0.0.0/8`, `ip saddr & 255.0.255.0 == 10.0.0.0`; nothing for every address. */
export function netWords(selector: "saddr" | "daddr", test: NetTest | undefined, family: Family): string | undefined {
  if (test === undefined) return undefined;
  const length = prefixLength(test.mask);
  if (length === 0 && !test.not) return undefined;
  const left = `${layer(family)} ${selector}`, ip = printWords(test.ip);
  if (length < 0) return `${left} & ${printWords(test.mask)} ${test.not ? "!=" : "=="} ${ip}`;
  return `${left} ${unequal(test.not)}${ip}${maskSuffix(test.mask)}`;
}

/** `meta l4proto tcp`, with the selector that is asked for. */
export function protoWords(
  selector: "ip protocol" | "meta l4proto",
  test: ProtoTest | undefined,
): string | undefined {
  return test && `${selector} ${unequal(test.not)}${protocolName(test.number) ?? test.number}`;
}
