/** Every match, in one ordered table. */
import type { Family } from "./address.ts";
import type { Extension } from "./extension.ts";
import { addrtype, type AddrtypeMatch } from "./match/addrtype.ts";
import { comment, type CommentMatch } from "./match/comment.ts";
import { connbytes, type ConnbytesMatch } from "./match/connbytes.ts";
import { connlimit, type ConnlimitMatch } from "./match/connlimit.ts";
import { conntrack, type ConntrackMatch, state, type StateMatch } from "./match/conntrack.ts";
import { dscp, type DscpMatch } from "./match/dscp.ts";
import { hashlimit, type HashlimitMatch } from "./match/hashlimit.ts";
import { helper, type HelperMatch } from "./match/helper.ts";
import { icmp, icmp6, type Icmp6Match, type IcmpMatch } from "./match/icmp.ts";
import { iprange, type IprangeMatch } from "./match/iprange.ts";
import { length, type LengthMatch } from "./match/length.ts";
import { limit, type LimitMatch } from "./match/limit.ts";
import { mac, type MacMatch } from "./match/mac.ts";
import { connmark, type ConnmarkMatch, mark, type MarkMatch } from "./match/mark.ts";
import { multiport, type MultiportMatch } from "./match/multiport.ts";
import { owner, type OwnerMatch } from "./match/owner.ts";
import { physdev, type PhysdevMatch } from "./match/physdev.ts";
import { pkttype, type PkttypeMatch } from "./match/pkttype.ts";
import { policy, type PolicyMatch } from "./match/policy.ts";
import { recent, type RecentMatch } from "./match/recent.ts";
import { rpfilter, type RpfilterMatch } from "./match/rpfilter.ts";
import { sctp, type SctpMatch } from "./match/sctp.ts";
import { set, type SetMatch } from "./match/set.ts";
import * as small from "./match/small.ts";
import { socket, type SocketMatch } from "./match/socket.ts";
import { statistic, type StatisticMatch } from "./match/statistic.ts";
import { string, type StringMatch } from "./match/string.ts";
import { tcp, type TcpMatch } from "./match/tcp.ts";
import { tcpmss, type TcpmssMatch } from "./match/tcpmss.ts";
import { time, type TimeMatch } from "./match/time.ts";
import { tos, type TosMatch } from "./match/tos.ts";
import { hl, type HlMatch, ttl, type TtlMatch } from "./match/ttl.ts";
import { u32, type U32Match } from "./match/u32.ts";
import { udp, type UdpMatch } from "./match/udp.ts";
import { UNMODELLED_MATCHES, type UnmodelledMatch } from "./unmodelled.ts";

/** A match of a rule. */
export type Match =
  | AddrtypeMatch
  | CommentMatch
  | ConnbytesMatch
  | ConnlimitMatch
  | ConnmarkMatch
  | ConntrackMatch
  | DscpMatch
  | HashlimitMatch
  | HelperMatch
  | HlMatch
  | Icmp6Match
  | IcmpMatch
  | IprangeMatch
  | LengthMatch
  | LimitMatch
  | MacMatch
  | MarkMatch
  | MultiportMatch
  | OwnerMatch
  | PhysdevMatch
  | PkttypeMatch
  | PolicyMatch
  | RecentMatch
  | RpfilterMatch
  | SctpMatch
  | SetMatch
  | small.CpuMatch
  | small.EcnMatch
  | small.NfacctMatch
  | small.QuotaMatch
  | SocketMatch
  | StateMatch
  | StatisticMatch
  | StringMatch
  | TcpMatch
  | TcpmssMatch
  | TimeMatch
  | TosMatch
  | TtlMatch
  | U32Match
  | UdpMatch
  | UnmodelledMatch;

/** The matches; registration is a line here. */
export const MATCHES: readonly Extension<Match>[] = [
  tcp,
  udp,
  sctp,
  icmp,
  icmp6,
  multiport,
  iprange,
  mac,
  addrtype,
  conntrack,
  state,
  mark,
  connmark,
  statistic,
  recent,
  limit,
  hashlimit,
  set,
  comment,
  physdev,
  pkttype,
  length,
  ttl,
  hl,
  tos,
  dscp,
  tcpmss,
  owner,
  socket,
  u32,
  string,
  rpfilter,
  connbytes,
  connlimit,
  helper,
  time,
  policy,
  small.nfacct,
  small.cpu,
  small.quota,
  small.ecn,
  ...UNMODELLED_MATCHES,
] as readonly Extension<Match>[];

const byName = new Map<string, Extension<Match>>();
for (const match of MATCHES) for (const name of [match.name, ...match.aliases ?? []]) byName.set(name, match);

/** The match the tool of this family loads by that name. */
export function findMatch(name: string, family: Family): Extension<Match> | undefined {
  const found = byName.get(name);
  return found?.family === undefined || found.family === family ? found : undefined;
}

/** The extension a match belongs to. */
export function matchExtension(match: Match): Extension<Match> {
  return byName.get(match.match === "unmodelled" ? match.name : match.match) as Extension<Match>;
}
