/** Felix's worlds: machines in the plane with our Felix on them, their state held against the recorded one after every step. */
import { setImmediate } from "node:timers";
import { isFailure, Random, VirtualClock } from "../../core/base/mod.ts";
import { type KubeObject, type Pod, Store } from "../../core/kube/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../../core/linux/mod.ts";
import { interfaceName, startFelix } from "../../core/node/mod.ts";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";
import type { FelixNode, FelixNodeState, FelixStep, FelixWorld } from "./calico_format.ts";
import { type Check, compareLines } from "./kube_proxy_recording.ts";

const START = Date.UTC(2026, 0, 1);
const SETTLED = 1_000;

/** Plays a world; one check per step, node and field that was recorded. */
export async function checkFelixWorld(world: FelixWorld): Promise<Check[]> {
  const stage = await Stage.open(world);
  const checks: Check[] = [];
  const recorded = new Map<string, Partial<FelixNodeState>>();
  for (const [i, step] of world.steps.entries()) {
    const problem = await stage.play(step);
    for (const [node, change] of Object.entries(step.nodes ?? {})) {
      recorded.set(node, { ...recorded.get(node), ...change });
    }
    for (const [node, state] of recorded) {
      const id = `${world.name} ${i} ${node}`;
      if (problem !== undefined) checks.push({ id, problem: `  ${problem}` });
      else checks.push(...await compareState(id, stage.node(node), state));
    }
  }
  return checks;
}

/** The machines of a world, and the one store that they watch. */
class Stage {
  readonly #store = new Store();
  readonly #machines = new Map<string, Machine>();
  readonly #runner: Runner;
  readonly #world: FelixWorld;

  private constructor(world: FelixWorld) {
    this.#world = world;
    const plane = Plane.open(planeBytes(), { seed: 1 });
    this.#runner = new Runner({ plane, clock: new VirtualClock(START), turn });
    const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS]);
    for (const name of world.felix_on) {
      this.#machines.set(name, new Machine({ name, plane, runner: this.#runner, random: new Random(1), programs }));
    }
  }

  static async open(world: FelixWorld): Promise<Stage> {
    const stage = new Stage(world);
    const spaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
    for (const name of spaces) stage.#put({ apiVersion: "v1", kind: "Namespace", metadata: { name } } as KubeObject);
    for (const { object } of world.nodes) stage.#put({ spec: {}, ...object } as KubeObject);
    for (const object of [...world.before, world.config]) stage.#put(object);
    for (const node of world.nodes) {
      const machine = stage.#machines.get(node.name);
      if (machine !== undefined) await setUp(machine, node);
    }
    return stage;
  }

  node(name: string): Machine {
    return this.#machines.get(name) as Machine;
  }

  /** Does a step; what it does that is not modelled, as text. */
  async play(step: FelixStep): Promise<string | undefined> {
    switch (step.do) {
      case "begin":
        this.#start();
        break;
      case "apply":
        for (const object of step.objects ?? []) await this.#apply(object);
        break;
      case "remove":
        for (const object of step.objects ?? []) await this.#remove(object);
        break;
      default:
        return `step ${step.do} is not modelled`;
    }
    await this.#runner.advance(SETTLED);
    return undefined;
  }

  #start(): void {
    for (const [node, machine] of this.#machines) {
      const v6 = (this.#world.config as { spec?: { ipv6Support?: boolean } }).spec?.ipv6Support === true;
      const families = v6 ? [4, 6] as const : [4] as const;
      startFelix({ machine, node, store: this.#store, device: "eth0", mtu: 1500, families });
    }
  }

  async #apply(object: KubeObject): Promise<void> {
    await this.#plug(object);
    this.#put(object);
  }

  /** A pod's host interface, as its CNI plugin would make it. */
  async #plug(object: KubeObject): Promise<void> {
    const machine = this.#ofPod(object);
    if (machine === undefined || object.kind !== "Pod") return;
    const name = interfaceName(object.metadata.namespace ?? "", object.metadata.name);
    if (machine.plane.links(machine.ns.id).some((link) => link.name === name)) return;
    await must(machine, `ip link add ${name} address ee:ee:ee:ee:ee:ee type veth peer name p${name.slice(4)}`);
    await must(machine, `ip link set p${name.slice(4)} addrgenmode none up`);
    await must(machine, `ip link set ${name} up`);
  }

  async #remove(object: KubeObject): Promise<void> {
    const stored = this.#store.get(kindOf(object), object.metadata.name, object.metadata.namespace);
    this.#store.remove(kindOf(object), object.metadata.name, object.metadata.namespace);
    const machine = stored === undefined ? undefined : this.#ofPod(stored);
    if (object.kind !== "Pod" || machine === undefined) return;
    await this.#runner.advance(SETTLED);
    await must(machine, `ip link del ${interfaceName(object.metadata.namespace ?? "", object.metadata.name)}`);
  }

  #ofPod(object: KubeObject): Machine | undefined {
    return this.#machines.get((object as Pod).spec?.nodeName ?? "");
  }

  #put(object: KubeObject): void {
    const filled = object.kind === "Namespace"
      ? {
        ...object,
        metadata: {
          ...object.metadata,
          labels: { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name },
        },
      }
      : object;
    this.#store.put(filled, kindOf(object));
  }
}

