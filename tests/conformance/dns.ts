/** Suite `dns`: worlds of podwire-dns/1 recordings, CoreDNS over a real plane, questions as packets on virtual time. */
import { parseArgs } from "@std/cli";
import {
  absolute,
  isMalformed,
  type Message,
  NO_FLAGS,
  parseMessage,
  printMessage,
  queryMessage,
} from "../../core/dns/mod.ts";
import type { Process } from "../../core/linux/mod.ts";
import { isFailure } from "../../core/base/mod.ts";
import { compareReply, unmatched } from "./dns_compare.ts";
import { type DnsCase, type DnsQuestion, type HttpCheck, isChange, parseDns } from "./dns_format.ts";
import { CLIENT, DnsWorld, type Reply, type Sending } from "./dns_world.ts";
import { glob } from "./match.ts";

const SHOWN = 8;
const POD = "10.244.0.5";
/** Virtual milliseconds a CoreDNS has to start, or to refuse to. */
const START_UP = 45_000;
/** Milliseconds between the start and the first question. */
const SETTLE = 400;
/** Milliseconds a question waits for its reply where it says nothing. */
const PATIENCE = 3000;

/** Counts of one kind of checks. */
interface Tally {
  passed: number;
  failed: number;
}

const KINDS = ["questions", "start-ups", "log lines", "http", "upstream counts"] as const;
type Kind = typeof KINDS[number];

/** What one check came to. */
export interface DnsVerdict {
  readonly kind: Kind;
  /** What differs; undefined where nothing does. */
  readonly problem?: string;
}

/** `deno task conformance dns FILE... [--only TEXT] [--verbose]`. */
export async function dns(args: readonly string[], say: (line: string) => void): Promise<number> {
  const flags = parseArgs([...args], { string: ["only"], boolean: ["verbose", "cases"] });
  if (flags._.length === 0) {
    say("usage: deno task conformance dns FILE... [--only CASE] [--verbose] [--cases]");
    return 2;
  }
  const tally = new Map<Kind, Tally>(KINDS.map((kind) => [kind, { passed: 0, failed: 0 }]));
  let shown = 0;
  for (const file of flags._) {
    const cases = await readDns(String(file));
    for (const one of cases.filter(({ id }) => id.includes(flags.only ?? ""))) {
      const verdicts = await runDnsCase(one);
      for (const { kind, problem } of verdicts) {
        (tally.get(kind) as Tally)[problem === undefined ? "passed" : "failed"]++;
        if (problem !== undefined && (flags.verbose || shown++ < SHOWN)) say(`${one.id}: ${problem}`);
      }
      const bad = verdicts.filter(({ problem }) => problem !== undefined).length;
      if (flags.cases && bad > 0) say(`${one.id}: ${bad} of ${verdicts.length} differ`);
    }
  }
  for (const [kind, { passed, failed }] of tally) say(`${kind}: ${passed} of ${passed + failed}`);
  const sum = (key: keyof Tally) => [...tally.values()].reduce((total, counts) => total + counts[key], 0);
  say(`${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") > 0 ? 1 : 0;
}

/** The cases of a recording in a file, which may be gzipped. */
export async function readDns(file: string): Promise<readonly DnsCase[]> {
  if (!file.endsWith(".gz")) return parseDns(await Deno.readTextFile(file), file);
  const stream = (await Deno.open(file)).readable.pipeThrough(new DecompressionStream("gzip"));
  return parseDns(await new Response(stream).text(), file);
}

/** Runs a case in a world of its own. A bug of ours fails every check of it that was not made yet. */
export async function runDnsCase(one: DnsCase): Promise<DnsVerdict[]> {
  const verdicts: DnsVerdict[] = [];
  try {
    const world = new DnsWorld(one);
    await world.start();
    verdicts.push(await checkStart(world, one));
    if (one.start.ok) {
      await runSteps(world, one, verdicts);
      verdicts.push(...checkLog(world, one));
      for (const http of one.http ?? []) verdicts.push(await checkHttp(world, http));
      verdicts.push(...checkUpstreams(world, one));
    }
  } catch (error) {
    verdicts.push({ kind: "start-ups", problem: `threw ${error instanceof Error ? error.stack : error}` });
    const asked = verdicts.filter(({ kind }) => kind === "questions").length;
    const left = one.queries.filter((step) => !isChange(step)).length - asked;
    for (let i = 0; i < left; i++) verdicts.push({ kind: "questions", problem: "not asked" });
  }
  return verdicts;
}

async function checkStart({ process, runner }: DnsWorld, { start }: DnsCase): Promise<DnsVerdict> {
  const kind = "start-ups";
  if (start.ok) {
    for (let waited = 0; waited < START_UP && !process.stdout.includes("CoreDNS-"); waited += 100) {
      if (await runner.run(process.finished, runner.clock.now() + 100) !== undefined) break;
    }
    await runner.advance(SETTLE);
    return process.stdout.includes("CoreDNS-") ? { kind } : { kind, problem: `did not start:\n${process.stdout}` };
  }
  const finished = await runner.run(process.finished, runner.clock.now() + START_UP);
  if (finished === undefined) {
    return { kind, problem: `started, expected:\n${start.error}\nprinted:\n${process.stdout}` };
  }
  const text = plain(`${finished.stdout}${finished.stderr}`.replace(/\n$/, ""));
  const got = start.ran ? text.split("\n").find((line) => line.includes("FATAL")) ?? text : text;
  const same = glob(start.error ?? "").test(got) && finished.exit === start.exit;
  return same
    ? { kind }
    : { kind, problem: `expected exit ${start.exit}:\n${start.error}\ngot ${finished.exit}:\n${got}` };
}

async function runSteps(world: DnsWorld, one: DnsCase, verdicts: DnsVerdict[]): Promise<void> {
  for (const [index, step] of one.queries.entries()) {
    if (step.sleep !== undefined) await world.runner.advance(step.sleep * 1000);
    if (isChange(step)) {
      await world.change(step);
      continue;
    }
    const reply = await world.ask(sendingOf(step, index + 1));
    if (step.skip || step.expect.unstable) continue;
    const problems = compareReply(step.expect, reply);
    const { expect: _expect, ...asked } = step;
    verdicts.push({
      kind: "questions",
      ...(problems.length === 0
        ? {}
        : { problem: [`#${index + 1} ${JSON.stringify(asked)}`, ...problems].join("\n    ") }),
    });
  }
}

