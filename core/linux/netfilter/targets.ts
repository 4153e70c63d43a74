/** Every target extension, in one ordered table; verdicts and chains are no extensions. */
import type { Family } from "./address.ts";
import type { Extension } from "./extension.ts";
import { CT, type CtTarget, NOTRACK, type NotrackTarget } from "./target/ct.ts";
import { LOG, type LogTarget, NFLOG, type NflogTarget } from "./target/log.ts";
import { CONNMARK, type ConnmarkTarget, MARK, type MarkTarget } from "./target/mark.ts";
import * as nat from "./target/nat.ts";
import { NETMAP, type NetmapTarget } from "./target/netmap.ts";
import { REJECT, type RejectTarget } from "./target/reject.ts";
import { SET, type SetTarget } from "./target/set.ts";
import * as small from "./target/small.ts";
import { TCPMSS, type TcpmssTarget } from "./target/tcpmss.ts";
import { DSCP, type DscpTarget, TOS, type TosTarget } from "./target/tos.ts";
import { HL, type HlTarget, TTL, type TtlTarget } from "./target/ttl.ts";
import { UNMODELLED_TARGETS, type UnmodelledTarget } from "./unmodelled.ts";

/** A target that is an extension. */
export type ExtendedTarget =
  | ConnmarkTarget
  | CtTarget
  | DscpTarget
  | HlTarget
  | LogTarget
  | MarkTarget
  | nat.DnatTarget
  | nat.MasqueradeTarget
  | nat.RedirectTarget
  | nat.SnatTarget
  | NetmapTarget
  | NflogTarget
  | NotrackTarget
  | RejectTarget
  | SetTarget
  | small.ChecksumTarget
  | small.ClassifyTarget
  | small.EcnTarget
  | small.NfqueueTarget
  | small.TraceTarget
  | TcpmssTarget
  | TosTarget
  | TtlTarget
  | UnmodelledTarget;

/** A verdict of the kernel's own. */
export interface Verdict {
  readonly target: "ACCEPT" | "DROP" | "RETURN" | "QUEUE";
}

/** `-j CHAIN`, `-g CHAIN`. */
export interface Jump {
  readonly target: "jump";
  readonly chain: string;
  readonly goto: boolean;
}

/** What a rule does with a packet that matches; a rule without target only counts. */
export type Target = ExtendedTarget | Verdict | Jump;

/** The target extensions; registration is a line here. */
export const TARGETS: readonly Extension<ExtendedTarget>[] = [
  REJECT,
  nat.DNAT,
  nat.SNAT,
  nat.MASQUERADE,
  nat.REDIRECT,
  NETMAP,
  MARK,
  CONNMARK,
  CT,
  NOTRACK,
  LOG,
  NFLOG,
  small.NFQUEUE,
  small.TRACE,
  TTL,
  HL,
  DSCP,
  TOS,
  TCPMSS,
  SET,
  small.CLASSIFY,
  small.CHECKSUM,
  small.ECN,
  ...UNMODELLED_TARGETS,
] as readonly Extension<ExtendedTarget>[];

/** The verdicts by name. */
export const VERDICTS: readonly Verdict["target"][] = ["ACCEPT", "DROP", "RETURN", "QUEUE"];

const byName = new Map<string, Extension<ExtendedTarget>>(TARGETS.map((target) => [target.name, target]));

/** The target extension the tool of this family loads by that name. */
export function findTarget(name: string, family: Family): Extension<ExtendedTarget> | undefined {
  const found = byName.get(name);
  return found?.family === undefined || found.family === family ? found : undefined;
}

/** The extension a target belongs to; undefined for verdicts and jumps. */
export function targetExtension(target: Target): Extension<ExtendedTarget> | undefined {
  return byName.get(target.target === "unmodelled" ? target.name : target.target);
}

/** The name in the target column: `DROP`, `KUBE-SERVICES`, `DNAT`. */
export function targetName(target: Target | undefined): string {
  if (target === undefined) return "";
  if (target.target === "jump") return target.chain;
  return target.target === "unmodelled" ? target.name : target.target;
}
