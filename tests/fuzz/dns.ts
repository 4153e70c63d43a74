/**
 * Mutated DNS messages and Corefiles: `deno run --allow-read tests/fuzz/dns.ts [MESSAGES] [COREFILES] [SEED]`.
 *
 * Messages go through the parser and through CoreDNS's chain: nothing may throw, what was parsed must print and parse again,
 * and every message must be done with. Corefiles are set up: each is taken, or refused with a line and a text.
 */
import { Random } from "../../core/base/mod.ts";
import { configure, CorefileError } from "../../core/addons/coredns/mod.ts";
import { fakeHost } from "../../core/addons/coredns/fake_host.ts";
import { serveStream } from "../../core/addons/coredns/server.ts";
import { isMalformed, parseMessage, parseQuery, printMessage, queryMessage } from "../../core/dns/mod.ts";
import { type KubeObject, Store } from "../../core/kube/mod.ts";
import { COREFILES } from "./dns_corpus.ts";

/** What went wrong, with what did it. */
export interface DnsFinding {
  readonly input: string;
  readonly problem: string;
}

/** How many inputs ended which way, and what should not have been. */
export interface DnsReport {
  readonly ends: Readonly<Record<string, number>>;
  readonly findings: readonly DnsFinding[];
}

const TYPES = [
  "A",
  "AAAA",
  "SRV",
  "PTR",
  "TXT",
  "NS",
  "SOA",
  "MX",
  "CNAME",
  "ANY",
  "HTTPS",
  "NAPTR",
  "AXFR",
  "TYPE65280",
];
const NAMES = [
  "web.default.svc.cluster.local.",
  "_http._tcp.web.default.svc.cluster.local.",
  "nope.default.svc.cluster.local.",
  "80.0.96.10.in-addr.arpa.",
  "10-244-1-5.default.pod.cluster.local.",
  "www.example.org.",
  "a.b.c.example.net.",
  "version.bind.",
  ".",
];
/** Milliseconds of the machine's own time that an input may take, however busy the machine is. */
const PATIENCE = 20_000;
const BATCH = 500;

function cluster(): Store {
  const store = new Store();
  const put = (object: unknown): void => void store.put(object as KubeObject);
  put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  const spec = {
    clusterIP: "10.96.0.80",
    clusterIPs: ["10.96.0.80"],
    ports: [{ port: 80, name: "http", protocol: "TCP" }],
  };
  put({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "default" }, spec, status: {} });
  return store;
}

/** Questions and the replies to them, as octets. */
async function corpus(random: Random): Promise<Uint8Array[]> {
  const serving = server(random);
  const questions = NAMES.flatMap((name) =>
    TYPES.map((type, i) => {
      const options = [{ code: 10, data: new Uint8Array(8) }, { code: 8, data: Uint8Array.of(0, 1, 24, 0, 10, 0, 0) }];
      const edns = { version: 0, udpSize: 1232, dnssecOk: i % 2 === 0, options };
      return printMessage(
        queryMessage(i, { name, type, class: name === "version.bind." ? "CH" : "IN" }, i % 3 > 0 ? edns : undefined),
      );
    })
  );
  const replies = await Promise.all(questions.map((bytes) => serving(bytes)));
  return [...questions, ...replies.flat()];
}

function server(random: Random): (bytes: Uint8Array) => Promise<Uint8Array[]> {
  const host = fakeHost({ files: { "/zones/example.net": ZONE } });
  const configuration = configure({ text: COREFILES[0] as string, file: "Corefile", host, cluster: cluster() });
  return (bytes) => {
    const arrival = {
      proto: random.below(4) === 0 ? "tcp" : "udp",
      client: { address: "10.244.1.10", port: 40_001 },
      local: { address: "10.244.0.5", port: 53 },
    } as const;
    return serveStream(configuration, host, { bytes, arrival });
  };
}

const ZONE = `$TTL 300
@ IN SOA ns hostmaster 1 7200 1800 86400 30
@ IN NS ns
ns IN A 192.0.2.1
*.b IN A 192.0.2.2
alias IN CNAME a.b.c
sub IN NS ns.sub
ns.sub IN A 192.0.2.3
`;

/** Sends mutated messages through the parser and the chain. */
export async function fuzzMessages(count: number, seed: number): Promise<DnsReport> {
  const random = new Random(seed);
  const inputs = await corpus(random);
  const serving = server(random);
  const ends: Record<string, number> = {};
  const findings: DnsFinding[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - done) }, () => mutated(inputs, random));
    const began = performance.now();
    const jobs = batch.map(async (bytes) => {
      const problem = await sendOne(serving, bytes, ends);
      if (problem !== undefined) findings.push({ input: hex(bytes), problem });
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((wake) => timer = setTimeout(() => wake("late"), 2 * PATIENCE));
    if (await Promise.race([Promise.all(jobs), late]) === "late") {
      findings.push({ input: batch.map(hex).join("\n"), problem: "one of these is never done with" });
    }
    clearTimeout(timer);
    if (performance.now() - began > PATIENCE) findings.push({ input: batch.map(hex).join("\n"), problem: "too slow" });
  }
  return { ends, findings };
}

