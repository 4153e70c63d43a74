/** `file DBFILE [ZONES...] { reload DURATION   fallthrough [ZONES...]   upstream }` */
import { ZoneFileError } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration } from "../go_values.ts";
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
  readonly fall: Fall;
  /** Milliseconds between looks at the file; 0 for never. */
  readonly reload: number;
}

const RELOAD = 60_000;

/** file: zones from zone files, read again when their serial changes. */
export const file: DnsPlugin = {
  name: "file",
  setup(corefile, context) {
    const zones = new Map<string, ServedZone>();
    const warnings: string[] = [];
    const directives: FileZones[] = [];
    while (corefile.next()) {
      const directive = readFile(corefile, context);
      directives.push(directive);
      for (const origin of directive.origins) {
        const text = context.host.readFile(directive.file);
        if (text === undefined) {
          warnings.push(
            `[WARNING] plugin/file: Failed to open ${JSON.stringify(directive.file)}: ` +
              `open ${directive.file}: no such file or directory: trying again in 1m0s`,
          );
        }
        const zone = text === undefined ? undefined : firstZone(corefile, { ...directive, origin, text });
        zones.set(origin, { zone, fall: directive.fall });
      }
    }
    return {
      warnings,
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

function firstZone(
  corefile: Dispenser,
  { file: name, origin, text }: FileZones & { readonly origin: string; readonly text: string },
): Zone {
  const zone = read(name, origin, text);
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

/** Reads the directive; throws a CorefileError. */
export function readFile(corefile: Dispenser, { zones, rooted }: SetupContext): FileZones {
  if (!corefile.nextArg()) throw corefile.argError("a zone file");
  const name = rooted(corefile.word());
  const origins = zonesOf(corefile.remainingArgs(), zones);
  let [fall, reload]: [Fall, number] = [[], RELOAD];
  while (corefile.nextBlock()) {
    const property = corefile.word();
    const args = corefile.remainingArgs();
    if (property === "fallthrough") fall = fallthroughZones(args);
    else if (property === "reload") reload = readReload(corefile, args);
    else if (property !== "upstream") {
      throw corefile.error(`unknown property '${property}'`, "reload, fallthrough or upstream");
    }
  }
  return { file: name, origins, fall, reload };
}

function readReload(corefile: Dispenser, args: readonly string[]): number {
  if (args[0] === undefined) throw corefile.argError("a duration");
  const parsed = goDuration(args[0]);
  if ("error" in parsed) throw corefile.plainError(`plugin/file: ${parsed.error}`, "a duration such as 1m");
  return parsed.value;
}
