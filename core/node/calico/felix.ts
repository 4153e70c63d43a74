/**
 * Felix on one node: policies as rules and sets, routes to the blocks of other nodes, and what a pod's host interface needs,
 * brought about with ipset, iptables-restore, ip, bridge and sysctl.
 */
import { isFailure } from "../../base/mod.ts";
import type { Change, KubeObject, Store } from "../../kube/mod.ts";
import type { Machine, Task } from "../../linux/mod.ts";
import { mustRun, runIn, startAgent } from "../agent.ts";
import {
  ChainMemo,
  type Family,
  felixChange,
  felixInput,
  type FelixSettings,
  type FelixState,
  felixState,
  type FelixView,
  felixView,
  GROUPS,
  routeInput,
  type RouteState,
  routeState,
} from "../network/calico/mod.ts";

/** What Felix is started with. */
export interface FelixOptions extends Omit<FelixSettings, "hostAddresses"> {
  readonly machine: Machine;
  readonly store: Store;
  /** The families it works for. */
  readonly families: readonly Family[];
  /** Hears of every finished sync. */
  synced?(): void;
}

/** How often it writes rules at most, in virtual milliseconds. */
const PERIOD = 100;
const KINDS = new Set(["Pod", "NetworkPolicy", "Namespace", "Node"]);

/** Starts it; it follows the store from now on, until the returned function is called. */
export function startFelix(options: FelixOptions): () => void {
  const { machine, store, node } = options;
  const felix = new Felix(options);
  return startAgent({
    name: `felix on ${node}`,
    store,
    runner: machine.runner,
    period: PERIOD,
    concerns: (change) => isOfInterest(change.object) && !isHeartbeat(change),
    sync: (task) => felix.sync(task),
  });
}

function isOfInterest({ kind, apiVersion }: KubeObject): boolean {
  return KINDS.has(kind) || GROUPS.includes(apiVersion.split("/")[0] as string);
}

/** A node's status says nothing to Felix. */
function isHeartbeat({ type, object, old }: Change): boolean {
  if (type !== "MODIFIED" || object.kind !== "Node" || old === undefined) return false;
  const said = ({ metadata }: KubeObject) => JSON.stringify([metadata.annotations, metadata.labels]);
  return said(object) === said(old);
}

class Felix {
  readonly #options: FelixOptions;
  readonly #memo = new ChainMemo();
  readonly #rules = new Map<Family, FelixState>();
  readonly #routes = new Map<Family, RouteState>();
  /** Interfaces that are set up, with the addresses routed to them. */
  readonly #interfaces = new Map<string, string>();

  constructor(options: FelixOptions) {
    this.#options = options;
  }

