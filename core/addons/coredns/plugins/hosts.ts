import { parseIp, printIp } from "../../../base/mod.ts";
import { absolute, addressOfReverse, isName, type Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goAtoi, goDuration, goQuote } from "../go_values.ts";
import { type Fall, written } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Next, Outcome, SetupContext } from "../plugin.ts";
import { fallsThrough, fallthroughZones, once } from "../setup.ts";
import { matchingZone, zonesOf } from "../zones.ts";

/** What a hosts file says: addresses by name, names by address, in file order. */
export interface HostsMap {
  readonly v4: Map<string, string[]>;
  readonly v6: Map<string, string[]>;
  readonly names: Map<string, string[]>;
}

/** What the plugin was told. */
export interface HostsOptions {
  readonly path: string;
  zones: readonly string[];
  ttl: number;
  /** Milliseconds between looks at the file; 0 for never. */
  reload: number;
  reverse: boolean;
  fall: Fall;
  /** Names that are known but not with the type asked for fall through too. */
  fallUnsupported: boolean;
  inline: string;
}

/** hosts: names and addresses of a hosts file, and of lines in the Corefile. */
export const hosts: DnsPlugin = {
  name: "hosts",
  setup(corefile, context) {
    const options = readHosts(corefile, context);
    const inline = parseHosts(options.inline, options.reverse);
    let [checked, text] = [-Infinity, ""];
    let file = parseHosts("", options.reverse);
    const current = (): readonly HostsMap[] => {
      const now = context.host.clock.now();
      if (now - checked >= (options.reload === 0 ? Infinity : options.reload)) {
        checked = now;
        const found = context.host.readFile(options.path) ?? "";
        if (found !== text) file = parseHosts(found, options.reverse);
        text = found;
      }
      return [file, inline];
    };
    return { handle: (query, next) => answer(query, next, { options, maps: current() }) };
  },
};

interface Answering {
  readonly options: HostsOptions;
  readonly maps: readonly HostsMap[];
}

function answer(query: DnsQuery, next: Next, { options, maps }: Answering): Promise<Outcome> {
  const { question, name } = query;
  const zone = matchingZone(options.zones, name);
  if (zone === undefined) return next(query);
  if (question.type === "PTR") return answerReverse(query, next, { options, maps });
  const found = question.type === "A" || question.type === "AAAA" ? addressesOf(maps, name, question.type) : [];
  if (found.length > 0) {
    const type = question.type;
    return Promise.resolve(
      written(query, { answers: found.map((data) => record(question.name, type, options, data)) }),
    );
  }
  const known = ["A", "AAAA"].some((type) => addressesOf(maps, name, type as "A" | "AAAA").length > 0);
  if (known && options.fallUnsupported && fallsThrough(options.fall, name)) return next(query);
  if (known) return Promise.resolve(written(query, {}));
  if (fallsThrough(options.fall, name)) return next(query);
  return Promise.resolve({ rcode: "SERVFAIL" });
}

function answerReverse(query: DnsQuery, next: Next, { options, maps }: Answering): Promise<Outcome> {
  const address = addressOfReverse(query.name);
  const names = address === undefined ? [] : maps.flatMap((map) => map.names.get(address) ?? []);
  if (names.length === 0) return next(query);
  const answers = names.map((name) => record(query.question.name, "PTR", options, name));
  return Promise.resolve(written(query, { answers }));
}

function record(name: string, type: string, { ttl }: HostsOptions, data: string): Rr {
  return { name: name.toLowerCase(), type, class: "IN", ttl, data };
}

/** The addresses of a name; where it has none, those of `*` in place of its first label. */
export function addressesOf(maps: readonly HostsMap[], name: string, type: "A" | "AAAA"): string[] {
  const of = (key: string) => maps.flatMap((map) => (type === "A" ? map.v4 : map.v6).get(key) ?? []);
  const known = maps.some((map) => map.v4.has(name) || map.v6.has(name));
  return known ? of(name) : of(name.replace(/^[^.]+/, "*"));
}

