/** `k8s_external [ZONES...] { apex LABEL   ttl SECONDS   headless   fallthrough [ZONES...] }` */
import { ipFamily } from "../../../base/mod.ts";
import { absolute, addressOfReverse, isUnder, labelsOf, type Rr, under } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { type Fall, written } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, External, ExternalItem, Next, Outcome, SetupContext } from "../plugin.ts";
import { atoi, fallsThrough, fallthroughZones } from "../setup.ts";
import { matchingZone, zonesOf } from "../zones.ts";

/** What the plugin was told. */
export interface Options {
  zones: readonly string[];
  apex: string;
  ttl: number;
  headless: boolean;
  fall: Fall;
}

/** k8s_external: addresses of Services outside the cluster, as SERVICE.NAMESPACE.ZONE. */
export const k8sExternal: DnsPlugin = {
  name: "k8s_external",
  setup(corefile, context) {
    const options = readExternal(corefile, context);
    return {
      prepare: () => Promise.resolve(context.has("kubernetes") ? undefined : "kubernetes plugin not loaded"),
      handle(query, next) {
        const external = context.sibling("kubernetes")?.external;
        const matched = matchingZone(options.zones, query.name);
        if (matched === undefined || external === undefined) return next(query);
        const zone = query.question.name.slice(-matched.length);
        return new Answering(query, { options, external, zone: matched === "." ? "." : zone }).answer(next);
      },
    };
  },
};

interface Place {
  readonly options: Options;
  readonly external: External;
  /** In the case of the question. */
  readonly zone: string;
}

/** One question to an external zone. */
class Answering {
  readonly #options: Options;
  readonly #external: External;
  readonly #zone: string;