/** Under which kind the store keeps an object. */
export function kindOf({ apiVersion, kind }: KubeObject): string {
  return apiVersion.startsWith("projectcalico.org") ? `${kind}.projectcalico.org` : kind;
}

async function setUp(machine: Machine, { name, subnet, v6 }: FelixNode): Promise<void> {
  const index = Number(name.slice(1));
  const { plane, ns } = machine;
  if (!v6) plane.setSysctl(ns.id, "net.ipv6.conf.all.disable_ipv6", 1);
  const dev = plane.addLink(ns.id, { kind: "dummy", name: "eth0" });
  if (isFailure(dev)) throw new Error(dev.errno);
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  const lines = [
    "ip link set lo up",
    `ip link set eth0 address 02:00:00:00:${hex(subnet)}:${hex(index)}`,
    ...["all", "default"].map((conf) => `sysctl -qw net.ipv4.conf.${conf}.rp_filter=0`),
    ...v6 ? ["sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1"] : [],
    ...v6 ? ["sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0"] : [],
    "sysctl -qw net.ipv4.ip_forward=1",
    "ip link set eth0 up",
    `ip addr add 192.168.${subnet}.${10 + index}/24 dev eth0`,
    `ip route add default via 192.168.${subnet}.254`,
    ...v6
      ? [`ip addr add fd00:${subnet}::${10 + index}/64 dev eth0`, `ip -6 route add default via fd00:${subnet}::254`]
      : [],
  ];
  for (const line of lines) await must(machine, line);
}

async function must(machine: Machine, line: string): Promise<string> {
  const { exit, stdout, stderr } = await machine.run(line);
  if (exit !== 0) throw new Error(`${machine.name}: ${line}: ${stderr || stdout}`);
  return stdout;
}

// ------------------------------------------------------------------------------------------------ comparison

/** One check a field of a recorded state. */
export async function compareState(id: string, machine: Machine, state: Partial<FelixNodeState>): Promise<Check[]> {
  const v6 = state.ip6tables !== undefined && state.ip6tables.some((line) => line.includes("cali"));
  return [
    ...compareTables(`${id} iptables`, state.iptables ?? [], await savedLines(machine, "iptables-save")),
    ...v6 ? compareTables(`${id} ip6tables`, state.ip6tables ?? [], await savedLines(machine, "ip6tables-save")) : [],
    compareLines(`${id} ipsets`, setLines(state), await ourSets(machine, v6)),
    compareLines(`${id} routes`, routeLines(state.routes), await ourRoutes(machine, "ip")),
    ...v6 ? [compareLines(`${id} routes6`, routeLines(state.routes6), await ourRoutes(machine, "ip -6"))] : [],
    compareLines(`${id} fdb`, fdbLines(state), await ourFdb(machine)),
    compareLines(`${id} neigh`, neighLines(state), await ourNeighbours(machine)),
    compareLines(`${id} links`, linkLines(state), await ourLinks(machine)),
    compareLines(`${id} sysctls`, sysctlLines(state, v6), await ourSysctls(machine, state, v6)),
  ];
}

/** Chains with their rules, by table: one check each. */
function compareTables(id: string, theirs: readonly string[], ours: readonly string[]): Check[] {
  const [a, b] = [chainsOf(theirs), chainsOf(ours)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().map((chain) =>
    compareLines(`${id} ${chain}`, a.get(chain), b.get(chain))
  );
}

function chainsOf(lines: readonly string[]): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  let table = "";
  for (const line of lines) {
    if (line.startsWith("*")) table = line.slice(1);
    const [, chain, rule = ""] = /^(?::|-A )(\S+) ?(.*)$/.exec(line) ?? [];
    if (chain === undefined) continue;
    const list = chains.get(`${table} ${chain}`) ?? [];
    chains.set(`${table} ${chain}`, list);
    if (line.startsWith("-A")) list.push(rule);
  }
  for (const [chain, rules] of chains) if (/ [A-Z]+$/.test(chain) && rules.length === 0) chains.delete(chain);
  return chains;
}