/** The names and addresses of a hosts file. */
export function parseHosts(text: string, reverse: boolean): HostsMap {
  const map: HostsMap = { v4: new Map(), v6: new Map(), names: new Map() };
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const ip = parseIp(address.replace(/^::ffff:(?=\d+\.)/i, ""));
    if (ip === undefined) continue;
    for (const word of names) {
      const name = absolute(word).toLowerCase();
      if (!isName(name)) continue;
      push(ip.family === 4 ? map.v4 : map.v6, name, printIp(ip));
      if (reverse && !name.startsWith("*.")) push(map.names, printIp(ip), name);
    }
  }
  return map;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...map.get(key) ?? [], value]);
}

/** Reads the directive; throws a CorefileError. */
export function readHosts(corefile: Dispenser, context: SetupContext): HostsOptions {
  const { zones, rooted } = context;
  let options: HostsOptions | undefined;
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    const [file, ...named] = corefile.remainingArgs();
    const path = file === undefined ? "/etc/hosts" : rooted(file);
    if (file !== undefined) checkFile(context, path);
    options = {
      path,
      zones: zonesOf(named, zones),
      ttl: 3600,
      reload: 5000,
      reverse: true,
      fall: [],
      fallUnsupported: false,
      inline: "",
    };
    while (corefile.nextBlock()) readProperty(corefile, options);
    if (options.fallUnsupported && options.fall.length === 0) {
      throw corefile.error("fallthrough_unsupported requires fallthrough", "fallthrough beside it");
    }
  }
  if (options === undefined) throw new Error("hosts is set up without its directive");
  return options;
}

function checkFile({ host, warn }: SetupContext, path: string): void {
  if (path !== "" && host.readFile(path) !== undefined) return;
  const folder = path !== "" && host.listFolder?.(path) !== undefined;
  const problem = folder ? `Hosts file ${goQuote(path)} is a directory` : `File does not exist: ${path}`;
  warn(`[WARNING] plugin/hosts: ${problem}`);
}

function readProperty(corefile: Dispenser, options: HostsOptions): void {
  const property = corefile.word();
  if (property === "no_reverse") {
    options.reverse = false;
    return;
  }
  const args = corefile.remainingArgs();
  switch (property) {
    case "fallthrough":
      options.fall = fallthroughZones(args);
      return;
    case "ttl":
      options.ttl = readTtl(corefile, args);
      return;
    case "reload":
      options.reload = readReload(corefile, args);
      return;
    case "fallthrough_unsupported":
      if (args.length > 0) throw corefile.argError("the end of the line");
      options.fallUnsupported = true;
      return;
    default:
      // Behind fallthrough CoreDNS takes no more lines.
      if (options.fall.length > 0) {
        throw corefile.error(`unknown property '${property}'`, "an address before fallthrough");
      }
      // Anything else is a line of a hosts file; what is none is skipped without a word, as CoreDNS does.
      options.inline += `${[property, ...args].join(" ")}\n`;
  }
}

function readTtl(corefile: Dispenser, args: readonly string[]): number {
  if (args.length < 1) throw corefile.error("ttl needs a time in second", "seconds");
  const parsed = goAtoi(args[0] as string);
  if ("error" in parsed) throw corefile.error("ttl needs a number of second", "seconds");
  const ttl = parsed.value;
  if (ttl <= 0 || ttl > 65535) throw corefile.error("ttl provided is invalid", "1 to 65535");
  return ttl;
}

function readReload(corefile: Dispenser, args: readonly string[]): number {
  if (args.length !== 1) throw corefile.error("reload needs a duration (zero seconds to disable)", "a duration");
  const reload = goDuration(args[0] as string);
  if ("error" in reload) throw corefile.error(`invalid duration for reload '${args[0]}'`, "a duration such as 5s");
  if (reload.value < 0) throw corefile.error(`invalid negative duration for reload '${args[0]}'`, "0s or more");
  return reload.value;
}
