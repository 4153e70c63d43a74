/** Query vectors: one plugin of CoreDNS on a bench, one question, what it made of it. */
import { configure, type Outcome } from "../../core/addons/coredns/mod.ts";
import { blockFor, listening } from "../../core/addons/coredns/configuration.ts";
import { serve } from "../../core/addons/coredns/server.ts";
import type { Instance, Next } from "../../core/addons/coredns/plugin.ts";
import {
  isMalformed,
  type Message,
  NO_FLAGS,
  parseMessage,
  parseRecord,
  printMessage,
  printRecord,
  queryMessage,
  type Rr,
} from "../../core/dns/mod.ts";
import { type Around, type Asked, type Bench, bench, queryOf, setUp } from "./coredns_bench.ts";
import { clusterOf } from "./coredns_cluster.ts";
import type { Fixture, JsonObject, ReplyLines, Vector } from "./coredns_format.ts";

/** What differs, or undefined. */
export type Problem = string | undefined;

/** What a question came to: the plugin's outcome, and what the next one was asked, if it was. */
interface Got {
  readonly outcome: Outcome;
  readonly passed?: Parameters<Next>[0];
}

type Check = (vector: Vector, fixture: Fixture) => Promise<Problem>;

const SUITES: readonly (readonly [prefix: string, check: Check])[] = [
  ["kubernetes/axfr", checkTransfer],
  ["kubernetes/", checkKubernetes],
  ["k8s_external/", checkExternal],
  ["file/", checkFile],
  ["hosts", checkHosts],
  ["autopath", checkAutopath],
  ["cache/insert", checkInsertion],
  ["cache/separation", checkSeparation],
  ["acl", checkAcl],
  ["rewrite/", checkRewrite],
  ["server/", checkServer],
  ["chaos", checkChaos],
  ["whoami", checkPlain],
  ["local", checkPlain],
  ["any", checkPlain],
];

/** Runs a vector. */
export async function checkVector(vector: Vector, fixture: Fixture): Promise<Problem> {
  const check = SUITES.find(([prefix]) => vector.suite.startsWith(prefix))?.[1];
  return check === undefined ? `nobody checks suite ${vector.suite}` : await check(vector, fixture);
}

const words = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(" ") : String(value ?? ""));
const lines = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

async function ask(instance: Instance, asked: Asked, at: Bench, reply: Outcome = { rcode: "NEXT" }): Promise<Got> {
  let passed: Got["passed"];
  const next: Next = (query) => {
    passed = query;
    return Promise.resolve(reply);
  };
  const outcome = await (instance.handle?.(queryOf(asked, at), next) ?? next(queryOf(asked, at)));
  return passed === undefined ? { outcome } : { outcome, passed };
}

function askedOf(vector: Vector): Asked {
  const { qname, qtype, qclass, do: dnssecOk, cd } = vector;
  return {
    qname,
    qtype,
    ...(qclass === undefined ? {} : { qclass }),
    ...(dnssecOk === undefined ? {} : { do: dnssecOk }),
    ...(cd === undefined ? {} : { cd }),
  };
}

/** Where an outcome differs from a vector. */
export function compareOutcome(vector: Vector, { outcome }: Pick<Got, "outcome">): Problem {
  const { reply } = outcome;
  const rcode = reply?.rcode ?? outcome.rcode;
  const problems: string[] = [];
  if (vector.rcode !== undefined && rcode !== vector.rcode) {
    problems.push(`rcode ${vector.rcode} expected, got ${rcode}`);
  }
  if (vector.no_write && reply !== undefined) problems.push("a reply was written");
  for (const flag of ["aa", "tc"] as const) {
    if (vector[flag] !== undefined && reply !== undefined && reply.flags[flag] !== vector[flag]) {
      problems.push(`${flag} ${vector[flag]} expected`);
    }
  }
  if (vector.ede !== undefined) {
    const data = reply?.edns?.options.find(({ code }) => code === 15)?.data;
    const code = data === undefined ? undefined : ((data[0] as number) << 8) | (data[1] as number);
    if (code !== vector.ede) problems.push(`extended error ${vector.ede} expected, got ${code}`);
  }
  if (vector.rcode !== "NEXT" && !vector.no_write) {
    problems.push(...compareSections(vector, reply, vector.ordered ?? false));
  }
  return problems.length === 0 ? undefined : problems.join("; ");
}

