import { ipFamily, isIp } from "../../../../base/mod.ts";
import { absolute, addressOfReverse, isUnder, parseResolvConf, type Rr, under } from "../../../../dns/mod.ts";
import { written } from "../../outcome.ts";
import type { DnsPlugin, DnsQuery, Host, Next, Outcome } from "../../plugin.ts";
import { fallsThrough } from "../../setup.ts";
import { matchingZone, normalizeZones } from "../../zones.ts";
import { externalOf } from "./external.ts";
import { ClusterIndex } from "./index.ts";
import { type Found, type Lookup, lookUp, nameServers, reverseLookUp } from "./lookup.ts";
import { tellLabels } from "./labels.ts";
import { reasonOf } from "./reason.ts";
import { readKubernetes } from "./setup.ts";
import { transferZone } from "./transfer.ts";

/** Version of the Kubernetes DNS specification, and its TTL. */
const DNS_VERSION = '"1.1.0"';
const DNS_VERSION_TTL = 28_800;
/** How many names an ExternalName may lead through. */
const CHAIN_LIMIT = 10;

/** kubernetes: names and addresses of Services, endpoints and pods (the Kubernetes DNS specification). */
export const kubernetes: DnsPlugin = {
  name: "kubernetes",
  setup(corefile, { host: machine, cluster, zones, sibling }) {
    const bound = boundAddresses(sibling("bind")?.hosts ?? []);
    const host = bound.length === 0 ? machine : { ...machine, addresses: bound };
    const options = readKubernetes(corefile, zones);
    const search = parseResolvConf(host.readFile("/etc/resolv.conf") ?? "").search.flatMap(normalizeZones);
    const index = new ClusterIndex(cluster, options, () => host.clock.now());
    return {
      handle: (query, next) => new Answering(query, index.current(), host).answer(next),
      ready: () => index.synced,
      external: externalOf(index, host.addresses),
      labels: (query, labels) => tellLabels(index.current(), query, labels),
      searchPath: (query) => searchPath(index.current(), query, search),
      reason: (query) => reasonOf(index.current(), query),
      transfer: (zone) => transferZone(index.current(), zone, host.addresses),
    };
  },
};

/** The search list of the pod that asks, the node's own behind it, and the name as it is; none for who is no pod. */
function searchPath(index: ClusterIndex, query: DnsQuery, node: readonly string[]): readonly string[] {
  const zone = matchingZone(index.options.zones, query.name);
  const [pod] = index.podsByIp.get(query.client.address) ?? [];
  if (zone === undefined || pod === undefined) return [];
  return [under(`${pod.namespace}.svc`, zone), under("svc", zone), zone, ...node, ""];
}

/** The addresses a block is bound to, loopback ones aside; `ADDRESS/BITS` counts as its address. */
export function boundAddresses(hosts: readonly string[]): string[] {
  return hosts.map((host) => host.split("/")[0] as string).filter((host) => isIp(host) && !/^(127\.|::1$)/.test(host));
}

/** What a kind of question found: records, or that the name does not exist. */
type Records = { readonly answers: readonly Rr[]; readonly additionals?: readonly Rr[]; readonly truncated?: boolean };

/** One question to the cluster's zones. */
class Answering {
  /** The zone in the case of the question; owners and the SOA carry it. */
  readonly #zone: string;
  readonly #matched: string | undefined;

  constructor(readonly query: DnsQuery, readonly index: ClusterIndex, readonly host: Host) {
    this.#matched = matchingZone(index.options.zones, query.name);
    this.#zone = this.#matched === undefined ? "." : query.question.name.slice(-this.#matched.length);
  }