  constructor(readonly query: DnsQuery, { options, external, zone }: Place) {
    [this.#options, this.#external, this.#zone] = [options, external, zone];
  }

  async answer(next: Next): Promise<Outcome> {
    const { query } = this;
    for (const zone of this.#options.zones) {
      if (query.name === zone) return this.#apex();
      if (isUnder(query.name, under(this.#options.apex, zone))) return this.#belowApex();
    }
    const { type } = query.question;
    const found = this.#find(type);
    if (found === "missing" || found.length === 0) {
      if (found === "missing" && fallsThrough(this.#options.fall, query.name)) return await next(query);
      return this.#empty(found === "missing" ? "NXDOMAIN" : "NOERROR");
    }
    if (type === "A" || type === "AAAA") return this.#written(this.#addresses(found, type));
    if (type === "SRV") return this.#services(found);
    if (type === "PTR") {
      return this.#written(found.map(({ host }) => this.#record(query.question.name, "PTR", host)));
    }
    return this.#empty("NOERROR");
  }

  #find(type: string): readonly ExternalItem[] | "missing" {
    const { name } = this.query;
    const ip = type === "PTR" ? addressOfReverse(name) : undefined;
    if (ip === undefined) return this.#external.lookUp(name.slice(0, -this.#zone.length), this.#options.headless);
    const forward = this.#options.zones.find((zone) => !/(in-addr|ip6)\.arpa\.$/.test(zone)) ?? ".";
    const names = this.#external.reverse(ip, this.#options.headless);
    if (names.length === 0) return "missing";
    return names.map((host) => ({ host: under(host, forward), port: 0, key: "" }));
  }

  #apex(): Outcome {
    const { name, type } = this.query.question;
    if (type === "SOA") return this.#written([this.#soa()]);
    if (type !== "NS") return this.#empty("NOERROR");
    const server = under(`ns1.${this.#options.apex}`, name);
    const additionals = this.#external.self().map((ip) => this.#record(server, ipFamily(ip) === 4 ? "A" : "AAAA", ip));
    return written(this.query, { answers: [this.#record(name, "NS", server)], additionals });
  }

  /** `APEX` has nothing, `ns1.APEX` the addresses of CoreDNS's own Services; all else does not exist. */
  #belowApex(): Outcome {
    const { name, type } = this.query.question;
    const labels = labelsOf(this.query.name.slice(0, -this.#zone.length));
    if (labels.length === 1) return this.#empty("NOERROR");
    if (labels.length > 2 || labels[0] !== "ns1") return this.#empty("NXDOMAIN");
    const family = type === "A" ? 4 : type === "AAAA" ? 6 : undefined;
    const own = this.#external.self().filter((ip) => ipFamily(ip) === family);
    return this.#written(own.map((ip) => this.#record(name, type, ip)));
  }

  #addresses(found: readonly ExternalItem[], type: "A" | "AAAA"): Rr[] {
    const { name } = this.query.question;
    const family = type === "A" ? 4 : 6;
    const records = [...new Set(found.map(({ host }) => host))].flatMap((host) => {
      const kind = ipFamily(host);
      if (kind === undefined) return [this.#record(name, "CNAME", absolute(host), this.#external.ttl)];
      return kind === family ? [this.#record(name, type, host)] : [];
    });
    return records;
  }

  #services(found: readonly ExternalItem[]): Outcome {
    const { name } = this.query.question;
    const weight = Math.max(1, Math.floor(100 / found.length));
    const answers = new Map<string, Rr>();
    const additionals = new Map<string, Rr>();
    for (const { host, port, key } of found.filter((item) => item.port !== -1)) {
      const family = ipFamily(host);
      const target = family === undefined ? absolute(host) : under(key, this.#zone);
      const data = `0 ${weight} ${port} ${target}`;
      answers.set(`${port} ${target}`, this.#record(name, "SRV", data, this.#external.ttl));
      if (family === undefined) continue;
      additionals.set(`${target} ${host}`, this.#record(target, family === 4 ? "A" : "AAAA", host));
    }
    if (answers.size === 0) return this.#empty("NOERROR");
    return written(this.query, { answers: [...answers.values()], additionals: [...additionals.values()] });
  }

  #written(answers: readonly Rr[]): Outcome {
    return answers.length === 0 ? this.#empty("NOERROR") : written(this.query, { answers });
  }

  #empty(rcode: string): Outcome {
    return written(this.query, { authorities: [this.#soa()] }, { rcode });
  }

  #record(name: string, type: string, data: string, ttl = this.#options.ttl): Rr {
    return { name, type, class: "IN", ttl, data };
  }

  #soa(): Rr {
    const { apex, ttl } = this.#options;
    const names = `${under(`ns1.${apex}`, this.#zone)} ${under(`hostmaster.${apex}`, this.#zone)}`;
    return this.#record(this.#zone, "SOA", `${names} ${this.#external.serial()} 7200 1800 86400 ${ttl}`);
  }
}

/** Reads the directive; throws a CorefileError. */
export function readExternal(corefile: Dispenser, { zones }: SetupContext): Options {
  const options: Options = { zones, apex: "dns", ttl: 5, headless: false, fall: [] };
  while (corefile.next()) {
    options.zones = zonesOf(corefile.remainingArgs(), zones);
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property === "headless") {
        options.headless = true;
        continue;
      }
      const args = corefile.remainingArgs();
      if (property === "fallthrough") options.fall = fallthroughZones(args);
      else if (property === "apex") {
        if (args[0] === undefined) throw corefile.argError("a label");
        options.apex = args[0];
      } else if (property === "ttl") {
        if (args[0] === undefined) throw corefile.argError("seconds");
        options.ttl = readTtl(corefile, args[0]);
      } else throw corefile.error(`unknown property '${property}'`, "apex, ttl, headless or fallthrough");
    }
  }
  return options;
}

function readTtl(corefile: Dispenser, text: string): number {
  const ttl = atoi(corefile, text);
  if (ttl < 0 || ttl > 3600) throw corefile.error(`ttl must be in range [0, 3600]: ${ttl}`, "0 to 3600");
  return ttl;
}