async function sendOne(
  serving: (bytes: Uint8Array) => Promise<Uint8Array[]>,
  bytes: Uint8Array,
  ends: Record<string, number>,
): Promise<string | undefined> {
  const count = (end: string): void => void (ends[end] = (ends[end] ?? 0) + 1);
  try {
    parseQuery(bytes);
    const message = parseMessage(bytes);
    count(isMalformed(message) ? "malformed" : "parsed");
    if (!isMalformed(message) && isMalformed(parseMessage(printMessage(message)))) return "printed, it parses no more";
    const replies = await serving(bytes);
    const last = replies.at(-1);
    const reply = last === undefined ? undefined : parseMessage(last);
    if (reply === undefined) count("silence");
    else if (isMalformed(reply)) return `a malformed reply: ${reply.malformed}`;
    else count(reply.rcode);
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.stack : error);
  }
}

/** One of the inputs with something changed. */
function mutated(inputs: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(random.pick(inputs));
  for (let times = 1 + random.below(3); times > 0; times--) bytes = changed(bytes, random.pick(inputs), random);
  return bytes;
}

function changed(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const copy = Uint8Array.from(bytes);
  switch (random.below(7)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      copy[at] = random.below(256);
      return copy;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return joined(bytes.slice(0, at), Uint8Array.of(random.below(256)), bytes.slice(at));
    case 4:
      return joined(bytes.slice(0, at), other.slice(random.below(other.length + 1)));
    case 5:
      // A pointer, where compression would put one.
      return joined(bytes.slice(0, at), Uint8Array.of(0xc0 | random.below(2), random.below(256)), bytes.slice(at + 2));
    default:
      copy[4 + random.below(8)] = random.below(4);
      return copy;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(Math.min(65_535, parts.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, whole.length - at), at);
    at += part.length;
    if (at >= whole.length) break;
  }
  return whole;
}

/** Sets mutated Corefiles up. */
export function fuzzCorefiles(count: number, seed: number): DnsReport {
  const random = new Random(seed);
  const ends: Record<string, number> = {};
  const findings: DnsFinding[] = [];
  for (let i = 0; i < count; i++) {
    const text = mutatedText(random);
    const began = performance.now();
    const end = setUpOne(text);
    if (end === "taken" || end === "refused") ends[end] = (ends[end] ?? 0) + 1;
    else findings.push({ input: text, problem: end });
    if (performance.now() - began > PATIENCE) findings.push({ input: text, problem: "too slow" });
  }
  return { ends, findings };
}

function setUpOne(text: string): string {
  try {
    const host = fakeHost({ files: { "/zones/example.net": ZONE, "/etc/resolv.conf": "nameserver 192.0.2.53\n" } });
    configure({ text, file: "Corefile", host, cluster: cluster() });
    return "taken";
  } catch (error) {
    if (!(error instanceof CorefileError)) return String(error instanceof Error ? error.stack : error);
    return error.line >= 1 && error.startup !== "" ? "refused" : `no line or no text: ${error.message}`;
  }
}

const PIECES = [
  "{",
  "}",
  "\n",
  " ",
  "\t",
  '"',
  "#",
  "\\",
  "*",
  ".",
  "0",
  "-1",
  "1h",
  "import",
  "(",
  ")",
  "{$X}",
  "é",
  "65536",
];

function mutatedText(random: Random): string {
  let text = random.pick(COREFILES);
  for (let times = 1 + random.below(5); times > 0; times--) {
    const at = random.below(text.length + 1);
    const words = text.split(/(\s+)/);
    const word = random.below(words.length);
    switch (random.below(6)) {
      case 0:
        text = text.slice(0, at) + random.pick(PIECES) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + 1 + random.below(12));
        break;
      case 2:
        text = words.toSpliced(word, 1).join("");
        break;
      case 3:
        text = words.toSpliced(word, 1, random.pick(random.pick(COREFILES).split(/\s+/))).join("");
        break;
      case 4: {
        const lines = text.split("\n");
        text = lines.toSpliced(random.below(lines.length), 0, random.pick(random.pick(COREFILES).split("\n"))).join(
          "\n",
        );
        break;
      }
      default:
        text = text.slice(0, at) + String.fromCharCode(random.below(128)) + text.slice(at + 1);
    }
  }
  return text;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function print({ ends, findings }: DnsReport): void {
  const problems = new Map(findings.map((finding) => [finding.problem, finding]));
  for (const { input, problem } of problems.values()) console.log(`${problem}\n${input}\n`);
  console.log(`${JSON.stringify(ends)}, ${findings.length} findings`);
}

if (import.meta.main) {
  const [messages = 1_000_000, corefiles = 100_000, seed = 1] = Deno.args.map(Number);
  print(await fuzzMessages(messages, seed));
  print(fuzzCorefiles(corefiles, seed));
}