  async sync(task: Task): Promise<void> {
    const { store, families, synced } = this.#options;
    const view = felixView(store, this.#settings());
    this.#memo.turn();
    for (const family of families) {
      await this.#applyRoutes(task, view, family);
      await this.#applyRules(task, view, family);
    }
    await this.#applyInterfaces(task, view);
    synced?.();
  }

  #settings(): FelixSettings {
    const { machine: { plane, ns } } = this.#options;
    const pods = new Set(plane.links(ns.id).filter(({ name }) => name.startsWith("cali")).map(({ index }) => index));
    const hostAddresses = plane.addresses(ns.id).filter(({ dev }) => !pods.has(dev)).map(({ address }) =>
      address.split("/")[0] as string
    );
    return { ...this.#options, hostAddresses };
  }

  async #applyRules(task: Task, view: FelixView, family: Family): Promise<void> {
    const { machine } = this.#options;
    const wanted = felixState(felixInput(view, this.#settings(), family), this.#memo);
    const change = felixChange(this.#rules.get(family), wanted);
    const restore = family === 4 ? "iptables-restore" : "ip6tables-restore";
    if (change.setsBefore !== "") await mustRun(task, machine, "ipset restore", change.setsBefore);
    if (change.rules !== "") await mustRun(task, machine, `${restore} --noflush`, change.rules);
    if (change.setsAfter !== "") await mustRun(task, machine, "ipset restore", change.setsAfter);
    this.#rules.set(family, wanted);
  }

  async #applyRoutes(task: Task, view: FelixView, family: Family): Promise<void> {
    const { machine } = this.#options;
    const input = routeInput(view, this.#settings(), family);
    if (input === undefined) return;
    const before = this.#routes.get(family);
    const wanted = routeState(input);
    if (before?.tunnel === undefined) { for (const line of wanted.devices) await mustRun(task, machine, `ip ${line}`); }
    const ip = family === 4 ? "ip" : "ip -6";
    for (const [to, line] of fresh(wanted.neighbours, before?.neighbours)) {
      await mustRun(task, machine, `${ip} neigh replace ${to} ${line}`);
    }
    for (const [mac, line] of fresh(wanted.fdb, before?.fdb)) {
      const old = before?.fdb.get(mac);
      if (old !== undefined) await runIn(task, machine, `bridge fdb del ${mac} ${old}`);
      await mustRun(task, machine, `bridge fdb replace ${mac} ${line}`);
    }
    for (const [, line] of fresh(wanted.routes, before?.routes)) {
      await mustRun(task, machine, `${ip} route replace ${line}`);
    }
    await this.#removeGone(task, { ip, before, wanted });
    this.#routes.set(family, wanted);
  }

  async #removeGone(
    task: Task,
    { ip, before, wanted }: {
      readonly ip: string;
      readonly before: RouteState | undefined;
      readonly wanted: RouteState;
    },
  ): Promise<void> {
    const { machine } = this.#options;
    if (before === undefined) return;
    for (const [, line] of gone(before.routes, wanted.routes)) await runIn(task, machine, `${ip} route del ${line}`);
    for (const [to, line] of gone(before.neighbours, wanted.neighbours)) {
      const [device = ""] = /dev \S+/.exec(line) ?? [];
      await runIn(task, machine, `${ip} neigh del ${to} ${device}`);
    }
    for (const [mac, line] of gone(before.fdb, wanted.fdb)) {
      await runIn(task, machine, `bridge fdb del ${mac} ${line}`);
    }
    if (wanted.tunnel === undefined && before.tunnel !== undefined) {
      await runIn(task, machine, `ip link del ${before.tunnel}`);
    }
  }

  /** Host interfaces that are there get their sysctls and routes; CNI makes and removes them. */
  async #applyInterfaces(task: Task, view: FelixView): Promise<void> {
    const { machine, node, families } = this.#options;
    const { plane, ns } = machine;
    const there = new Set(plane.links(ns.id).filter(({ up }) => up).map(({ name }) => name));
    for (const name of this.#interfaces.keys()) if (!there.has(name)) this.#interfaces.delete(name);
    for (const endpoint of view.endpoints.filter((each) => each.node === node)) {
      const { interface: name } = endpoint;
      const addresses = endpoint.addresses.filter((address) => families.includes(address.includes(":") ? 6 : 4));
      if (!there.has(name) || this.#interfaces.get(name) === addresses.join()) continue;
      await setUpInterface(task, machine, { name, addresses });
      this.#interfaces.set(name, addresses.join());
    }
  }
}

async function setUpInterface(
  task: Task,
  machine: Machine,
  { name, addresses }: { readonly name: string; readonly addresses: readonly string[] },
): Promise<void> {
  const six = addresses.some((address) => address.includes(":"));
  const { plane, ns } = machine;
  if (six) await mustRun(task, machine, `sysctl -qw net.ipv6.conf.${name}.accept_ra=0`);
  for (const [key, value] of interfaceSysctls(name, six)) {
    const refused = plane.setSysctl(ns.id, key, value);
    if (isFailure(refused)) throw new Error(`${machine.name}: ${key}: ${refused.errno}`);
  }
  for (const address of addresses) {
    const [ip, scope] = address.includes(":") ? ["ip -6", ""] : ["ip", " scope link"];
    await mustRun(task, machine, `${ip} route replace ${address} dev ${name}${scope} metric 1024`);
  }
}

/** What Felix writes below /proc/sys/net for a pod's interface. */
function interfaceSysctls(name: string, six: boolean): (readonly [string, number])[] {
  return [
    [`net.ipv4.conf.${name}.rp_filter`, 0],
    [`net.ipv4.conf.${name}.route_localnet`, 1],
    [`net.ipv4.conf.${name}.proxy_arp`, 1],
    [`net.ipv4.conf.${name}.forwarding`, 1],
    [`net.ipv4.neigh.${name}.proxy_delay`, 0],
    ...six ? [[`net.ipv6.conf.${name}.proxy_ndp`, 1], [`net.ipv6.conf.${name}.forwarding`, 1]] as const : [],
  ];
}

type Lines = ReadonlyMap<string, string>;

function fresh(wanted: Lines, before: Lines | undefined): (readonly [string, string])[] {
  return [...wanted].filter(([key, line]) => before?.get(key) !== line);
}

function gone(before: Lines, wanted: Lines): (readonly [string, string])[] {
  return [...before].filter(([key]) => !wanted.has(key));
}
