/** Addresses and prefixes in fields, with the server's words. */
import { type Cidr, contains, network, parseCidr, parseIp, printCidr, requireCidr } from "../../../base/mod.ts";
import { invalid, type Issue } from "../issue.ts";

const NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Removes leading zeros of dotted quads: how old clients wrote addresses. */
function withoutZeros(text: string): string {
  return text.replace(/\b0+(?=\d)/g, "");
}

function hasLeadingZeros(text: string): boolean {
  return /^[0-9.]+$/.test(text) && withoutZeros(text) !== text && parseIp(withoutZeros(text)) !== undefined;
}

/** An address; leading zeros and IPv4-mapped IPv6 are refused with their own words. */
export function ipIssues(field: string, text: string): Issue[] {
  if (hasLeadingZeros(text)) return [invalid(field, text, "must not have leading 0s")];
  const ip = parseIp(text);
  if (ip === undefined) return [invalid(field, text, NOT_AN_IP)];
  if (ip.family === 6 && ip.value >> 32n === 0xffffn) {
    return [invalid(field, text, "must not be an IPv4-mapped IPv6 address")];
  }
  return [];
}

/** A prefix without host bits. */
export function cidrIssues(field: string, text: string): Issue[] {
  const [address = "", length = ""] = text.split("/");
  if (hasLeadingZeros(address) || (/^0\d+$/.test(length) && parseIp(address) !== undefined)) {
    return [invalid(field, text, "must not have leading 0s in IP or prefix length")];
  }
  const cidr = text.includes("/") ? parseCidr(text) : undefined;
  if (cidr === undefined) return [invalid(field, text, NOT_A_CIDR)];
  if (printCidr(network(cidr)) !== printCidr(cidr)) {
    return [invalid(field, text, "must not have bits set beyond the prefix length")];
  }
  return [];
}

const SPECIAL: readonly [ranges: readonly Cidr[], problem: string][] = [
  [["127.0.0.0/8", "::1/128"], "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [["169.254.0.0/16", "fe80::/10"], "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [["224.0.0.0/24", "ff02::/16"], "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
].map(([ranges, problem]) => [(ranges as string[]).map(requireCidr), problem as string]);

/** An address that may be an endpoint: none of the special ranges. */
export function endpointIpIssues(field: string, text: string): Issue[] {
  const ip = parseIp(text);
  if (ip === undefined) return [invalid(field, text, "must be a valid IP address")];
  const unspecified = ip.value === 0n ? [invalid(field, text, `may not be unspecified (${text})`)] : [];
  const special = SPECIAL.filter(([ranges]) => ranges.some((range) => contains(range, ip)));
  return [...unspecified, ...special.map(([, problem]) => invalid(field, text, problem))];
}
