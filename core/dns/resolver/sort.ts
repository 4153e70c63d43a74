/** The order getaddrinfo gives addresses in: RFC 6724 as far as scopes, labels, precedences and common prefixes decide. */
import { cidrHas, isFailure, requireIp, type Result } from "../../base/mod.ts";
import type { DnsHost } from "./host.ts";

interface Policy {
  readonly prefix: string;
  readonly precedence: number;
  readonly label: number;
}

/** RFC 6724 2.1; IPv4 stands as ::ffff:0:0/96. */
const POLICY: readonly Policy[] = [
  { prefix: "::1/128", precedence: 50, label: 0 },
  { prefix: "2002::/16", precedence: 30, label: 2 },
  { prefix: "2001::/32", precedence: 5, label: 5 },
  { prefix: "fc00::/7", precedence: 3, label: 13 },
  { prefix: "fec0::/10", precedence: 1, label: 11 },
  { prefix: "3ffe::/16", precedence: 1, label: 12 },
  { prefix: "::/0", precedence: 40, label: 1 },
];
const IPV4: Policy = { prefix: "::ffff:0:0/96", precedence: 35, label: 4 };

/** glibc's precedences are RFC 3484's: unique local addresses are not put behind IPv4, IPv4 comes last. */
const GLIBC_PRECEDENCE: Readonly<Record<string, number>> = { "::ffff:0:0/96": 10, "fc00::/7": 40, "2001::/32": 40 };

interface Candidate {
  readonly address: string;
  readonly order: number;
  /** The source the kernel would pick; undefined where there is no route. */
  readonly source?: string;
}

/** Sorts addresses the way the C library does before it hands them out; one address needs no question to the kernel. */
export function sortAddresses(
  host: Pick<DnsHost, "net">,
  addresses: readonly string[],
  libc: "glibc" | "musl",
): string[] {
  if (addresses.length < 2) return [...addresses];
  const candidates = addresses.map((address, order): Candidate => {
    const source = sourceFor(host, address);
    return source === undefined ? { address, order } : { address, order, source };
  });
  return candidates.sort((a, b) => compare(a, b, libc)).map(({ address }) => address);
}

function sourceFor(host: Pick<DnsHost, "net">, address: string): string | undefined {
  const socket = host.net.udp(address.includes(":") ? 6 : 4);
  try {
    const connected: Result<unknown> = socket.connect(address, 65535);
    return isFailure(connected) ? undefined : socket.local.address;
  } finally {
    socket.close();
  }
}

function compare(a: Candidate, b: Candidate, libc: "glibc" | "musl"): number {
  if ((a.source === undefined) !== (b.source === undefined)) return a.source === undefined ? 1 : -1;
  if (a.source === undefined || b.source === undefined) return a.order - b.order;
  const scopes = Number(scope(b.address) === scope(b.source)) - Number(scope(a.address) === scope(a.source));
  if (scopes !== 0) return scopes;
  const labels = Number(sameLabel(b.address, b.source)) - Number(sameLabel(a.address, a.source));
  if (labels !== 0) return labels;
  const precedence = precedenceOf(b.address, libc) - precedenceOf(a.address, libc);
  if (precedence !== 0) return precedence;
  const smaller = scope(a.address) - scope(b.address);
  if (smaller !== 0) return smaller;
  if (a.address.includes(":") && b.address.includes(":")) {
    const common = commonBits(b.address, b.source) - commonBits(a.address, a.source);
    if (common !== 0) return common;
  }
  return a.order - b.order;
}

function policyOf(address: string): Policy {
  if (!address.includes(":")) return IPV4;
  return POLICY.find(({ prefix }) => cidrHas(prefix, address)) as Policy;
}

function precedenceOf(address: string, libc: "glibc" | "musl"): number {
  const policy = policyOf(address);
  return (libc === "glibc" ? GLIBC_PRECEDENCE[policy.prefix] : undefined) ?? policy.precedence;
}

function sameLabel(a: string, b: string): boolean {
  return policyOf(a).label === policyOf(b).label;
}

/** Multicast scope numbers: link-local 2, site-local 5, global 14 (RFC 6724 3.1). */
function scope(address: string): number {
  if (!address.includes(":")) return cidrHas("169.254.0.0/16", address) || cidrHas("127.0.0.0/8", address) ? 2 : 14;
  if (address === "::1" || cidrHas("fe80::/10", address)) return 2;
  return cidrHas("fec0::/10", address) ? 5 : 14;
}

function commonBits(a: string, b: string): number {
  const difference = requireIp(a).value ^ requireIp(b).value;
  return Math.min(128 - difference.toString(2).length + (difference === 0n ? 1 : 0), 64);
}