function sendingOf(step: DnsQuestion, id: number): Sending {
  const bytes = step.wire === undefined
    ? printMessage(messageOf(step, id), false)
    : Uint8Array.from(step.wire.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return {
    bytes,
    proto: step.proto ?? "udp",
    from: step.from ?? CLIENT,
    fromPort: 40_000 + id,
    to: step.to ?? POD,
    port: step.port ?? 53,
    timeout: step.timeout === undefined ? PATIENCE : step.timeout * 1000,
    last: step.type === "AXFR" ? transferred : () => true,
  };
}

/** A transfer ends with its second SOA, or with the first message that is none. */
function transferred(messages: readonly Uint8Array[]): boolean {
  const all = messages.map(parseMessage);
  if (all.some((message) => isMalformed(message) || message.rcode !== "NOERROR")) return true;
  const records = (all as Message[]).flatMap((message) => message.answers);
  return records[0]?.type !== "SOA" || records.filter((rr) => rr.type === "SOA").length > 1;
}

function messageOf(step: DnsQuestion, id: number): Message {
  const question = { name: absolute(step.name), type: step.type ?? "A", class: step.class ?? "IN" };
  const wantsEdns = step.edns !== undefined || step.do !== undefined || step.options !== undefined;
  const options = (step.options ?? []).map(({ code, data }) => ({
    code,
    data: Uint8Array.from(data.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  }));
  const edns = { version: step.edns_version ?? 0, udpSize: step.edns ?? 1232, dnssecOk: step.do ?? false, options };
  return {
    ...queryMessage(id, question, wantsEdns ? edns : undefined),
    opcode: step.opcode ?? "QUERY",
    flags: { ...NO_FLAGS, rd: step.rd ?? true, cd: step.cd ?? false, ad: step.ad ?? false },
  };
}

/** Texts as the recorder wrote them down. */
function plain(text: string): string {
  return text.replaceAll("/etc/coredns/Corefile", "Corefile");
}

function checkLog({ process }: DnsWorld, { log, log_partial }: DnsCase): DnsVerdict[] {
  if (log === undefined) return [];
  const text = plain(process.stdout).replace(/\n$/, "");
  const { missing, extra } = unmatched(log, text === "" ? [] : text.split("\n"));
  const surplus = log_partial ? [] : extra;
  return [
    ...Array.from({ length: log.length - missing.length }, (): DnsVerdict => ({ kind: "log lines" })),
    ...missing.map((line): DnsVerdict => ({ kind: "log lines", problem: `log lacks: ${line}` })),
    ...surplus.map((line): DnsVerdict => ({ kind: "log lines", problem: `log has also: ${line}` })),
  ];
}

function checkUpstreams({ upstreams }: DnsWorld, { upstream_queries = {} }: DnsCase): DnsVerdict[] {
  return Object.entries(upstream_queries).map(([address, count]): DnsVerdict => {
    const got = upstreams.get(address)?.queries;
    const kind = "upstream counts";
    return got === count ? { kind } : { kind, problem: `${address}: ${count} questions expected, got ${got}` };
  });
}

async function checkHttp(world: DnsWorld, check: HttpCheck): Promise<DnsVerdict> {
  const got = await world.inside((process) => request(process, check), check.url.startsWith("localhost"));
  const { refused, status, body, type } = check.expect;
  const shown = got === undefined || check.grep === undefined ? got : { ...got, body: grep(got.body, check.grep) };
  const same = refused
    ? shown === undefined
    : shown?.status === status && shown?.type === type && glob(body ?? "").test(shown?.body ?? "");
  if (same) return { kind: "http" };
  const problem = `${check.url}: expected ${JSON.stringify(check.expect)}\n    got ${
    JSON.stringify(shown ?? "refused")
  }`;
  return { kind: "http", problem };
}

function grep(body: string, pattern: string): string {
  const form = new RegExp(pattern);
  return body.split("\n").filter((line) => form.test(line)).map((line) => `${line}\n`).join("");
}

interface HttpReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function request(process: Process, { url, method = "GET" }: HttpCheck): Promise<HttpReply | undefined> {
  const [, host, port, path] = /^(?:http:\/\/)?([^:/]*):(\d+)(\/.*)?$/.exec(url) ?? [];
  const stream = await process.net.connect(host === "" ? POD : "127.0.0.1", Number(port), { timeout: PATIENCE });
  if (stream === undefined || isFailure(stream)) return undefined;
  await stream.write(`${method} ${path ?? "/"} HTTP/1.1\r\nHost: dns\r\nConnection: close\r\n\r\n`);
  const decoder = new TextDecoder();
  let text = "";
  for (let more = await stream.read(PATIENCE); more instanceof Uint8Array; more = await stream.read(PATIENCE)) {
    text += decoder.decode(more, { stream: true });
  }
  stream.close();
  const end = text.indexOf("\r\n\r\n");
  const type = /^content-type:\s*(.*?)\r?$/im.exec(text.slice(0, end))?.[1] ?? "";
  return { status: Number(text.split(" ")[1]), type, body: text.slice(end + 4) };
}

export type { Reply };
