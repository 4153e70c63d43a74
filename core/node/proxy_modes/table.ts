/** The modes, by their names. */
import type { Task } from "../../linux/mod.ts";
import type { ProxyConfig } from "../proxy/mod.ts";
import { IptablesMode } from "./iptables.ts";
import { IpvsMode } from "./ipvs.ts";
import type { ModeHost, ProxyMode } from "./mode.ts";
import { NftablesMode } from "./nftables.ts";
import { UserspaceMode } from "./userspace.ts";

/** A mode's name. */
export type ModeName = NonNullable<ProxyConfig["mode"]>;

/** What makes each mode; all others are cleaned up when one starts, in this order. */
export const MODES: ReadonlyMap<ModeName, (host: ModeHost) => ProxyMode> = new Map<
  ModeName,
  (host: ModeHost) => ProxyMode
>([
  ["iptables", (host) => new IptablesMode(host)],
  ["nftables", (host) => new NftablesMode(host)],
  ["ipvs", (host) => new IpvsMode(host)],
  ["userspace", (host) => new UserspaceMode(host)],
]);

/** A mode that starts on a node: what other modes left there is taken away first. */
export async function startMode(task: Task, name: ModeName, host: ModeHost): Promise<ProxyMode> {
  for (const [other, make] of MODES) if (other !== name) await make(host).cleanUp(task);
  const make = MODES.get(name);
  if (make === undefined) throw new Error(`kube-proxy has no mode ${name}`);
  return make(host);
}
