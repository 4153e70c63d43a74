/** iptables mode at work: jumps ensured, chains restored, partial texts after the first. */
import { netfilterOf, type Task } from "../../linux/mod.ts";
import { mustRun, setSysctls } from "../agent.ts";
import {
  ensuredJumps,
  isServiceChain,
  proxySysctls,
  type ServiceView,
  type Synced,
  syncIptables,
} from "../proxy/mod.ts";
import { ensure, type IptablesTool, unlink } from "./ensure.ts";
import { forgetFlows } from "./flows.ts";
import type { ModeHost, ProxyMode } from "./mode.ts";

/** Chains that kube-proxy takes away with its rules; KUBE-MARK-MASQ and KUBE-FIREWALL stay, others may use them. */
const CLEANED = [
  ["nat", "KUBE-SERVICES"],
  ["nat", "KUBE-NODEPORTS"],
  ["nat", "KUBE-POSTROUTING"],
  ["filter", "KUBE-SERVICES"],
  ["filter", "KUBE-EXTERNAL-SERVICES"],
  ["filter", "KUBE-FORWARD"],
  ["filter", "KUBE-NODEPORTS"],
  ["filter", "KUBE-PROXY-FIREWALL"],
] as const;
const STAYS = "-j KUBE-FIREWALL";

/** kube-proxy's iptables mode. */
export class IptablesMode implements ProxyMode {
  readonly #host: ModeHost;
  readonly #synced = new Map<4 | 6, Synced>();

  constructor(host: ModeHost) {
    this.#host = host;
  }

  async sync(task: Task, views: readonly [ServiceView, ServiceView]): Promise<void> {
    for (const view of views) await this.#syncFamily(task, view);
  }

  async #syncFamily(task: Task, view: ServiceView): Promise<void> {
    const { machine, config } = this.#host;
    const tool = toolOf(view.family);
    const before = this.#synced.get(view.family);
    const { text, full, synced } = syncIptables(view, before, { now: machine.runner.clock.now() });
    if (full) {
      await setSysctls(task, machine, proxySysctls(view, config));
      for (const each of ensuredJumps()) await ensure(task, { machine, tool }, each);
    }
    await mustRun(task, machine, `${tool}-restore --noflush --counters`, text);
    this.#synced.set(view.family, synced);
    forgetFlows(machine, before?.view, view);
  }

  async cleanUp(task: Task): Promise<void> {
    const { machine } = this.#host;
    for (const family of [4, 6] as const) {
      const netfilter = netfilterOf(machine.ns, family);
      if (!netfilter.tables.includes("nat")) continue;
      const own = netfilter.chains("nat").map(({ name }) => name).filter(isServiceChain);
      const at: IptablesTool = { machine, tool: toolOf(family) };
      await unlink(task, at, {
        jumps: ensuredJumps().filter(({ rule }) => rule !== STAYS),
        chains: [
          ...CLEANED.map(([table, chain]) => ({ table, chain })),
          ...own.map((chain) => ({ table: "nat", chain } as const)),
        ],
      });
      this.#synced.delete(family);
    }
  }
}

/** The tool of a family. */
export function toolOf(family: 4 | 6): "iptables" | "ip6tables" {
  return family === 4 ? "iptables" : "ip6tables";
}
