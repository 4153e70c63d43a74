/**
 * What nft leaves out of a listing. A test that another one implies (`meta l4proto tcp` before `tcp dport`) was put there by nft
 * itself as likely as not, so it is not shown; the answers that `reject` gives by itself are not said.
 */
import type { NftFamily, NftMatch, NftStatement } from "./types.ts";

/** The transport a selector implies. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  tcp: "tcp",
  udp: "udp",
  sctp: "sctp",
  dccp: "dccp",
  udplite: "udplite",
  icmp: "icmp",
  icmpv6: "ipv6-icmp",
};
const NETWORKS: Readonly<Record<string, string>> = { ip: "ipv4", ip6: "ipv6" };

/** The statements as they are listed in a table of this family. */
export function withoutDependencies(statements: readonly NftStatement[], family: NftFamily): NftStatement[] {
  const kept: (NftStatement | undefined)[] = [];
  const stands: { transport?: number; network?: number } = {};
  for (const given of statements) {
    const statement = inTransport(given, kept[stands.transport ?? -1]);
    const words = selectorsOf(statement).map((selector) => selector.split(" ")[0] ?? "");
    const transport = words.map((word) => TRANSPORTS[word]).find((name) => name !== undefined);
    if (transport !== undefined) drop(kept, stands, { layer: "transport", value: transport });
    const network = words.map((word) => NETWORKS[word]).find((name) => name !== undefined);
    if (network !== undefined && !isTransportTest(statement, family)) {
      drop(kept, stands, { layer: "network", value: network });
    }
    if (isTransportTest(statement, family)) stands.transport = kept.length;
    if (isNetworkTest(statement)) stands.network = kept.length;
    const answer = statement.kind === "reject" ? (statement.with ?? "").split(" ")[0] : "";
    const implied = { icmp: "ipv4", icmpv6: "ipv6" }[answer ?? ""];
    if (implied !== undefined) drop(kept, stands, { layer: "network", value: implied });
    kept.push(shortReject(statement, family));
  }
  return kept.filter((statement) => statement !== undefined);
}

/** `th dport` of a packet known to be UDP is `udp dport`. */
function inTransport(statement: NftStatement, test: NftStatement | undefined): NftStatement {
  if (statement.kind !== "match" || test?.kind !== "match" || !("value" in test.against)) return statement;
  const { value } = test.against;
  if (TRANSPORTS[value] === undefined) return statement;
  return { ...statement, selectors: statement.selectors.map((each) => each.replace(/^th /, `${value} `)) };
}

type Layer = "transport" | "network";

function drop(
  kept: (NftStatement | undefined)[],
  stands: { transport?: number; network?: number },
  { layer, value }: { readonly layer: Layer; readonly value: string },
): void {
  const at = stands[layer];
  const test = at === undefined ? undefined : kept[at] as NftMatch | undefined;
  if (at === undefined || test === undefined || !("value" in test.against) || test.against.value !== value) return;
  kept[at] = undefined;
  delete stands[layer];
}

function selectorsOf(statement: NftStatement): readonly string[] {
  if (statement.kind === "match") return statement.selectors;
  return statement.kind === "vmap" ? statement.by : [];
}

function isPlainTest(statement: NftStatement, selectors: readonly string[]): boolean {
  return statement.kind === "match" && statement.selectors.length === 1 && !statement.not &&
    statement.mask === undefined &&
    selectors.includes(statement.selectors[0] ?? "");
}

function isTransportTest(statement: NftStatement, family: NftFamily): boolean {
  const own = family === "ip" ? ["ip protocol"] : family === "ip6" ? ["ip6 nexthdr"] : [];
  return isPlainTest(statement, ["meta l4proto", ...own]);
}

function isNetworkTest(statement: NftStatement): boolean {
  return isPlainTest(statement, ["meta nfproto"]);
}

const DEFAULT_REJECT: Partial<Record<NftFamily, string>> = {
  ip: "icmp port-unreachable",
  ip6: "icmpv6 port-unreachable",
  inet: "icmpx port-unreachable",
  bridge: "icmpx port-unreachable",
};

function shortReject(statement: NftStatement, family: NftFamily): NftStatement {
  return statement.kind === "reject" && statement.with === DEFAULT_REJECT[family] ? { kind: "reject" } : statement;
}
