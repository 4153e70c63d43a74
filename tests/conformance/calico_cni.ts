/**
 * Calico's CNI worlds: nodes on switches behind a router, our plugins called as a runtime calls them, and packets between the pods.
 *
 *     n1, n2 -- switch -- router (.254) -- 203.0.113.1
 */
import { isFailure } from "../../core/base/mod.ts";
import { type CniResult, isCniError, runConflist } from "../../core/container/mod.ts";
import { ApiServer, isStatus, type KubeObject, type Pod, Store } from "../../core/kube/mod.ts";
import { attempt, type Outcome } from "../../core/lab/probe.ts";
import { plug, portOf } from "../../core/lab/wiring.ts";
import { World } from "../../core/lab/world.ts";
import { addNamespace, Machine, type Namespace, removeNamespace } from "../../core/linux/mod.ts";
import { calicoPlugins, clusterIpam, defineCalico, NODE_ANNOTATIONS, startFelix } from "../../core/node/mod.ts";
import { defaultHost } from "../../mod.ts";
import type { FelixNode, FelixNodeState, FelixStep, FelixWorld, RecordedProbe } from "./calico_format.ts";
import { compareState, json, kindOf, routeLines } from "./calico_felix.ts";
import { type Check, same } from "./kube_proxy_recording.ts";

const SETTLED = 1_000;
const OUTSIDE = "203.0.113.1";
const PORT = 7777;
const PING = "sysctl -qw net.ipv4.ping_group_range='0 2147483647'";

/** Plays a world; checks of every call, probe and state. */
export async function checkCniWorld(world: FelixWorld): Promise<Check[]> {
  const stage = await CniStage.open(world);
  const checks: Check[] = [];
  const recorded = new Map<string, Partial<FelixNodeState>>();
  for (const [i, step] of world.steps.entries()) {
    checks.push(...await stage.play(`cni ${world.name} ${i}`, step));
    for (const [node, change] of Object.entries(step.nodes ?? {})) {
      recorded.set(node, { ...recorded.get(node), ...change });
    }
    for (const [node, state] of recorded) {
      checks.push(...await compareState(`cni ${world.name} ${i} ${node}`, stage.machine(node), state));
    }
  }
  return checks;
}

class CniStage {
  readonly #world = new World(defaultHost(), 1, false);
  readonly #store = new Store();
  readonly #api: ApiServer;
  readonly #recorded: FelixWorld;
  /** Namespaces of pods, by `NAMESPACE/NAME`. */
  readonly #pods = new Map<string, Namespace>();