async function savedLines(machine: Machine, command: string): Promise<string[]> {
  return (await must(machine, command)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

function setLines({ ipsets = {} }: Partial<FelixNodeState>): string[] {
  return Object.entries(ipsets).map(([name, { type, family, members }]) =>
    `${name} ${type} ${family} ${[...members].sort().join(" ")}`
  ).sort();
}

async function ourSets(machine: Machine, v6: boolean): Promise<string[]> {
  const sets = new Map<string, { head: string; members: string[] }>();
  for (const line of (await must(machine, "ipset save")).split("\n")) {
    const [verb, name = "", rest = "", , family] = line.split(" ");
    if (verb === "create") sets.set(name, { head: `${name} ${rest} ${family}`, members: [] });
    if (verb === "add") sets.get(name)?.members.push(rest);
  }
  // Members that are the machine's own IPv6 addresses depend on how many pods' interfaces it has: not here.
  const wanted = [...sets].filter(([name]) => v6 || !name.startsWith("cali60"));
  return wanted.map(([, { head, members }]) => `${head} ${members.sort().join(" ")}`).sort();
}

type Json = readonly Readonly<Record<string, unknown>>[];

/** What a tool answers as JSON. */
export async function json(machine: Machine, line: string): Promise<Json> {
  const text = await must(machine, line);
  return text.trim() === "" ? [] : JSON.parse(text) as Json;
}

const ROUTE_FIELDS = ["type", "dst", "gateway", "dev", "protocol", "scope", "prefsrc", "metric", "flags", "metrics"];

/** The recorder leaves the metric out that connected IPv6 routes have anyway, 256. */
export function routeLines(routes: Json | undefined): string[] {
  return (routes ?? []).filter(({ dst }) => dst !== "fe80::/64").map((route) =>
    ROUTE_FIELDS.map((field) => `${field}=${JSON.stringify(route[field])}`).join(" ").replace(
      "metric=256 ",
      "metric=undefined ",
    )
  ).sort();
}

async function ourRoutes(machine: Machine, ip: string): Promise<string[]> {
  return routeLines(await json(machine, `${ip} -j route show table main`)).map((line) =>
    line.replace("protocol=80", 'protocol="80"')
  );
}

function fdbLines({ fdb = [] }: Partial<FelixNodeState>): string[] {
  return fdb.map(({ mac, ifname, dst }) => `${mac} ${ifname} ${dst}`).sort();
}

async function ourFdb(machine: Machine): Promise<string[]> {
  const lines = (await must(machine, "bridge fdb show")).split("\n").filter((line) => line.includes(" dst "));
  return lines.map((line) => line.replace(/^(\S+) dev (\S+) dst (\S+).*$/, "$1 $2 $3")).sort();
}

function neighLines({ neigh = [] }: Partial<FelixNodeState>): string[] {
  return neigh.map(({ dst, dev, lladdr }) => `${dst} ${dev} ${lladdr}`).sort();
}

async function ourNeighbours(machine: Machine): Promise<string[]> {
  const found = [
    ...await json(machine, "ip -j neigh show nud permanent"),
    ...await json(machine, "ip -6 -j neigh show nud permanent"),
  ];
  return [...new Set(found.map(({ dst, dev, lladdr }) => `${dst} ${dev} ${lladdr}`))].sort();
}

const wantedLink = (name: string): boolean => /^(cali|vxlan|tunl)/.test(name);

function linkLines({ links = [] }: Partial<FelixNodeState>): string[] {
  return links.map(({ ifname, mtu, address }) => `${ifname} ${mtu} ${address}`).sort();
}

async function ourLinks(machine: Machine): Promise<string[]> {
  const links = await json(machine, "ip -j -d link");
  return links.filter(({ ifname }) => wantedLink(String(ifname))).map(({ ifname, mtu, address }) =>
    `${ifname} ${mtu} ${address}`
  ).sort();
}

function sysctlLines({ sysctls = [] }: Partial<FelixNodeState>, v6: boolean): string[] {
  return sysctls.filter((line) => v6 || !line.includes(" ipv6.")).sort();
}

async function ourSysctls(machine: Machine, { sysctls = [] }: Partial<FelixNodeState>, v6: boolean): Promise<string[]> {
  const wanted = sysctls.filter((line) => v6 || !line.includes(" ipv6."));
  const lines = await Promise.all(wanted.map(async (line) => {
    const [device = "", key = ""] = line.split(" ");
    const family = key.startsWith("ipv6.") ? "ipv6" : "ipv4";
    const path = `net/${family}/conf/${device}/${key.replace("ipv6.", "")}`;
    const { stdout } = await machine.run(`sysctl -n ${path}`);
    return `${device} ${key} ${stdout.trim()}`;
  }));
  return lines.sort();
}

/** One macrotask of the host: in Deno a message channel's is none. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
