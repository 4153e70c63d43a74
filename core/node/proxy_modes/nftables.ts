/** nftables mode at work: one table a family, changed by transactions. */
import { nftOf, type Task } from "../../linux/mod.ts";
import { setSysctls } from "../agent.ts";
import { type NftSynced, PROXY_TABLE, proxySysctls, type ServiceView, syncNftables } from "../proxy/mod.ts";
import { forgetFlows } from "./flows.ts";
import type { ModeHost, ProxyMode } from "./mode.ts";

const FAMILIES = { 4: "ip", 6: "ip6" } as const;

/** kube-proxy's nftables mode. */
export class NftablesMode implements ProxyMode {
  readonly #host: ModeHost;
  readonly #synced = new Map<4 | 6, NftSynced>();

  constructor(host: ModeHost) {
    this.#host = host;
  }

  async sync(task: Task, views: readonly [ServiceView, ServiceView]): Promise<void> {
    for (const view of views) await this.#syncFamily(task, view);
  }

  async #syncFamily(task: Task, view: ServiceView): Promise<void> {
    const { machine, config } = this.#host;
    const ruleset = nftOf(machine.ns);
    const before = this.#synced.get(view.family);
    const table = ruleset.tables.find(FAMILIES[view.family], PROXY_TABLE);
    const sync = syncNftables(view, before, {
      now: machine.runner.clock.now(),
      ...(table === undefined || before !== undefined ? {} : { existing: ruleset.now(table) }),
    });
    if (sync.full) await setSysctls(task, machine, proxySysctls(view, config));
    for (const transaction of sync.transactions) {
      const refused = ruleset.apply(transaction);
      if (refused !== undefined) throw new Error(`nft refused our transaction: ${refused.errno} ${refused.what ?? ""}`);
    }
    this.#synced.set(view.family, sync.synced);
    forgetFlows(machine, before?.view, view);
  }

  cleanUp(): Promise<void> {
    const ruleset = nftOf(this.#host.machine.ns);
    for (const family of [4, 6] as const) {
      if (ruleset.tables.find(FAMILIES[family], PROXY_TABLE) === undefined) continue;
      const change = { verb: "delete", kind: "table", name: PROXY_TABLE } as const;
      ruleset.apply({ family: FAMILIES[family], table: PROXY_TABLE, changes: [change] });
      this.#synced.delete(family);
    }
    return Promise.resolve();
  }
}