  async answer(next: Next): Promise<Outcome> {
    const { type } = this.query.question;
    if (this.#matched === undefined) return await next(this.query);
    if (type === "AXFR" || type === "IXFR") return { rcode: "REFUSED" };
    const records = await this.#records(type);
    if (records === "missing") {
      if (fallsThrough(this.index.options.fall, this.query.name)) return await next(this.query);
      return written(this.query, { authorities: [this.#soa()] }, {
        rcode: this.index.synced ? "NXDOMAIN" : "SERVFAIL",
      });
    }
    const { answers, additionals = [], truncated = false } = records;
    if (answers.length === 0) return written(this.query, { authorities: [this.#soa()] });
    return written(this.query, { answers, additionals }, { truncated });
  }

  async #records(type: string): Promise<Records | "missing"> {
    switch (type) {
      case "A":
      case "AAAA":
        return await this.#addresses(this.query.question.name, type, []);
      case "SRV":
        return this.#services();
      case "TXT":
        return this.#text();
      case "CNAME":
        return this.#alias();
      case "PTR":
        return this.#pointer();
      case "SOA":
        return { answers: this.query.name === this.#matched ? [this.#soa()] : [] };
      case "NS":
        if (this.query.name === this.#matched) return this.#nameServers();
    }
    return this.#find(this.query.name) === "missing" ? "missing" : { answers: [] };
  }

  #record(name: string, type: string, data: string, ttl = this.index.options.ttl): Rr {
    return { name, type, class: "IN", ttl, data };
  }

  /** What a name of the zone stands for; names of reverse zones stand for nothing but their address. */
  #find(name: string): Lookup {
    const left = name.slice(0, -(this.#matched as string).length);
    if (left === "ns.dns.") return nameServers(this.index, this.host.addresses);
    if (/\.(in-addr|ip6)\.arpa\.$/.test(name)) return "missing";
    return lookUp(this.index, left, this.#matched as string);
  }

  async #addresses(name: string, type: "A" | "AAAA", before: readonly Rr[]): Promise<Records | "missing"> {
    const found = this.#find(name.toLowerCase());
    if (found === "missing") return found;
    const family = type === "A" ? 4 : 6;
    const own = new Set(found.filter(({ host }) => ipFamily(host) === family).map(({ host }) => host));
    const answers = [...own].map((host) => this.#record(name, type, host));
    const alias = found.find(({ host }) => ipFamily(host) === undefined);
    return alias === undefined ? { answers } : await this.#follow(name, type, { target: absolute(alias.host), before });
  }

  /** The way of an ExternalName: inside the zone by ourselves, outside through the whole server. */
  async #follow(
    name: string,
    type: "A" | "AAAA",
    { target, before }: { readonly target: string; readonly before: readonly Rr[] },
  ): Promise<Records> {
    const alias = this.#record(name, "CNAME", target);
    const seen = before.some((rr) => rr.data.toLowerCase() === target.toLowerCase());
    if (target.toLowerCase() === name.toLowerCase() || seen || before.length >= CHAIN_LIMIT) return { answers: [] };
    if (isUnder(target, this.#matched as string)) {
      const inner = await this.#addresses(target, type, [...before, alias]);
      if (inner === "missing" || inner.answers.length === 0) return { answers: [] };
      return { answers: [alias, ...inner.answers], truncated: inner.truncated ?? false };
    }
    const { reply } = await this.query.ask(target, type);
    return { answers: [alias, ...reply?.answers ?? []], truncated: reply?.flags.tc ?? false };
  }

  /** Weights are shares of 100, counted before duplicates go. */
  #services(): Records | "missing" {
    const found = this.#find(this.query.name);
    if (found === "missing") return found;
    const items = found.filter(({ host }) => ipFamily(host) !== undefined);
    const weight = Math.max(1, Math.floor(100 / Math.max(1, items.length)));
    const answers = new Map<string, Rr>();
    const additionals = new Map<string, Rr>();
    for (const { host, port, key } of items.filter((item) => item.port !== -1)) {
      const target = under(key, this.#zone);
      const data = `0 ${weight} ${port} ${target}`;
      answers.set(data, this.#record(this.query.question.name, "SRV", data));
      additionals.set(`${target} ${host}`, this.#address(target, host));
    }
    return { answers: [...answers.values()], additionals: [...additionals.values()] };
  }

  #address(name: string, host: string): Rr {
    return this.#record(name, ipFamily(host) === 4 ? "A" : "AAAA", host);
  }

  #text(): Records | "missing" {
    if (this.query.name === `dns-version.${this.#matched}`) {
      return { answers: [this.#record(this.query.question.name, "TXT", DNS_VERSION, DNS_VERSION_TTL)] };
    }
    const found = this.query.name.startsWith("ns.dns.") ? "missing" : this.#find(this.query.name);
    return found === "missing" || found.length === 0 ? "missing" : { answers: [] };
  }

  #alias(): Records | "missing" {
    const found = this.#find(this.query.name);
    if (found === "missing") return found;
    const first: Found | undefined = found[0];
    if (first === undefined || ipFamily(first.host) !== undefined) return { answers: [] };
    return { answers: [this.#record(this.query.question.name, "CNAME", absolute(first.host))] };
  }

  #pointer(): Records | "missing" {
    const ip = addressOfReverse(this.query.name);
    if (ip === undefined) return this.#find(this.query.name) === "missing" ? "missing" : { answers: [] };
    const names = reverseLookUp(this.index, ip);
    if (names.length === 0) return "missing";
    const zone = this.index.options.zones.find((zone) => !/(in-addr|ip6)\.arpa\.$/.test(zone)) ?? ".";
    return { answers: names.map((name) => this.#record(this.query.question.name, "PTR", under(name, zone))) };
  }

  #nameServers(): Records {
    const found = nameServers(this.index, this.host.addresses);
    const names = [...new Set(found.map(({ key }) => under(key, this.#zone)))];
    return {
      answers: names.map((name) => this.#record(this.query.question.name, "NS", name)),
      additionals: found.map(({ key, host }) => this.#address(under(key, this.#zone), host)),
    };
  }

  #soa(): Rr {
    const { ttl } = this.index.options;
    const zone = this.#zone;
    const data = `${under("ns.dns", zone)} ${under("hostmaster", zone)} ${this.index.serial} 7200 1800 86400 ${ttl}`;
    return this.#record(zone, "SOA", data, Math.min(ttl, 300));
  }
}
