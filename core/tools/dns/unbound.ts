/** unbound: a recursive resolver with a cache. DNSSEC validation, local zones beyond its own name and its control channel are not modelled. */
import { TextError } from "../../base/mod.ts";
import { absolute, type Message, parseZoneFile, quoted, Recursor, replyTo, type Rr } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answerer, serveNames } from "./name_server.ts";
import { type ConfClause, confValues, parseServerConf, unmodelledKeys } from "./server_conf.ts";

const CONF = "/etc/unbound/unbound.conf";
const HINTS = "/usr/share/dns/root.hints";
const VERSION = "unbound 1.17.1";
const KEYS = [
  "interface",
  "port",
  "root-hints",
  "access-control",
  "hide-version",
  "hide-identity",
  "name",
  "forward-addr",
  "do-ip6",
  "verbosity",
  "username",
  "chroot",
  "directory",
];

/** The program. It stays in the foreground whatever it is told: a lab's machine starts it with `&`. */
export async function unbound(process: Process): Promise<number> {
  const at = process.argv.indexOf("-c");
  const file = at < 0 ? CONF : process.argv[at + 1] ?? CONF;
  const text = process.files.read(file);
  if (text === undefined) return fail(process, `error: Could not open ${file}: No such file or directory`);
  try {
    const clauses = parseServerConf(text, file);
    for (const key of unmodelledKeys(clauses, KEYS)) process.err(`unbound: ${key} is not modelled\n`);
    const interfaces = confValues(clauses, "server", "interface");
    const addresses = interfaces.length === 0 ? ["127.0.0.1"] : interfaces;
    const port = Number(confValues(clauses, "server", "port")[0] ?? 53);
    const hints = readHints(process, confValues(clauses, "server", "root-hints")[0] ?? HINTS);
    const recursor = new Recursor(process, { hints, forwards: forwardsOf(clauses) });
    const hideVersion = confValues(clauses, "server", "hide-version")[0] === "yes";
    const answer = recursion(recursor, hideVersion ? undefined : VERSION);
    const taken = await serveNames(process, { addresses, port, answer });
    return taken === undefined
      ? 0
      : fail(process, `error: can't bind socket: Address already in use for ${taken} port ${port}`);
  } catch (error) {
    if (error instanceof TextError) return fail(process, `error: ${error.message}`);
    throw error;
  }
}

function fail(process: Process, problem: string): number {
  process.err(`unbound: ${problem}\n`);
  return 1;
}

function readHints(process: Process, path: string): readonly Rr[] {
  return parseZoneFile(process.files.read(path) ?? "", { origin: ".", file: path });
}

function forwardsOf(clauses: readonly ConfClause[]) {
  return clauses.filter(({ name }) => name === "forward-zone" || name === "stub-zone").map(({ entries }) => ({
    zone: absolute(entries.find(({ key }) => key === "name")?.value ?? ".").toLowerCase(),
    servers: entries.filter(({ key }) => key.endsWith("-addr")).map(({ value }) => value.split("@")[0] as string),
  }));
}

/** Answers by recursion, for clients that ask for it. */
export function recursion(recursor: Recursor, version: string | undefined): Answerer {
  return async (query) => {
    const [question] = query.questions;
    if (query.opcode !== "QUERY") return [replyTo(query, "NOTIMP")];
    if (question === undefined || query.questions.length > 1) return [replyTo(query, "FORMERR")];
    const asked = version !== undefined && question.class === "CH" && question.name.toLowerCase() === "version.bind.";
    if (asked) return [versionReply(query, version)];
    // Looking into the cache without asking for recursion is nobody's business.
    if (question.class !== "IN" || !query.flags.rd) return [replyTo(query, "REFUSED")];
    const { rcode, answers, authorities } = await recursor.resolve(question.name, question.type);
    const reply = replyTo(query, rcode);
    return [{ ...reply, answers, authorities, flags: { ...reply.flags, ra: true } }];
  };
}

function versionReply(query: Message, version: string): Message {
  const data = quoted(new TextEncoder().encode(version));
  const answers = [{ name: "version.bind.", type: "TXT", class: "CH", ttl: 0, data }];
  const reply = replyTo(query);
  return { ...reply, answers, flags: { ...reply.flags, ra: true } };
}
