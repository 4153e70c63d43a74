/**
 * `auto [ZONES...] { directory DIR [REGEXP ORIGIN_TEMPLATE]   reload DURATION   upstream }`
 */
import { absolute, isName, isUnder, ZoneFileError } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration } from "../go_values.ts";
import type { DnsPlugin, Host, SetupContext } from "../plugin.ts";
import { goRegExp, groupsOf } from "../setup.ts";
import { type ServedZone, serveZones, transferOf } from "../zone/serve.ts";
import { parseZone } from "../zone/zone.ts";
import { matchingZone, zonesOf } from "../zones.ts";

/** What the plugin was told. */
export interface Auto {
  readonly origins: readonly string[];
  directory: string;
  regexp: RegExp;
  /** With `$1` for the groups. */
  template: string;
  reload: number;
}

const RELOAD = 60_000;

/** auto: a zone for every file of a folder whose name says which. */
export const auto: DnsPlugin = {
  name: "auto",
  setup(corefile, context) {
    const options = readAuto(corefile, context);
    const zones = new Map<string, ServedZone>();
    const { host } = context;
    return {
      handle: (query, next) =>
        matchingZone(options.origins, query.name) === undefined ? next(query) : serveZones(zones, query, next),
      transfer: transferOf(zones),
      start(server) {
        scan(options, zones, host);
        if (options.reload === 0) return;
        host.background(async () => {
          while (await host.clock.sleep(options.reload)) {
            if (!server.running()) return;
            scan(options, zones, host);
          }
        });
      },
    };
  },
};

function scan({ origins, directory, regexp, template }: Auto, zones: Map<string, ServedZone>, host: Host): void {
  const seen = new Set<string>();
  for (const path of filesBelow(host, directory)) {
    const base = path.slice(path.lastIndexOf("/") + 1);
    const found = regexp.exec(base);
    if (found === null) continue;
    const name = template.replace(/\$\{(\w+)\}/g, (_, group: string) => found[Number(group)] ?? "");
    const origin = absolute(name).toLowerCase();
    if (!isName(origin) || !origins.some((zone) => isUnder(origin, zone))) continue;
    seen.add(origin);
    load(path, origin, { zones, host });
  }
  for (const origin of [...zones.keys()].filter((known) => !seen.has(known))) {
    zones.delete(origin);
    host.log(`[INFO] plugin/auto: Deleting zone \`${origin}'`);
  }
}

/** Reads a zone that is new, or whose serial changed. */
function load(
  path: string,
  origin: string,
  { zones, host }: { readonly zones: Map<string, ServedZone>; readonly host: Host },
): void {
  try {
    const zone = parseZone(host.readFile(path) ?? "", origin, path);
    if ("error" in zone) {
      if (!zones.has(origin)) host.log(`[WARNING] plugin/auto: Parse zone \`${origin}': ${zone.error}`);
      return;
    }
    const old = zones.get(origin)?.zone;
    if (old?.serial === zone.serial) return;
    zones.set(origin, { zone, fall: [], automatic: true });
    if (old === undefined) host.log(`[INFO] plugin/auto: Inserting zone \`${origin}' from: ${path}`);
    else {
      host.log(
        `[INFO] plugin/file: Successfully reloaded zone ${JSON.stringify(origin)} in ${JSON.stringify(path)} ` +
          `with ${zone.serial} SOA serial`,
      );
    }
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    if (zones.has(origin)) return;
    host.log(
      `[WARNING] plugin/auto: Parse zone \`${origin}': failed to parse file ${JSON.stringify(path)} for origin ` +
        `${origin} with error ${path}: ${error.complaint}`,
    );
  }
}

function filesBelow(host: Host, folder: string): string[] {
  const names = host.listFolder?.(folder) ?? [];
  return names.flatMap((name) => {
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    return host.readFile(path) === undefined ? filesBelow(host, path) : [path];
  }).sort();
}

/** Reads the directive; throws a CorefileError. */
export function readAuto(corefile: Dispenser, context: SetupContext): Auto {
  let auto: Auto | undefined;
  while (corefile.next()) {
    auto = {
      origins: zonesOf(corefile.remainingArgs(), context.zones),
      directory: "",
      regexp: /db\.(.*)/,
      template: "${1}",
      reload: RELOAD,
    };
    while (corefile.nextBlock()) readProperty(corefile, auto, context);
  }
  if (auto === undefined) throw new Error("auto is set up without its directive");
  return auto;
}

function readProperty(corefile: Dispenser, auto: Auto, { rooted, host, warn }: SetupContext): void {
  const property = corefile.word();
  if (property === "directory") {
    if (!corefile.nextArg()) throw corefile.argError("a folder");
    auto.directory = rooted(corefile.word());
    if (auto.directory === "" || host.listFolder?.(auto.directory) === undefined) {
      warn(`[WARNING] plugin/auto: Directory does not exist: ${auto.directory}`);
    }
    const args = corefile.remainingArgs();
    if (args.length === 0) return;
    const regexp = goRegExp(args[0] as string);
    if ("error" in regexp) throw corefile.plainError(regexp.error, "a regular expression");
    if (groupsOf(regexp) === 0) {
      throw corefile.error("Need at least one sub expression", "a regular expression with ()");
    }
    if (args.length !== 2) throw corefile.argError("DIR [REGEXP ORIGIN_TEMPLATE]");
    auto.regexp = regexp;
    auto.template = expansion(args[1] as string);
    return;
  }
  const args = corefile.remainingArgs();
  if (property === "reload") auto.reload = readReload(corefile, args);
  else if (property !== "upstream") {
    throw corefile.error(`unknown property '${property}'`, "directory, reload or upstream");
  }
}

/** `{1}` in Go's form for expansions: `${1}`. */
export function expansion(template: string): string {
  return template.replaceAll("{", "${");
}

function readReload(corefile: Dispenser, args: readonly string[]): number {
  if (args[0] === undefined) throw corefile.plainError("reload duration value is expected", "a duration");
  const parsed = goDuration(args[0]);
  const problem = "error" in parsed ? parsed.error : parsed.value < 0 ? "invalid duration" : undefined;
  if (problem !== undefined) throw corefile.plainError(`plugin/file: ${problem}`, "a duration such as 1m");
  return "error" in parsed ? 0 : parsed.value;
}
