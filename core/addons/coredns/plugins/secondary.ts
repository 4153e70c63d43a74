/** `secondary [ZONES...] { transfer from ADDRESS[:PORT]...   fallthrough [ZONES...]   catalog [ZONES...] }` */
import { isFailure } from "../../../base/mod.ts";
import { isMalformed, type Message, parseMessage, printMessage, queryMessage, type Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { framed, FrameReader } from "../frames.ts";
import type { Fall } from "../outcome.ts";
import type { DnsPlugin, Host, SetupContext } from "../plugin.ts";
import { addressPort, fallthroughZones } from "../setup.ts";
import { type ServedZone, serveZones, transferOf } from "../zone/serve.ts";
import { Zone } from "../zone/zone.ts";
import { normalizeZones, zonesOf } from "../zones.ts";
import { goQuote } from "../go_values.ts";

/** What the plugin was told. */
export interface Secondary {
  readonly origins: readonly string[];
  readonly from: readonly { readonly address: string; readonly port: number }[];
  readonly fall: Fall;
  /** Members of a catalog zone that are taken, none for all; absent where the zone is no catalog. */
  readonly catalog?: readonly string[];
}

const PATIENCE = 10_000;
/** Between tries while no primary has answered yet. */
const FIRST_RETRY = 250;

/** secondary: zones fetched from a primary by AXFR, and fetched again when their SOA says so. */
export const secondary: DnsPlugin = {
  name: "secondary",
  setup(corefile, context) {
    const all = readSecondaries(corefile, context);
    const zones = new Map<string, ServedZone>();
    for (const { origins, fall } of all) for (const origin of origins) zones.set(origin, { zone: undefined, fall });
    return {
      ...(all.some(({ catalog }) => catalog !== undefined) ? { unsimulated: ["secondary catalog"] } : {}),
      handle: (query, next) => serveZones(zones, query, next),
      transfer: transferOf(zones),
      start(server) {
        for (const one of all) {
          for (const origin of one.origins) {
            const { host } = context;
            host.background(() => keep(origin, one, { zones, host, running: server.running }));
          }
        }
      },
    };
  },
};

interface Keeping {
  readonly zones: Map<string, ServedZone>;
  readonly host: Host;
  readonly running: () => boolean;
}

/** Fetches a zone, and again after every refresh; forgets it when it expired. */
async function keep(origin: string, one: Secondary, { zones, host, running }: Keeping): Promise<void> {
  let fresh = -Infinity;
  let first = FIRST_RETRY;
  for (;;) {
    if (!running()) return;
    const records = await fetchAny(host, one, origin);
    if (records !== undefined) {
      zones.set(origin, { zone: new Zone(origin, records), fall: one.fall });
      fresh = host.clock.now();
    }
    const timers = timersOf(zones.get(origin)?.zone);
    if (host.clock.now() - fresh > timers.expire) zones.set(origin, { zone: undefined, fall: one.fall });
    const wait = fresh === -Infinity ? first : records === undefined ? timers.retry : timers.refresh;
    first = Math.min(2 * first, PATIENCE);
    if (!(await host.clock.sleep(wait))) return;
  }
}

/** An SOA's timers in milliseconds. */
function timersOf(zone: Zone | undefined): { refresh: number; retry: number; expire: number } {
  const [refresh = 3600, retry = 600, expire = 86_400] = zone?.soa[0]?.data.split(" ").slice(3, 6).map(Number) ?? [];
  return { refresh: refresh * 1000, retry: retry * 1000, expire: expire * 1000 };
}

async function fetchAny(host: Host, { from }: Secondary, origin: string): Promise<readonly Rr[] | undefined> {
  for (const server of from) {
    const records = await fetchZone(host, server, origin);
    if (records !== undefined) return records;
  }
  return undefined;
}

async function fetchZone(
  host: Host,
  { address, port }: Secondary["from"][number],
  origin: string,
): Promise<readonly Rr[] | undefined> {
  const stream = await host.net.connect(address, port, { timeout: PATIENCE });
  if (stream === undefined || isFailure(stream)) return undefined;
  try {
    const query = queryMessage(host.random.below(65536), { name: origin, type: "AXFR", class: "IN" });
    const bytes = printMessage(query, false);
    await stream.write(framed(bytes));
    const frames = new FrameReader(stream, host.clock);
    const records: Rr[] = [];
    for (;;) {
      const frame = await frames.next(PATIENCE);
      const message: Message | undefined = typeof frame === "string" ? undefined : parsed(frame);
      if (message === undefined || message.rcode !== "NOERROR") return undefined;
      records.push(...message.answers);
      if (records[0]?.type !== "SOA") return undefined;
      if (records.length > 1 && records.at(-1)?.type === "SOA") return records.slice(0, -1);
    }
  } finally {
    stream.close();
  }
}

function parsed(bytes: Uint8Array): Message | undefined {
  const message = parseMessage(bytes);
  return isMalformed(message) ? undefined : message;
}

/** Reads the directive; throws a CorefileError. */
export function readSecondaries(corefile: Dispenser, { zones }: SetupContext): Secondary[] {
  const all: Secondary[] = [];
  while (corefile.next()) {
    const origins = zonesOf(corefile.remainingArgs(), zones);
    const from: Secondary["from"][number][] = [];
    let fall: Fall = [];
    const catalogs: (readonly string[])[] = [];
    let blocks = 0;
    for (; corefile.nextBlock(); blocks++) {
      const property = corefile.word();
      if (property === "transfer") from.push(...readFrom(corefile));
      else if (property === "fallthrough") fall = fallthroughZones(corefile.remainingArgs());
      else if (property === "catalog") {
        const members = corefile.remainingArgs();
        const bad = members.find((name) => normalizeZones(name).length === 0);
        if (bad !== undefined) throw corefile.plainError(`invalid catalog member zone ${goQuote(bad)}`, "a zone");
        catalogs.push(members.flatMap(normalizeZones));
      } else throw corefile.error(`unknown property '${property}'`, "transfer, fallthrough or catalog");
    }
    if (from.length === 0) {
      throw corefile.error("secondary zones require a transfer from property", "transfer from ADDRESS");
    }
    const catalog = catalogs.some((members) => members.length === 0) ? [] : [...new Set(catalogs.flat())];
    all.push({ origins, from, fall, ...(catalogs.length === 0 ? {} : { catalog }) });
  }
  return all;
}

/** `from ADDRESS[:PORT]...` behind `transfer`. */
function readFrom(corefile: Dispenser): Secondary["from"] {
  if (!corefile.nextArg()) throw corefile.argError("from ADDRESS");
  const direction = corefile.word();
  if (direction !== "from") throw corefile.error(`unknown property ${direction}`, "from");
  const args = corefile.remainingArgs();
  if (args.length === 0) throw corefile.argError("an address");
  return args.map((text) => {
    if (text === "*") throw corefile.plainError("can't use '*' in transfer from", "an address");
    const { host, port } = addressPort(corefile, text);
    return { address: host, port: Number(port) };
  });
}
