/** Matches in nft's words, in one table. */
import type { Match } from "../matches.ts";
import { hashlimit } from "./hashlimit.ts";
import { icmp, icmp6 } from "./icmp.ts";
import * as ports from "./ports.ts";
import * as small from "./small.ts";
import { time } from "./time.ts";
import * as tracked from "./tracked.ts";
import { UNMODELLED_MATCH_WORDS } from "./unmodelled.ts";
import { type Around, markTest, type Translate } from "./words.ts";

/** By name; matches that stand here not have no words. */
const MATCHES: { readonly [M in Match["match"]]?: Translate<Extract<Match, { match: M }>> } = {
  tcp: ports.tcp,
  udp: ports.udp,
  sctp: ports.sctp,
  multiport: ports.multiport,
  icmp,
  icmp6,
  iprange: small.iprange,
  mac: small.mac,
  addrtype: small.addrtype,
  conntrack: tracked.conntrack,
  state: tracked.state,
  mark: (m) => markTest("mark", m),
  connmark: tracked.connmark,
  statistic: small.statistic,
  limit: small.limit,
  hashlimit,
  comment: () => "",
  pkttype: small.pkttype,
  length: small.length,
  ttl: small.ttl,
  hl: small.hl,
  dscp: small.dscp,
  tcpmss: small.tcpmss,
  owner: small.owner,
  rpfilter: small.rpfilter,
  connbytes: tracked.connbytes,
  helper: tracked.helper,
  time,
  policy: small.policy,
  cpu: small.cpu,
  quota: small.quota,
  ecn: small.ecn,
  unmodelled: (m, around) => UNMODELLED_MATCH_WORDS[m.name]?.(m, around),
};

/** The words for a match; undefined where there are none. */
export function translateMatch(match: Match, around: Around): string | undefined {
  return (MATCHES[match.match] as Translate<Match> | undefined)?.(match, around);
}
