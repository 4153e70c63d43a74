/** ipvs mode at work: the dummy device with the Services' addresses, ipsets, a few rules, and the virtual servers. */
import {
  ipvsOf,
  netfilterOf,
  type RealServer,
  type Scheduler,
  SCHEDULERS,
  type Task,
  type VirtualServer,
} from "../../linux/mod.ts";
import { mustRun, runIn, setSysctls } from "../agent.ts";
import {
  IPVS_CHAINS,
  IPVS_DEVICE,
  IPVS_JUMPS,
  ipvsAddresses,
  ipvsSysctls,
  isIpvsSet,
  printIpvsRules,
  printIpvsSets,
  proxySysctls,
  type ServiceView,
  setsOfView,
  virtualServers,
} from "../proxy/mod.ts";
import { ensure, unlink } from "./ensure.ts";
import { forgetFlows } from "./flows.ts";
import { toolOf } from "./iptables.ts";
import type { ModeHost, ProxyMode } from "./mode.ts";

/** Chains that other modes write as well: the one that starts empties them itself. */
const SHARED = new Set(["KUBE-MARK-MASQ"]);

/** kube-proxy's ipvs mode. */
export class IpvsMode implements ProxyMode {
  readonly #host: ModeHost;
  readonly #before = new Map<4 | 6, ServiceView>();

  constructor(host: ModeHost) {
    this.#host = host;
  }

  async sync(task: Task, views: readonly [ServiceView, ServiceView]): Promise<void> {
    for (const view of views) await this.#syncRules(task, view);
    this.#syncServers(views);
    for (const view of views) {
      forgetFlows(this.#host.machine, this.#before.get(view.family), view);
      this.#before.set(view.family, view);
    }
  }

  async #syncRules(task: Task, view: ServiceView): Promise<void> {
    const { machine, config } = this.#host;
    const tool = toolOf(view.family);
    const run = (line: string, stdin?: string) => mustRun(task, machine, line, stdin);
    if (!this.#before.has(view.family)) {
      const sysctls = { ...proxySysctls(view, config), ...ipvsSysctls(config.ipvs?.strictARP ?? false) };
      await setSysctls(task, machine, sysctls);
      await runIn(task, machine, `ip link add ${IPVS_DEVICE} type dummy`);
    }
    await this.#syncAddresses(task, view);
    if (setsOfView(this.#before.get(view.family)) !== setsOfView(view)) await run("ipset restore", printIpvsSets(view));
    for (const { table, chain } of IPVS_CHAINS) await ensure(task, { machine, tool }, { table, chain });
    for (const each of IPVS_JUMPS) await ensure(task, { machine, tool }, each);
    await run(`${tool}-restore --noflush --counters`, printIpvsRules(view));
  }

  async #syncAddresses(task: Task, view: ServiceView): Promise<void> {
    const { machine } = this.#host;
    const bits = view.family === 4 ? 32 : 128;
    const device = machine.plane.links(machine.ns.id).find(({ name }) => name === IPVS_DEVICE);
    const have = machine.plane.addresses(machine.ns.id).filter(({ dev, address, scope }) =>
      dev === device?.index && address.includes(":") === (view.family === 6) && scope !== LINK_SCOPE
    ).map(({ address }) => address.split("/")[0] ?? "");
    const want = ipvsAddresses(view);
    // IPv6 has no addresses of its own on a device that is down
    if (view.family === 6 && want.length > 0) await mustRun(task, machine, `ip link set ${IPVS_DEVICE} up`);
    const [missing, gone] = [without(want, have), without(have, want)];
    const lines = [
      ...missing.map((address) => `addr add ${address}/${bits} dev ${IPVS_DEVICE}\n`),
      ...gone.map((address) => `addr del ${address}/${bits} dev ${IPVS_DEVICE}\n`),
    ];
    if (lines.length > 0) await mustRun(task, machine, "ip -batch -", lines.join(""));
  }

  /** Virtual servers as they must be; real servers that are gone wait at weight 0 until their TCP connections end. */
  #syncServers(views: readonly ServiceView[]): void {
    const { machine, config } = this.#host;
    const ipvs = ipvsOf(machine.ns);
    const scheduler: Scheduler | undefined = SCHEDULERS.find((each) => each === config.ipvs?.scheduler);
    const busy = new Set(ipvs.connections().map(({ server, real }) => placeOf(server, real)));
    ipvs.replace(
      views.flatMap((view) => virtualServers(view, scheduler)).map((server) => {
        const gone = (ipvs.find(server)?.servers ?? []).filter((real) =>
          !server.servers.some((each) => sameReal(each, real))
        );
        const waiting = server.protocol === "udp" ? [] : gone.filter((real) => busy.has(placeOf(server, real)));
        return { ...server, servers: [...server.servers, ...waiting.map((real) => ({ ...real, weight: 0 }))] };
      }),
    );
  }

  async cleanUp(task: Task): Promise<void> {
    const { machine } = this.#host;
    ipvsOf(machine.ns).replace([]);
    const device = machine.plane.links(machine.ns.id).some(({ name }) => name === IPVS_DEVICE);
    if (!device) return;
    await runIn(task, machine, `ip link del ${IPVS_DEVICE}`);
    for (const family of [4, 6] as const) {
      const chains = IPVS_CHAINS.filter(({ chain }) => !SHARED.has(chain));
      await unlink(task, { machine, tool: toolOf(family) }, { jumps: IPVS_JUMPS, chains });
    }
    const { sets } = netfilterOf(machine.ns);
    for (const { name } of sets.sets.filter((set) => isIpvsSet(set.name))) {
      await runIn(task, machine, `ipset destroy ${name}`);
    }
  }
}

const LINK_SCOPE = 253;

function without(list: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return list.filter((each) => !known.has(each));
}

function sameReal(a: RealServer, b: RealServer): boolean {
  return a.address === b.address && a.port === b.port;
}

function placeOf(server: VirtualServer, real: RealServer): string {
  return `${server.protocol} ${server.address} ${server.port} ${real.address} ${real.port}`;
}