  private constructor(recorded: FelixWorld) {
    this.#recorded = recorded;
    this.#api = new ApiServer({
      store: this.#store,
      clock: this.#world.clock,
      random: this.#world.random,
      serviceCIDRs: ["10.96.0.0/12"],
      nodePorts: [30000, 32767],
      admission: { serviceAccount: false },
      version: "v1.36.3",
      address: "https://192.168.7.10:46443",
    });
  }

  static async open(recorded: FelixWorld): Promise<CniStage> {
    const stage = new CniStage(recorded);
    for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
      stage.#create({ apiVersion: "v1", kind: "Namespace", metadata: { name } } as KubeObject);
    }
    defineCalico(stage.#api);
    for (const object of [...recorded.before, recorded.config]) stage.#create(object);
    for (const node of recorded.nodes) await stage.#setUp(node);
    await stage.#router();
    return stage;
  }

  machine(name: string): Machine {
    return this.#world.machines.get(name) as Machine;
  }

  async play(id: string, step: FelixStep): Promise<Check[]> {
    const checks = await this.#do(id, step);
    await this.#world.runner.advance(SETTLED);
    return checks;
  }

  async #do(id: string, step: FelixStep): Promise<Check[]> {
    switch (step.do) {
      case "begin":
        for (const { name } of this.#recorded.nodes) this.#start(name);
        return [];
      case "apply":
        for (const object of step.objects ?? []) this.#create(object);
        return [];
      case "cni":
        return await this.#cni(id, step);
      case "probe":
        return await this.#probe(id, step.results ?? []);
      default:
        return [{ id, problem: `  step ${step.do} is not modelled` }];
    }
  }

  #create(object: KubeObject): void {
    if (kindOf(object) !== object.kind) {
      this.#store.put(object, kindOf(object));
      return;
    }
    const answer = this.#api.create(structuredClone(object));
    if (isStatus(answer)) throw new Error(`${object.kind} ${object.metadata.name}: ${answer.message}`);
  }

  async #setUp({ name, subnet, object }: FelixNode): Promise<void> {
    const machine = this.#world.addMachine(name);
    const index = Number(name.slice(1));
    const hex = (n: number) => n.toString(16).padStart(2, "0");
    plug(
      this.#world.plane,
      { ns: machine.ns.id, device: "eth0", mac: `02:00:00:00:${hex(subnet)}:${hex(index)}` },
      portOf(this.#world.plane, this.#world.switch(`s${subnet}`)),
    );
    await must(
      machine,
      "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0",
    );
    await must(machine, PING);
    await must(machine, `ip addr add 192.168.${subnet}.${10 + index}/24 dev eth0`);
    await must(machine, `ip route add default via 192.168.${subnet}.254`);
    this.#create({ spec: {}, ...object } as KubeObject);
    this.#tunnel(name);
  }

  /** The tunnel's address is IPAM's, under a handle of the node's. */
  #tunnel(node: string): void {
    const vxlan = this.#recorded.before.some((object) =>
      (object as unknown as { spec?: { vxlanMode?: string } }).spec?.vxlanMode === "Always"
    );
    const object = structuredClone(this.#store.get("Node", node)) as KubeObject;
    const annotations = { ...object.metadata.annotations };
    if (vxlan) {
      const ask = { host: node, family: 4, count: 1, handle: `vxlan-tunnel-addr-${node}`, use: "Tunnel" } as const;
      const attributes = { node, type: "vxlanTunnelAddress" };
      const { addresses } = clusterIpam(this.#api).autoAssign({ ...ask, attributes });
      annotations[NODE_ANNOTATIONS[4].tunnel] = addresses[0]?.split("/")[0] as string;
    }
    const answer = this.#api.update({ ...object, metadata: { ...object.metadata, annotations } });
    if (isStatus(answer)) throw new Error(answer.message);
  }

  async #router(): Promise<void> {
    const router = this.#world.addMachine("router");
    const { plane } = this.#world;
    await must(router, "sysctl -qw net.ipv4.ip_forward=1");
    for (const subnet of new Set(this.#recorded.nodes.map((node) => node.subnet))) {
      const device = `s${subnet}`;
      plug(plane, { ns: router.ns.id, device }, portOf(plane, this.#world.switch(device)));
      await must(router, `ip addr add 192.168.${subnet}.254/24 dev ${device}`);
    }
    await must(router, `ip addr add ${OUTSIDE}/32 dev lo`);
  }

  #start(node: string): void {
    startFelix({ machine: this.machine(node), node, store: this.#store, device: "eth0", mtu: 1500, families: [4] });
  }

  // ---------------------------------------------------------------------------------------------- calls

  async #cni(id: string, step: FelixStep): Promise<Check[]> {
    const { node = "", pod = "", namespace = "default", command = "ADD", conf = {} } = step;
    const key = `${namespace}/${pod}`;
    if (step.object) this.#create(plainPod(node, namespace, pod));
    const ns = this.#pods.get(key) ?? addNamespace(this.#world.plane);
    this.#pods.set(key, ns);
    this.#world.plane.setSysctl(ns.id, "net.ipv6.conf.all.disable_ipv6", 1);
    this.#world.plane.setLink(ns.id, 1, { up: true });
    await this.#letPing(ns);
    const list = { name: conf["name"], cniVersion: conf["cniVersion"], plugins: [conf] };
    const answer = runConflist(JSON.stringify(list), command, {
      machine: this.machine(node),
      plugins: calicoPlugins(this.#api, node),
      env: {
        containerId: `container-${pod}`,
        netns: ns,
        netnsPath: `/run/netns/p-${namespace}-${pod}`,
        ifname: "eth0",
        args: { K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: pod },
      },
    });
    const refused = isCniError(answer);
    const checks = [
      same(`${id} rc`, step.rc, refused ? 1 : 0),
      same(
        `${id} result`,
        step.result,
        command === "DEL" ? null : refused ? { code: answer.code, msg: answer.msg } : this.#result(pod, ns, answer),
      ),
      same(
        `${id} annotations`,
        step.pod_annotations ?? null,
        this.#store.get("Pod", pod, namespace)?.metadata.annotations ?? null,
      ),
      same(`${id} blocks`, ordered(step.blocks), ordered(this.#blocks())),
    ];
    if (step.pod_state !== undefined) checks.push(...await this.#podState(id, step, ns));
    if (command === "DEL") {
      removeNamespace(ns);
      this.#pods.delete(key);
    }
    return checks;
  }

  /** Sockets for echo requests are everybody's, as container runtimes have it. */
  async #letPing(ns: Namespace): Promise<void> {
    const { plane, runner, random } = this.#world;
    const { programs } = [...this.#world.machines.values()][0] as Machine;
    await must(new Machine({ name: "pod", plane, runner, random: random.split("ping"), ns, programs }), PING);
  }

  /** As version 0.3.1 of the specification words it. */
  #result(pod: string, ns: Namespace, { cniVersion, interfaces, ips, routes, dns }: CniResult): unknown {
    const mac = this.#world.plane.links(ns.id).find(({ name }) => name === "eth0")?.mac;
    return {
      cniVersion,
      interfaces: interfaces?.map((each) => each.mac === undefined ? each : { ...each, mac: drawn(pod, mac) }),
      ips: ips?.map((ip) => ({
        version: ip.address.includes(":") ? "6" : "4",
        interface: ip.interface,
        address: ip.address,
      })),
      ...(routes === undefined ? {} : { routes }),
      dns,
    };
  }

  #blocks(): Record<string, unknown> {
    return Object.fromEntries(
      clusterIpam(this.#api).data.blocks().map((block) => [block.cidr, {
        affinity: block.affinity ?? null,
        allocations: Object.fromEntries(
          block.allocations.flatMap((index, ordinal) => index === null ? [] : [[ordinal, index]]),
        ),
        unallocated: block.unallocated,
        attributes: block.attributes.map((each) =>
          each.secondary?.["timestamp"] === undefined
            ? each
            : { ...each, secondary: { ...each.secondary, timestamp: "*" } }
        ),
      }]),
    );
  }

  async #podState(id: string, step: FelixStep, ns: Namespace): Promise<Check[]> {
    const { pod = "", node = "", pod_state: wanted } = step;
    const { plane } = this.#world;
    const link = plane.links(ns.id).find(({ name }) => name === "eth0");
    const inside = new Machine({
      name: pod,
      plane,
      runner: this.#world.runner,
      random: this.#world.random.split(pod),
      ns,
      programs: this.machine(node).programs,
    });
    const addrs = plane.addresses(ns.id).filter(({ dev }) => dev === link?.index).map(({ address }) => address);
    const host = String(step.host_interface?.["name"]);
    const outside = plane.links(this.machine(node).ns.id).find(({ name }) => name === host);
    return [
      same(`${id} mtu`, wanted?.mtu, link?.mtu),
      same(`${id} mac`, wanted?.address, drawn(pod, link?.mac)),
      same(
        `${id} addrs`,
        wanted?.addrs.filter(({ family }) => family === "inet").map(({ local, prefixlen }) => `${local}/${prefixlen}`),
        addrs,
      ),
      same(`${id} routes`, routeLines(wanted?.routes), routeLines(await json(inside, "ip -j route"))),
      same(`${id} host`, step.host_interface, { name: host, mtu: outside?.mtu, address: outside?.mac }),
    ];
  }

  // ---------------------------------------------------------------------------------------------- probes

  async #probe(id: string, results: readonly RecordedProbe[]): Promise<Check[]> {
    const checks: Check[] = [];
    for (const wanted of results) {
      const { from, to, address, protocol } = wanted;
      const [source, target] = [this.#namespace(from), this.#namespace(to)];
      const outcome = await attempt(this.#world, { from: source, address, port: PORT, protocol });
      const ours = this.#seen(outcome, { source, target, protocol });
      const theirs = { answer: wanted.answer, ttl: wanted.ttl, source_seen: wanted.source_seen };
      checks.push(same(`${id} ${from} > ${to} ${protocol}`, theirs, ours));
    }
    return checks;
  }

  /** Nobody listens here: a refusal is an answer, too. */
  #seen(
    { verdict, records }: Outcome,
    { source, target, protocol }: { readonly source: number; readonly target: number; readonly protocol: string },
  ): unknown {
    const answer = verdict === "delivered" || verdict === "refused";
    if (!answer) return { answer, ttl: undefined, source_seen: undefined };
    const back = records.findLast(({ ns }) => ns === source)?.packet;
    const there = records.find(({ ns, packet }) => ns === target && packet.dport === PORT)?.packet;
    return {
      answer,
      ttl: protocol === "icmp" ? back?.ttl : undefined,
      source_seen: protocol === "icmp" ? undefined : there?.src,
    };
  }

  #namespace(name: string): number {
    const machine = this.#world.machines.get(name === "outside" ? "router" : name);
    const ns = machine?.ns ?? this.#pods.get(`default/${name}`);
    if (ns === undefined || isFailure(ns)) throw new Error(`nobody is called ${name}`);
    return ns.id;
  }
}

/** A MAC that was drawn by chance stands as its place. */
function drawn(pod: string, mac: string | undefined): string | undefined {
  return mac === "1c:0c:0a:c0:ff:ee" ? mac : `<${pod}/eth0>`;
}

function plainPod(node: string, namespace: string, name: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: { nodeName: node, containers: [{ name: "c", image: "x" }] },
  } as Pod;
}

async function must(machine: Machine, line: string): Promise<void> {
  const { exit, stdout, stderr } = await machine.run(line);
  if (exit !== 0) throw new Error(`${machine.name}: ${line}: ${stderr || stdout}`);
}

/** Keys in order, so that only values count. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, ordered(each)]));
}
