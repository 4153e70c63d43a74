/** Matches of a few words each. */
import { RTN } from "../../rtn.ts";
import { printWords } from "../address.ts";
import type { AddrtypeMatch } from "../match/addrtype.ts";
import type { DscpMatch } from "../match/dscp.ts";
import type { IprangeMatch } from "../match/iprange.ts";
import type { LengthMatch } from "../match/length.ts";
import type { LimitMatch } from "../match/limit.ts";
import type { MacMatch } from "../match/mac.ts";
import type { OwnerMatch } from "../match/owner.ts";
import type { PkttypeMatch } from "../match/pkttype.ts";
import type { PolicyMatch } from "../match/policy.ts";
import type { RpfilterMatch } from "../match/rpfilter.ts";
import type { CpuMatch, EcnMatch, QuotaMatch } from "../match/small.ts";
import type { StatisticMatch } from "../match/statistic.ts";
import type { TcpmssMatch } from "../match/tcpmss.ts";
import type { HlMatch, TtlMatch } from "../match/ttl.ts";
import { rate } from "./hashlimit.ts";
import { joined, layer, span, type Translate, unequal } from "./words.ts";

/** Those that have a name in a translation; the others are not said. */
const TYPES = RTN.slice(0, RTN.indexOf("throw"));

/** `-m addrtype`; where both ends are asked for, the source alone is said. */
export const addrtype: Translate<AddrtypeMatch> = ({ src, dst, limit }) => {
  const types = src ?? dst;
  if (types === undefined) return undefined;
  const names = TYPES.filter((_, i) => types.bits & (1 << i));
  const list = names.length > 1 ? `{ ${names.join(", ")} }` : names.join("");
  const device = limit === undefined ? undefined : limit === "in" ? ". iif" : ". oif";
  return joined("fib", src === undefined ? "daddr" : "saddr", device, "type", types.not && "!=", list);
};

/** `-m iprange`. */
export const iprange: Translate<IprangeMatch> = ({ family, src, dst }) => {
  const one = (selector: string, range: IprangeMatch["src"]) =>
    range && `${layer(family)} ${selector} ${unequal(range.not)}${printWords(range.first)}-${printWords(range.last)}`;
  return joined(one("saddr", src), one("daddr", dst));
};

/** `-m mac`. */
export const mac: Translate<MacMatch> = ({ mac, not }) => `ether saddr ${unequal(not)}${mac.toLowerCase()}`;

/** `-m pkttype`. */
export const pkttype: Translate<PkttypeMatch> = ({ type, not }) => `pkttype ${unequal(not)}${type}`;

/** `-m length`. */
export const length: Translate<LengthMatch> = ({ min, max, not }) => `meta length ${unequal(not)}${span(min, max)}`;

const TTL_MODES = { eq: "", ne: "!= ", lt: "lt ", gt: "gt " } as const;

/** `-m ttl`. */
export const ttl: Translate<TtlMatch> = ({ mode, value }) => `ip ttl ${TTL_MODES[mode ?? "eq"]}${value}`;

/** `-m hl`. */
export const hl: Translate<HlMatch> = ({ mode, value }) => `ip6 hoplimit ${TTL_MODES[mode ?? "eq"]}${value}`;

/** Two digits of a DSCP. */
export function dscpText(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** `-m dscp`. */
export const dscp: Translate<DscpMatch> = ({ value, not }, { family }) =>
  `${layer(family)} dscp ${unequal(not)}${dscpText(value)}`;

/** `-m tcpmss`. */
export const tcpmss: Translate<TcpmssMatch> = ({ min, max, not }) =>
  `tcp option maxseg size ${unequal(not)}${span(min, max)}`;

/** `-m owner`: one of user and group; sockets and further groups have no words. */
export const owner: Translate<OwnerMatch> = ({ uid, gid, socket, supplementary }) => {
  const ids = uid ?? gid;
  const other = socket !== undefined || supplementary || (uid !== undefined && gid !== undefined);
  if (ids === undefined || other) return undefined;
  return `${uid === undefined ? "skgid" : "skuid"} ${unequal(ids.not)}${span(ids.min, ids.max)}`;
};

/** `-m rpfilter`; a packet from an own address alone has no words unless it is the inversion that lets it by. */
export const rpfilter: Translate<RpfilterMatch> = ({ loose, validmark, acceptLocal, invert }) => {
  if (acceptLocal && !invert) return undefined;
  return joined(
    acceptLocal && "fib saddr type != local",
    "fib saddr",
    validmark && ". mark",
    !loose && ". iif",
    "oif",
    invert ? "0" : "!= 0",
  );
};

/** `-m limit`, with its burst. */
export const limit: Translate<LimitMatch> = ({ period, burst }) =>
  `limit rate ${rate(period, 10_000)} burst ${burst} packets`;

/** `-m statistic`. */
export const statistic: Translate<StatisticMatch> = ({ mode, probability, every, packet, not }) =>
  mode === "nth"
    ? `numgen inc mod ${every} ${unequal(not)}${packet}`
    : `meta random & 2147483647 ${not ? ">=" : "<"} ${probability}`;

/** `-m policy` without the elements of a strict one. */
export const policy: Translate<PolicyMatch> = ({ pol, strict }) =>
  strict ? undefined : `meta secpath ${pol === "none" ? "missing" : "exists"}`;

/** `-m cpu`. */
export const cpu: Translate<CpuMatch> = ({ cpu, not }) => `cpu ${unequal(not)}${cpu}`;

/** `-m quota`. */
export const quota: Translate<QuotaMatch> = ({ quota, not }) => `quota ${not ? "over " : ""}${quota} bytes`;

const ECT = ["not-ect", "ect1", "ect0", "ce"];

/** `-m ecn`; one `!` inverts all of it. */
export const ecn: Translate<EcnMatch> = ({ cwr, ece, ect }) => {
  const not = cwr?.not === true || ece?.not === true || ect?.not === true;
  return joined(
    ece && `tcp flags ${unequal(not)}ecn`,
    cwr && `tcp flags ${unequal(not)}cwr`,
    ect && `ip ecn ${unequal(not)}${ECT[ect.value]}`,
  );
};
