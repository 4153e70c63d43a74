/** nsd: an authoritative name server whose zones are zone files. Its log and its control channel are not modelled. */
import { TextError } from "../../base/mod.ts";
import {
  absolute,
  Authority,
  isUnder,
  type Message,
  parseZoneFile,
  replyTo,
  type ServedRecords,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answerer, serveNames } from "./name_server.ts";
import { type ConfClause, confValues, parseServerConf, unmodelledKeys } from "./server_conf.ts";

const CONF = "/etc/nsd/nsd.conf";
const ZONES = "/etc/nsd";
const KEYS = [
  "ip-address",
  "port",
  "zonesdir",
  "name",
  "zonefile",
  "provide-xfr",
  "database",
  "server-count",
  "username",
];
/** Records of one message of a transfer. */
const PER_MESSAGE = 100;

/** The program. It stays in the foreground whatever it is told: a lab's machine starts it with `&`. */
export async function nsd(process: Process): Promise<number> {
  const option = (name: string) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const file = option("-c") ?? CONF;
  const text = process.files.read(file);
  if (text === undefined) return fail(process, `${file}: No such file or directory`);
  try {
    const clauses = parseServerConf(text, file);
    for (const key of unmodelledKeys(clauses, KEYS)) process.err(`nsd: ${key} is not modelled\n`);
    const zones = readZones(process, clauses);
    const addresses = [option("-a"), ...confValues(clauses, "server", "ip-address")].filter((one) => one !== undefined);
    const port = Number(option("-p") ?? confValues(clauses, "server", "port")[0] ?? 53);
    const answer = answerer(zones, transferable(clauses));
    const taken = await serveNames(process, {
      addresses: addresses.length === 0 ? ["0.0.0.0"] : addresses,
      port,
      answer,
    });
    return taken === undefined ? 0 : fail(process, `can't bind udp socket: Address already in use`);
  } catch (error) {
    if (error instanceof TextError) return fail(process, error.message);
    throw error;
  }
}

function fail(process: Process, problem: string): number {
  process.err(`nsd: ${problem}\n`);
  return 1;
}

function readZones(process: Process, clauses: readonly ConfClause[]): ServedRecords[] {
  const folder = confValues(clauses, "server", "zonesdir")[0] ?? ZONES;
  return clauses.filter(({ name }) => name === "zone").map((clause) => {
    const value = (key: string) => clause.entries.find((entry) => entry.key === key)?.value;
    const origin = absolute(value("name") ?? "").toLowerCase();
    const named = value("zonefile") ?? "";
    const path = named.startsWith("/") ? named : `${folder}/${named}`;
    const text = process.files.read(path);
    // A zone whose file is missing is served as none: SERVFAIL in nsd, REFUSED where nobody knows it.
    if (text === undefined) process.err(`nsd: zone ${origin} file ${path} is not found\n`);
    return { origin, records: text === undefined ? [] : parseZoneFile(text, { origin, file: path }) };
  });
}

/** The zones whose records anybody may fetch. */
function transferable(clauses: readonly ConfClause[]): readonly string[] {
  return clauses.filter(({ name, entries }) => name === "zone" && entries.some(({ key }) => key === "provide-xfr"))
    .map(({ entries }) => absolute(entries.find(({ key }) => key === "name")?.value ?? "").toLowerCase());
}

/** Answers from zones; transfers of those named, over TCP. */
export function answerer(zones: readonly ServedRecords[], open: readonly string[]): Answerer {
  const authority = new Authority(zones);
  return (query, { proto }) => {
    const [question] = query.questions;
    if (question?.type !== "AXFR") return [authority.answer(query)];
    const name = question.name.toLowerCase();
    const records = proto === "tcp" && open.includes(name) ? authority.transfer(name) : undefined;
    if (records === undefined) {
      const own = zones.some(({ origin }) => isUnder(name, origin));
      return [replyTo(query, own ? "REFUSED" : "NOTAUTH")];
    }
    return chunks(query, records);
  };
}

function chunks(query: Message, records: readonly Message["answers"][number][]): Message[] {
  const count = Math.ceil(records.length / PER_MESSAGE);
  const empty = replyTo(query);
  return Array.from({ length: count }, (_, i) => ({
    ...empty,
    flags: { ...empty.flags, aa: true },
    answers: records.slice(i * PER_MESSAGE, (i + 1) * PER_MESSAGE),
  }));
}
