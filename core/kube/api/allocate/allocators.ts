import type { KubeObject, Service } from "../../objects/object.ts";
import type { Change, Store } from "../../store/store.ts";
import { IpRange } from "./ip_range.ts";
import { PortRange } from "./port_range.ts";

/** What Services are given addresses and ports from; what is taken follows from the store's Services. */
export class Allocators {
  /** Ranges in the order of the server's flag: the first family is the default. */
  readonly ranges: readonly IpRange[];
  readonly nodePorts: PortRange;

  constructor(store: Store, serviceCIDRs: readonly string[], nodePorts: readonly [number, number]) {
    this.ranges = serviceCIDRs.map((cidr) => new IpRange(cidr));
    this.nodePorts = new PortRange(...nodePorts);
    for (const service of store.list("Service")) this.#count(service, true);
    store.watch((change) => this.#follow(change));
  }

  /** The range of a family, or undefined where the cluster has none. */
  range(family: string): IpRange | undefined {
    return this.ranges.find((range) => range.family === family);
  }

  #follow({ type, object, old }: Change): void {
    if (object.kind !== "Service") return;
    if (old !== undefined) this.#count(old, false);
    if (type !== "DELETED") this.#count(object, true);
  }

  #count(object: KubeObject, taken: boolean): void {
    const { spec } = object as Service;
    for (const ip of spec.clusterIPs ?? []) {
      const range = this.range(ip.includes(":") ? "IPv6" : "IPv4");
      if (ip !== "None") taken ? range?.take(ip) : range?.release(ip);
    }
    const ports = (spec.ports ?? []).map((port) => port.nodePort ?? 0);
    for (const port of new Set([...ports, spec.healthCheckNodePort ?? 0])) {
      if (port !== 0) taken ? this.nodePorts.take(port) : this.nodePorts.release(port);
    }
  }
}
