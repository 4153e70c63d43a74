import { Feed, Random, VirtualClock } from "../base/mod.ts";
import type { Change, KubeObject, Pod, Service } from "../kube/mod.ts";
import { Machine, type Program, Runner } from "../linux/mod.ts";
import { PROGRAMS } from "../tools/mod.ts";
import { Plane } from "../../wasm/mod.ts";
import type { LabEvent } from "./answers.ts";
import type { LabHost } from "./host.ts";
import { switchFor } from "./wiring.ts";

/** When a lab begins in virtual time unless its host says otherwise: so that dates in logs and headers are the same on every run. */
export const EPOCH = Date.UTC(2026, 0, 1);

/** What Debian has of IPv6 in /etc/hosts. */
const HOSTS6 = "::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n";

/** What a machine of a lab may have of its own. */
export interface MachineParts {
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: ReadonlyMap<string, Program>;
}

/** The ground a lab stands on: one plane, one clock, one runner, one source of chance, and the machines by name. */
export class World {
  readonly plane: Plane;
  readonly clock: VirtualClock;
  /** When it began, in virtual milliseconds since 1970. */
  readonly start: number;
  readonly runner: Runner;
  readonly random: Random;
  /** Every machine: those of the lab file, nodes, the router, the client outside. Containers are not in it. */
  readonly machines = new Map<string, Machine>();
  /** Namespaces of switches by name. */
  readonly switches = new Map<string, number>();

  /** What happened, with virtual milliseconds since the beginning. */
  readonly log = new Feed<LabEvent>();

  /** `ipv6`: whether machines speak IPv6 from their boot on. */
  constructor(host: LabHost, seed: number, readonly ipv6 = false) {
    this.start = host.start ?? EPOCH;
    this.plane = Plane.open(host.module, { seed });
    this.clock = new VirtualClock(this.start);
    this.runner = new Runner({ plane: this.plane, clock: this.clock, turn: host.turn });
    this.random = new Random(seed);
  }

  /** Writes a change of an object into the log. */
  noteChange({ type, object }: Change): void {
    const { namespace, name, resourceVersion } = object.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    this.log.say({
      time: this.clock.now() - this.start,
      text: `${type} ${object.kind} ${key} version ${resourceVersion}${summary(object)}`,
    });
  }

  /** Makes a machine: Debian's programs and files, loopback up, IPv6 off unless the lab speaks of it. */
  addMachine(name: string, parts: MachineParts = {}): Machine {
    if (this.machines.has(name)) throw new RangeError(`two machines are called ${name}`);
    const machine = new Machine({
      name,
      plane: this.plane,
      runner: this.runner,
      random: this.random.split(`machine ${name}`),
      programs: parts.programs ?? PROGRAMS,
      files: {
        "/etc/hosts": `127.0.0.1 localhost\n127.0.1.1 ${name}\n${this.ipv6 ? HOSTS6 : ""}`,
        "/etc/resolv.conf": "",
        ...parts.files,
      },
    });
    this.machines.set(name, machine);
    const refused = this.plane.setLink(machine.ns.id, 1, { up: true });
    if (refused !== null) throw new Error(`lo of ${name}: ${refused.errno}`);
    if (!this.ipv6) this.plane.setSysctl(machine.ns.id, "net.ipv6.conf.all.disable_ipv6", 1);
    return machine;
  }

  /** The namespace of a switch: nothing but a bridge called like the switch. Made when first asked for. */
  switch(name: string): number {
    const known = this.switches.get(name);
    if (known !== undefined) return known;
    const ns = switchFor(this.plane, name);
    this.switches.set(name, ns);
    return ns;
  }

  /** Whether a switch of that name was made. */
  hasSwitch(name: string): boolean {
    return this.switches.has(name);
  }

  /** Gives the plane's memory back; nothing can be asked afterwards. */
  close(): void {
    this.plane.free();
  }
}

/** What of an object is worth a place in the log: where a pod is and how it is, a Service's address. */
function summary(object: KubeObject): string {
  if (object.kind === "Pod") {
    const { spec, status } = object as Pod;
    const ready = status.conditions?.find(({ type }) => type === "Ready")?.status ?? "False";
    return ` node ${spec.nodeName ?? "-"} ip ${status.podIP ?? "-"} ${status.phase ?? "Pending"} ready ${ready}`;
  }
  if (object.kind === "Service") return ` ip ${(object as Service).spec.clusterIP ?? "-"}`;
  return "";
}
