/** `file DBFILE [ZONES...] { reload DURATION   fallthrough [ZONES...]   upstream }` */
import { ZoneFileError } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration, goQuote, printGoDuration } from "../go_values.ts";
import type { Fall } from "../outcome.ts";
import type { DnsPlugin, Host, SetupContext } from "../plugin.ts";
import { fallthroughZones } from "../setup.ts";
import { type ServedZone, serveZones, transferOf } from "../zone/serve.ts";
import { parseZone, type Zone } from "../zone/zone.ts";
import { zonesOf } from "../zones.ts";

/** What the plugin was told. */
export interface FileZones {
  readonly file: string;
  readonly origins: readonly string[];
  /** Milliseconds between looks at the file; 0 for never. */
  readonly reload: number;
}

const RELOAD = 60_000;

/** file: zones from zone files, read again when their serial changes. */
export const file: DnsPlugin = {
  name: "file",
  setup(corefile, context) {
    const { directives, zones, missing } = readFiles(corefile, context);
    const last = directives.at(-1);
    if (missing !== undefined && last !== undefined) {
      const patience = printGoDuration(last.reload);
      context.warn(`[WARNING] plugin/file: Failed to open ${goQuote(missing)}: trying again in ${patience}`);
    }
    return {
      handle: (query, next) => serveZones(zones, query, next),
      transfer: transferOf(zones),
      start: (server) => {
        for (const directive of directives.filter(({ reload }) => reload > 0)) {
          context.host.background(() => watch(directive, { zones, host: context.host, running: server.running }));
        }
      },
    };
  },
};

/** The `file` directives of a block. */
export interface Files {
  readonly directives: readonly FileZones[];
  readonly zones: Map<string, ServedZone>;
  readonly fall: Fall;
  /** Why a file could not be opened. */
  readonly missing: string | undefined;
}

/** Reads every directive of a block; one `fallthrough` and the last `reload` are those of all that follow. Throws a CorefileError. */
export function readFiles(corefile: Dispenser, context: SetupContext): Files {
  const directives: FileZones[] = [];
  const found = new Map<string, Zone | undefined>();
  let missing: string | undefined;
  let settings: Settings = { fall: [], reload: RELOAD };
  while (corefile.next()) {
    if (!corefile.nextArg()) throw corefile.argError("a zone file");
    const name = context.rooted(corefile.word());
    const origins = zonesOf(corefile.remainingArgs(), context.zones);
    const opened = openFile(context.host, name);
    if ("missing" in opened) missing = opened.missing;
    for (const origin of origins) {
      // Behind a file that is missing none is read at the start.
      found.set(origin, missing === undefined ? firstZone(corefile, { name, origin, opened }) : undefined);
    }
    settings = readSettings(corefile, settings);
    directives.push({ file: name, origins, reload: settings.reload });
  }
  if (missing !== undefined && settings.reload === 0) {
    throw corefile.plainError(`plugin/file: ${missing}`, "a zone file, or reload");
  }
  const { fall } = settings;
  return { directives, missing, fall, zones: new Map([...found].map(([origin, zone]) => [origin, { zone, fall }])) };
}

type Opened = { readonly text: string } | { readonly folder: string } | { readonly missing: string };

/** What a path leads to, dots taken out of it; no path at all is the working directory. */
function openFile(host: Host, name: string): Opened {
  const path = cleanPath(name);
  const text = name === "" ? undefined : host.readFile(path);
  if (text !== undefined) return { text };
  if (host.listFolder?.(path) !== undefined) return { folder: path };
  return { missing: `open ${path}: no such file or directory` };
}

function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/").filter((word) => word !== "" && word !== ".")) {
    const above = kept.at(-1);
    if (part !== ".." || above === ".." || (above === undefined && !path.startsWith("/"))) kept.push(part);
    else kept.pop();
  }
  return path.startsWith("/") ? `/${kept.join("/")}` : kept.join("/") || ".";
}

interface Finding {
  readonly name: string;
  readonly origin: string;
  readonly opened: Opened;
}

function firstZone(corefile: Dispenser, { name, origin, opened }: Finding): Zone | undefined {
  if ("missing" in opened) return undefined;
  const zone = "text" in opened
    ? read(name, origin, opened.text)
    : `failed to parse file ${goQuote(name)} for origin ${origin} with error read ${opened.folder}: is a directory`;
  if (typeof zone === "string") throw corefile.plainError(zone, "a zone file");
  return zone;
}

/** The zone in a file, or CoreDNS's complaint. */
function read(name: string, origin: string, text: string): Zone | string {
  try {
    const zone = parseZone(text, origin, name);
    return "error" in zone ? zone.error : zone;
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    return `failed to parse file ${JSON.stringify(name)} for origin ${origin} with error ${name}: ${error.complaint}`;
  }
}

interface Watching {
  readonly zones: Map<string, ServedZone>;
  readonly host: Host;
  readonly running: () => boolean;
}

async function watch({ file: name, origins, reload }: FileZones, { zones, host, running }: Watching): Promise<void> {
  while (await host.clock.sleep(reload)) {
    if (!running()) return;
    for (const origin of origins) {
      const text = host.readFile(name);
      if (text === undefined) {
        host.log(
          `[ERROR] plugin/file: Failed to open zone ${JSON.stringify(origin)} in ${JSON.stringify(name)}: ` +
            `open ${name}: no such file or directory`,
        );
        continue;
      }
      const old = zones.get(origin);
      const zone = read(name, origin, text);
      if (typeof zone === "string") {
        host.log(`[ERROR] plugin/file: Parsing zone ${JSON.stringify(origin)}: ${zone}`);
      } else if (zone.serial !== old?.zone?.serial) {
        zones.set(origin, { zone, fall: old?.fall ?? [] });
        host.log(
          `[INFO] plugin/file: Successfully reloaded zone ${JSON.stringify(origin)} in ${JSON.stringify(name)} ` +
            `with ${zone.serial} SOA serial`,
        );
      }
    }
  }
}

interface Settings {
  readonly fall: Fall;
  readonly reload: number;
}

/** Reads the block of one directive; throws a CorefileError. */
function readSettings(corefile: Dispenser, settings: Settings): Settings {
  let { fall, reload } = settings;
  while (corefile.nextBlock()) {
    const property = corefile.word();
    // Zones are read again when their serial changes; the time of the file says nothing here.
    if (property === "reload_by_mtime") continue;
    const args = corefile.remainingArgs();
    if (property === "fallthrough") fall = fallthroughZones(args);
    else if (property === "reload") reload = readReload(corefile, args);
    else if (property !== "upstream") {
      throw corefile.error(`unknown property '${property}'`, "reload, reload_by_mtime, fallthrough or upstream");
    }
  }
  return { fall, reload };
}

function readReload(corefile: Dispenser, args: readonly string[]): number {
  if (args[0] === undefined) throw corefile.plainError("reload duration value is expected", "a duration");
  const parsed = goDuration(args[0]);
  if ("error" in parsed) throw corefile.plainError(`plugin/file: ${parsed.error}`, "a duration such as 1m");
  return parsed.value;
}