/** Where the sections of a reply differ. */
export function compareSections(expected: ReplyLines, reply: Message | undefined, ordered: boolean): string[] {
  const sections = { answer: "answers", ns: "authorities", extra: "additionals" } as const;
  return (["answer", "ns", "extra"] as const).flatMap((section) => {
    const want = (expected[section] ?? []).map(keyLine);
    const got = (reply?.[sections[section]] ?? []).map((rr) => keyLine(printRecord(rr)));
    const same = ordered
      ? want.length === got.length && want.every((line, i) => sameLine(line, got[i] as string))
      : sameLines(want, got);
    return same ? [] : [`${section}: expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`];
  });
}

function sameLines(want: readonly string[], got: readonly string[]): boolean {
  const left = [...got];
  for (const line of want) {
    const at = left.findIndex((one) => sameLine(line, one));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
}

function sameLine(want: string, got: string): boolean {
  const [a, b] = [want.split(" "), got.split(" ")];
  return a.length === b.length && a.every((word, i) => word === "*" || (i === 1 && word === "303") || word === b[i]);
}

/** A record as a line of single blanks; of an SOA only its owner, TTL and primary count. */
function keyLine(text: string): string {
  const wild = text.replace(/\*(?=\s+\d+\s+\d+)/, "0").replace(/^(\S+)\s+\*/, "$1 0");
  const line = canonical(wild).split(/\s+/);
  if (/^\S+\s+\*/.test(text)) line[1] = "*";
  return (line[3] === "SOA" ? line.slice(0, 5) : line).join(" ");
}

function canonical(text: string): string {
  const plain = text.replace(/\s+/g, " ").trim();
  const [name, ttl, kind, type] = plain.split(" ");
  if (type !== "SOA") {
    const asked = printMessage({
      ...queryMessage(1, { name: ".", type: "A", class: "IN" }),
      answers: [parseRecord(plain)],
    });
    const back = parseMessage(asked);
    const [rr] = isMalformed(back) ? [] : back.answers;
    if (rr !== undefined) return printRecord({ ...rr, name: name as string });
  }
  return [name, ttl, kind, type, ...plain.split(" ").slice(4)].join(" ");
}

const UPSTREAM = "ext.interwebs.test.";
const WRITTEN: Outcome = { rcode: "NOERROR" };

function kubernetesText(options: JsonObject): string {
  const set = (word: string, on: unknown) => (on ? [word] : []);
  const properties = [
    ...(options.pods === undefined ? [] : [`pods ${options.pods}`]),
    ...(lines(options.namespaces).length === 0 ? [] : [`namespaces ${words(options.namespaces)}`]),
    ...(options.ttl === undefined ? [] : [`ttl ${options.ttl}`]),
    ...set("ignore empty_service", options.ignore_empty_service),
    ...set("zonal", options.zonal),
    ...set("endpoint_pod_names", options.endpoint_pod_names),
    ...set("noendpoints", options.noendpoints),
    ...(lines(options.multicluster).length === 0 ? [] : [`multicluster ${words(options.multicluster)}`]),
    ...(options.fallthrough === undefined ? [] : [`fallthrough ${words(options.fallthrough)}`]),
  ];
  return `kubernetes ${words(options.zones)} {\n${properties.join("\n")}\n}`;
}

function kubernetesBench(vector: Vector, fixture: Fixture): Bench {
  const { options = {} } = vector;
  const cluster = clusterOf(fixture, vector.fixture ?? "k8s", vector.qname.toLowerCase().split("."));
  const own = lines(options.local_ips);
  // The fixture's objects were last changed at second 3.
  return bench({ cluster, now: 3000, addresses: own.length > 0 ? own : ["127.0.0.1"] });
}

async function checkKubernetes(vector: Vector, fixture: Fixture): Promise<Problem> {
  const at = kubernetesBench(vector, fixture);
  const instance = setUp("kubernetes", kubernetesText(vector.options ?? {}), at);
  // What stands upstream in these vectors: one name, with a reply that is cut.
  const query = queryOf(askedOf(vector), at);
  const answer = [`${UPSTREAM} 5 IN A 1.2.3.4`];
  const outside = (name: string, type: string): Outcome =>
    name === UPSTREAM && type === "A"
      ? { rcode: "NOERROR", reply: replyOf({ answer, tc: true }, query.message) }
      : { rcode: "SERVFAIL" };
  return compareOutcome(vector, await ask(instance, { ...askedOf(vector), ask: outside }, at));
}

async function checkTransfer(vector: Vector, fixture: Fixture): Promise<Problem> {
  const { options = {} } = vector;
  const at = kubernetesBench(vector, fixture);
  const instance = setUp("kubernetes", kubernetesText(options), at);
  if (options.transfer !== true) return compareOutcome(vector, await ask(instance, askedOf(vector), at));
  const context = { ...at.context, sibling: (name: string) => (name === "kubernetes" ? instance : undefined) };
  const transfer = setUp("transfer", `transfer ${words(options.zones)} {\nto *\n}`, { ...at, context });
  const query = queryOf({ ...askedOf(vector), proto: "tcp" }, at);
  const soa = `${vector.qname} 0 IN SOA . . ${options.client_serial ?? 0} 0 0 0 0`;
  const message = { ...query.message, authorities: vector.qtype === "IXFR" ? [parseRecord(soa)] : [] };
  const next: Next = () => Promise.resolve({ rcode: "NEXT" });
  const outcome = await (transfer.handle?.({ ...query, message }, next) ?? { rcode: "NEXT" });
  return compareOutcome(vector, { outcome });
}

async function checkExternal(vector: Vector, fixture: Fixture): Promise<Problem> {
  const { options = {} } = vector;
  const at = kubernetesBench(vector, fixture);
  const given = (fixture[vector.fixture ?? ""] ?? {}) as JsonObject;
  const namespaces = lines(given.configured_namespaces);
  const kubernetes = setUp("kubernetes", kubernetesText({ zones: ["cluster.local."], namespaces }), at);
  const context = { ...at.context, sibling: (name: string) => (name === "kubernetes" ? kubernetes : undefined) };
  const text = [
    `k8s_external ${words(options.zones)} {`,
    ...(options.ttl === undefined ? [] : [`ttl ${options.ttl}`]),
    ...(options.apex === undefined ? [] : [`apex ${options.apex}`]),
    ...(options.headless ? ["headless"] : []),
    ...(options.fallthrough === undefined ? [] : [`fallthrough ${words(options.fallthrough)}`]),
    "}",
  ];
  const instance = setUp("k8s_external", text.join("\n"), { ...at, context });
  return compareOutcome(vector, await ask(instance, askedOf(vector), at));
}

async function checkFile(vector: Vector, fixture: Fixture): Promise<Problem> {
  const key = (vector.fixture ?? "").replace(/^zone:/, "");
  const zone = fixture.zones[key];
  if (zone === undefined) return `the fixture has no zone ${key}`;
  const at = bench({ files: { db: `${zone.records.join("\n")}\n` } });
  const instance = setUp("file", `file db ${vector.options?.zone ?? zone.origin}`, at);
  const asked = { ...askedOf(vector), ask: (): Outcome => ({ rcode: "SERVFAIL" }) };
  return compareOutcome(vector, await ask(instance, asked, at));
}

async function checkHosts(vector: Vector, fixture: Fixture): Promise<Problem> {
  const { options = {} } = vector;
  const at = bench({ files: { hosts: fixture.hosts.file_lines.join("\n") } });
  const fall = lines(options.fallthrough).length === 0 ? "" : ` {\nfallthrough ${words(options.fallthrough)}\n}`;
  const instance = setUp("hosts", `hosts hosts ${words(options.zones)}${fall}`, at);
  return compareOutcome(vector, await ask(instance, askedOf(vector), at));
}

async function checkAutopath(vector: Vector, fixture: Fixture): Promise<Problem> {
  const { options = {} } = vector;
  const search = lines(options.search).filter((name) => name !== "");
  const at = bench({ files: { resolv: `search ${search.join(" ")}\n` } });
  const instance = setUp("autopath", `autopath ${words(options.zones)} resolv`, at);
  const known = fixture.autopath.next_plugin;
  const next: Next = (query) => {
    const text = known[query.name] ?? known["*"] ?? "SERVFAIL";
    const [rcode = "SERVFAIL", type, data = "", , ttl = "0"] = text.split(" ");
    if (rcode === "SERVFAIL") return Promise.resolve({ rcode });
    const rr = `${query.question.name} ${ttl} IN ${type} ${data}`;
    const reply = replyOf({ rcode, answer: type === undefined ? [] : [rr] }, query.message);
    return Promise.resolve({ rcode: "NOERROR", reply });
  };
  const outcome = await (instance.handle?.(queryOf(askedOf(vector), at), next) ?? { rcode: "NEXT" });
  return compareOutcome(vector, { outcome });
}

/** A reply with the given records. */
export function replyOf(given: ReplyLines & JsonObject | ReplyLines, query: Message): Message {
  const flag = (name: string) => (given as JsonObject)[name] === true;
  const records = (section: readonly string[] | undefined): Rr[] =>
    (section ?? []).map((line) => parseRecord(line.replace(/\s+/g, " ")));
  return {
    ...query,
    rcode: given.rcode ?? "NOERROR",
    flags: {
      ...NO_FLAGS,
      qr: true,
      rd: true,
      ad: flag("ad"),
      ra: flag("ra"),
      aa: flag("aa"),
      tc: flag("tc"),
      cd: query.flags.cd,
    },
    answers: records(given.answer),
    authorities: records(given.ns),
    additionals: records(given.extra),
  };
}

function cacheText({ cap_ttl, except_denial, except_success }: JsonObject): string {
  const except = (kind: string, zones: unknown) => lines(zones).length === 0 ? [] : [`disable ${kind} ${words(zones)}`];
  return ["cache " + String(cap_ttl ?? ""), "{"].join(" ") +
    `\n${[...except("denial", except_denial), ...except("success", except_success)].join("\n")}\n}`;
}

/** The first ask stores what the upstream said; the second shows what was stored. */
async function checkInsertion(vector: Vector): Promise<Problem> {
  const { options = {}, upstream = {} } = vector;
  const now = typeof options.now === "string" ? { now: Date.parse(options.now) } : {};
  const at = bench(now);
  const instance = setUp("cache", cacheText(options), at);
  const asked = askedOf(vector);
  const whole = replyOf(upstream, queryOf(asked, at).message);
  // These vectors store with the cap for a TTL, whatever the records say.
  const least = Number(options.cap_ttl ?? 0);
  const reply = { ...whole, answers: whole.answers.map((rr) => ({ ...rr, ttl: Math.max(rr.ttl, least) })) };
  await ask(instance, asked, at, { rcode: "NOERROR", reply });
  const second = await ask(instance, asked, at);
  const cached = second.passed === undefined;
  if (cached !== vector.cached) return `cached ${vector.cached} expected, got ${cached}`;
  return vector.cached ? compareOutcome(vector, second) : undefined;
}

async function checkSeparation(vector: Vector): Promise<Problem> {
  const at = bench();
  const instance = setUp("cache", "cache", at);
  const [first, second] = [vector.first_query, vector.second_query] as unknown as [Asked, Asked];
  const query = queryOf(first, at);
  const answer = [`${first.qname} 3600 IN ${first.qtype === "AAAA" ? "AAAA ::1" : "A 127.0.0.1"}`];
  await ask(instance, first, at, { rcode: "NOERROR", reply: replyOf({ answer }, query.message) });
  const cached = (await ask(instance, second, at)).passed === undefined;
  return cached === vector.cached ? undefined : `cached ${vector.cached} expected, got ${cached}`;
}

async function checkAcl(vector: Vector): Promise<Problem> {
  const { options = {} } = vector;
  const zones = lines(options.server_zones);
  const at = bench({ zones: zones.length === 0 ? ["."] : zones });
  const instance = setUp("acl", String(options.corefile), at);
  const asked = { ...askedOf(vector), client: String(options.client_ip) };
  const got = await ask(instance, asked, at, WRITTEN);
  if (vector.no_write && got.passed !== undefined) return "passed on, expected to be dropped";
  return compareOutcome(vector, got);
}

/** The next plugin echoes the question with an address of its own. */
async function checkRewrite(vector: Vector): Promise<Problem> {
  const at = bench();
  const text = lines(vector.options?.rules).map((rule) => `rewrite ${rule}`).join("\n");
  const instance = setUp("rewrite", text, at);
  let seen: Message["questions"][number] | undefined;
  const next: Next = (query) => {
    seen = query.question;
    const rr = `${query.question.name} 5 IN A 10.0.0.1`;
    const answer = lines(vector.options?.next_answer).length > 0 ? lines(vector.options?.next_answer) : [rr];
    return Promise.resolve({ rcode: "NOERROR", reply: replyOf({ answer }, query.message) });
  };
  const outcome = await (instance.handle?.(queryOf(askedOf(vector), at), next) ?? { rcode: "NEXT" });
  const { rewritten } = vector;
  if (rewritten === undefined) return compareOutcome(vector, { outcome });
  const got: JsonObject = { qname: seen?.name ?? "", qtype: seen?.type ?? "", qclass: seen?.class ?? "" };
  const wrong = Object.keys(rewritten).filter((key) => String(rewritten[key]) !== String(got[key]));
  if (wrong.length > 0) return `asked on as ${JSON.stringify(got)}, expected ${JSON.stringify(rewritten)}`;
  return (vector.answer ?? []).length === 0 ? undefined : compareOutcome(vector, { outcome });
}

async function checkServer(vector: Vector): Promise<Problem> {
  const { options = {} } = vector;
  const at = bench();
  const plugins = options.plugins === undefined ? ["whoami"] : lines(options.plugins);
  const text = lines(options.blocks).map((key) => `${key} {\n${plugins.join("\n")}\n}\n`).join("");
  const configuration = configure({ text, file: "Corefile", host: at.host, cluster: undefined });
  const query = queryOf(askedOf(vector), at);
  if (vector.chosen_zone !== undefined) {
    const block = blockFor(listening(configuration, query.local), query);
    const zones = block?.addresses.map(({ zone }) => zone) ?? [];
    return zones.includes(vector.chosen_zone) ? undefined : `block ${zones.join(" ")}, expected ${vector.chosen_zone}`;
  }
  const version = Number(options.edns_version ?? 0);
  const edns = version === 0 ? {} : { edns: { version, udpSize: 1232, dnssecOk: false, options: [] } };
  const bytes = printMessage({ ...query.message, ...edns }, false);
  const arrival = { proto: "udp" as const, client: query.client, local: query.local };
  const reply = parseMessage(await serve(configuration, at.host, { bytes, arrival }) ?? new Uint8Array());
  const rcode = isMalformed(reply) ? "no reply" : reply.rcode;
  return rcode === vector.rcode ? undefined : `rcode ${vector.rcode} expected, got ${rcode}`;
}

async function checkChaos(vector: Vector): Promise<Problem> {
  const { version, authors } = vector.options ?? {};
  const at = bench();
  const instance = setUp("chaos", `chaos ${version} ${lines(authors).map((name) => `"${name}"`).join(" ")}`, at);
  return compareOutcome(vector, await ask(instance, askedOf(vector), at, WRITTEN));
}

async function checkPlain(vector: Vector): Promise<Problem> {
  const { options = {} } = vector;
  const around: Around = {};
  const at = bench(around);
  const instance = setUp(vector.suite, vector.suite, at);
  const proto = options.proto === "tcp" ? { proto: "tcp" as const } : {};
  const client = options.client_ip === undefined ? {} : { client: String(options.client_ip) };
  return compareOutcome(vector, await ask(instance, { ...askedOf(vector), ...proto, ...client }, at));
}
