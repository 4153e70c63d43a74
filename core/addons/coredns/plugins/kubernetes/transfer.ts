import { ipFamily } from "../../../../base/mod.ts";
import { absolute, type Rr, under } from "../../../../dns/mod.ts";
import { matchingZone } from "../../zones.ts";
import { type ClusterIndex, endpointLabel, type PortEntry, type ServiceEntry } from "./index.ts";
import { nameServers } from "./lookup.ts";

/** All records of a cluster zone, as a transfer sends them; the zone may be one below, its names are then made under it. */
export function transferZone(index: ClusterIndex, zone: string, own: readonly string[]): readonly Rr[] | undefined {
  if (matchingZone(index.options.zones, zone) === undefined) return undefined;
  return new Transfer(index, zone).records(own);
}

/** One transfer under way. */
class Transfer {
  constructor(readonly index: ClusterIndex, readonly zone: string) {}

  records(own: readonly string[]): Rr[] {
    const soa = this.#soa();
    const services = [...this.index.services.values()].filter(({ namespace }) => this.index.exposes(namespace))
      .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return [soa, ...this.#servers(own), ...services.flatMap((service) => this.#service(service)), soa];
  }

  #record(name: string, type: string, data: string, ttl = this.index.options.ttl): Rr {
    return { name: under(name, this.zone), type, class: "IN", ttl, data };
  }

  #soa(): Rr {
    const { ttl } = this.index.options;
    const names = `${under("ns.dns", this.zone)} ${under("hostmaster", this.zone)}`;
    const data = `${names} ${this.index.serial} 7200 1800 86400 ${ttl}`;
    return { name: this.zone, type: "SOA", class: "IN", ttl: Math.min(ttl, 300), data };
  }

  /** The servers' addresses have no TTL in a transfer. */
  #servers(own: readonly string[]): Rr[] {
    const { ttl } = this.index.options;
    const found = nameServers(this.index, own);
    const names = [...new Set(found.map(({ key }) => under(key, this.zone)))];
    return [
      ...names.map((name) => ({ name: this.zone, type: "NS", class: "IN", ttl, data: name })),
      ...found.map(({ key, host }) => this.#address(key, host, 0)),
    ];
  }

  #address(name: string, host: string, ttl?: number): Rr {
    return this.#record(name, ipFamily(host) === 4 ? "A" : "AAAA", host, ttl);
  }

  #service(service: ServiceEntry): Rr[] {
    const base = `${service.name}.${service.namespace}.svc`;
    if (service.externalName !== undefined) {
      const named = ipFamily(service.externalName) === undefined;
      return named ? [this.#record(base, "CNAME", absolute(service.externalName))] : [];
    }
    if (service.headless) return this.#endpoints(base, service);
    const target = under(base, this.zone);
    return [
      ...service.clusterIPs.map((ip) => this.#address(base, ip)),
      ...service.ports.filter(({ port }) => port !== -1).flatMap((port) => [
        this.#record(base, "SRV", `0 100 ${port.port} ${target}`),
        ...(port.name === "" ? [] : [this.#record(portName(port, base), "SRV", `0 100 ${port.port} ${target}`)]),
      ]),
    ];
  }

  #endpoints(base: string, { name, namespace }: ServiceEntry): Rr[] {
    const slices = this.index.slices.get(`${namespace}/${name}`) ?? [];
    return slices.flatMap(({ addresses, ports }) => {
      const weight = Math.max(1, Math.floor(100 / Math.max(1, addresses.length)));
      return addresses.flatMap((address) => {
        const own = `${endpointLabel(address, this.index.options.endpointPodNames)}.${base}`;
        const data = ({ port }: PortEntry) => `0 ${weight} ${port} ${under(own, this.zone)}`;
        return [
          this.#address(base, address.ip),
          this.#address(own, address.ip),
          ...ports.filter((port) => port.name !== "").map((port) =>
            this.#record(portName(port, base), "SRV", data(port))
          ),
        ];
      });
    });
  }
}

function portName({ name, protocol }: PortEntry, base: string): string {
  return `_${name.toLowerCase()}._${protocol.toLowerCase()}.${base}`;
}
