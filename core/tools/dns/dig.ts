/** dig (bind9-dnsutils 9.18): asks, and prints the answer section by section. */
import {
  absolute,
  type Edns,
  gaiFailed,
  getaddrinfo,
  glibcCandidates,
  type Message,
  resolverSettings,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answered, ask } from "./ask.ts";
import { questionLine, recordLine } from "./columns.ts";
import { trace, transfer } from "./dig_walk.ts";
import { type DigLookup, type DigOptions, digOptions } from "./dig_options.ts";
import { explainName } from "./name_story.ts";

const VERSION = "9.18.49-1~deb12u3-Debian";
const USAGE = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`;
/** dig's own exit statuses: everything fine, usage, no reply from any server. */
const [OK, BAD_USAGE, NO_REPLY, INTERNAL] = [0, 1, 9, 10];

/** The program. */
export async function dig(process: Process): Promise<number> {
  if (process.argv.includes("--explain")) return await explainName(process);
  const options = digOptions(process.argv.slice(1));
  if ("invalid" in options) {
    process.err(`Invalid option: ${options.invalid}\n${USAGE}`);
    return BAD_USAGE;
  }
  if ("unmodelled" in options) {
    process.err(`dig: ${options.unmodelled} is not modelled\n`);
    return BAD_USAGE;
  }
  const servers = await serversOf(process, options);
  if (typeof servers === "string") {
    process.err(`dig: couldn't get address for '${options.server}': ${servers}\n`);
    return INTERNAL;
  }
  let exit = OK;
  for (const [i, lookup] of options.lookups.entries()) {
    exit = Math.max(exit, await run(process, { options, servers, lookup, first: i === 0 }));
  }
  return exit;
}

async function serversOf(process: Process, { server, family }: DigOptions): Promise<readonly string[] | string> {
  if (server === undefined) return resolverSettings(process.files).nameservers;
  const info = await getaddrinfo(process, server, { family });
  return gaiFailed(info) ? (info.gai === "EAI_NONAME" ? "not found" : "failure") : info.addresses;
}

interface Job {
  readonly options: DigOptions;
  readonly servers: readonly string[];
  readonly lookup: DigLookup;
  readonly first: boolean;
}

async function run(process: Process, { options, servers, lookup, first }: Job): Promise<number> {
  const { flags, values } = options;
  const head = first && flags.get("cmd") && !flags.get("short") ? greeting(process, options, servers) : "";
  if (lookup.type === "AXFR") return await runTransfer(process, { options, servers, lookup, first }, head);
  if (flags.get("trace")) {
    process.out(head);
    const question = { name: absolute(lookup.name), type: lookup.type, class: lookup.class };
    return await trace(process, { servers, port: options.port, question }) ? OK : NO_REPLY;
  }
  let answered: Answered | undefined;
  for (const name of names(process, options, lookup)) {
    const asking = await ask(process, servers, { name, type: lookup.type, class: lookup.class }, {
      port: options.port,
      timeout: seconds(values.get("time"), 5) * 1000,
      tries: tries(values),
      tcp: flags.get("tcp") === true || lookup.type === "AXFR",
      recurse: flags.get("recurse") === true,
      ignoreCut: flags.get("ignore") === true,
      edns: ednsOf(process, options),
      ...(options.from === undefined ? {} : { from: options.from }),
    });
    process.out(asking.complaints.map((line) => `${line}\n`).join(""));
    answered = asking.answered;
    if (answered === undefined) {
      process.out(`${head}${flags.get("short") ? "" : ";; no servers could be reached\n"}`);
      return NO_REPLY;
    }
    if (answered.message.rcode !== "NXDOMAIN" && answered.message.answers.length > 0) break;
  }
  process.out(
    head + (flags.get("short") ? shortText(answered as Answered) : fullText(process, options, answered as Answered)),
  );
  return OK;
}

async function runTransfer(process: Process, { options, servers, lookup }: Job, head: string): Promise<number> {
  const { port, flags } = options;
  const [address = ""] = servers;
  const question = { name: absolute(lookup.name), type: "AXFR", class: lookup.class };
  const got = await transfer(process, { address, port }, question);
  process.out(head);
  if (got === undefined) {
    process.out(`;; communications error to ${address}#${port}: connection refused\n;; no servers could be reached\n`);
    return NO_REPLY;
  }
  if (got === "refused") {
    process.out("; Transfer failed.\n");
    return OK;
  }
  const { records, messages, bytes, milliseconds } = got;
  process.out(records.map((rr) => `${flags.get("short") ? rr.data : recordLine(rr)}\n`).join(""));
  if (!flags.get("stats") || flags.get("short")) return OK;
  const size = `;; XFR size: ${records.length} records (messages ${messages}, bytes ${bytes})\n\n`;
  process.out(whoAndWhen(process, { milliseconds, server: address, port, tcp: true }) + size);
  return OK;
}

function tries(values: DigOptions["values"]): number {
  const retry = values.get("retry");
  return retry === undefined ? Math.max(1, Number(values.get("tries") ?? 3)) : Number(retry) + 1;
}

function seconds(text: string | undefined, otherwise: number): number {
  return Math.max(1, Number(text ?? otherwise) || otherwise);
}

/** One name, or with +search those of resolv.conf's search list. */
function names(process: Process, { flags, values }: DigOptions, { name }: DigLookup): readonly string[] {
  if (!flags.get("search")) return [absolute(name)];
  const settings = resolverSettings(process.files);
  return glibcCandidates(name, { ...settings, ndots: Number(values.get("ndots") ?? settings.ndots) });
}

function ednsOf(process: Process, { flags, values }: DigOptions): Edns | undefined {
  if (!flags.get("edns") && !flags.get("dnssec")) return undefined;
  const cookie = Uint8Array.from({ length: 8 }, () => process.random.below(256));
  const udpSize = Number(values.get("bufsize") ?? 1232);
  return {
    version: Number(values.get("edns") ?? 0),
    udpSize,
    dnssecOk: flags.get("dnssec") === true,
    options: flags.get("cookie") ? [{ code: 10, data: cookie }] : [],
  };
}

function greeting(process: Process, { server }: DigOptions, servers: readonly string[]): string {
  const found = server === undefined ? "" : `; (${servers.length} server${servers.length === 1 ? "" : "s"} found)\n`;
  return `\n; <<>> DiG ${VERSION} <<>> ${process.argv.slice(1).join(" ")}\n${found};; global options: +cmd\n`;
}

function shortText({ message }: Answered): string {
  return message.answers.map(({ data }) => `${data}\n`).join("");
}

function fullText(process: Process, { flags }: DigOptions, answered: Answered): string {
  const { message } = answered;
  const comments = flags.get("comments") === true;
  const sections = [
    flags.get("question") ? section(comments ? ";; QUESTION SECTION:" : "", message.questions.map(questionLine)) : "",
    flags.get("answer") ? section(comments ? ";; ANSWER SECTION:" : "", message.answers.map(recordLine)) : "",
    flags.get("authority") ? section(comments ? ";; AUTHORITY SECTION:" : "", message.authorities.map(recordLine)) : "",
    flags.get("additional")
      ? section(comments ? ";; ADDITIONAL SECTION:" : "", message.additionals.map(recordLine))
      : "",
  ].filter((text) => text !== "");
  const body = sections.join(comments ? "\n" : "");
  return (comments ? header(message) : "") + body + (comments && body !== "" ? "\n" : "") +
    (flags.get("stats") ? statistics(process, answered) : "");
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return (title === "" ? "" : `${title}\n`) + lines.map((line) => `${line}\n`).join("");
}

function header(message: Message): string {
  const { flags, opcode, rcode, id, questions, answers, authorities, additionals, edns } = message;
  const set = (["qr", "aa", "tc", "rd", "ra", "ad", "cd"] as const).filter((name) => flags[name]).join(" ");
  const counts =
    `QUERY: ${questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${
      additionals.length + (edns === undefined ? 0 : 1)
    }`;
  const warning = flags.rd && !flags.ra ? ";; WARNING: recursion requested but not available\n" : "";
  return `;; Got answer:\n;; ->>HEADER<<- opcode: ${opcode}, status: ${rcode}, id: ${id}\n;; flags: ${set}; ${counts}\n${warning}\n${
    edns === undefined ? "" : optText(edns)
  }`;
}

function optText({ version, udpSize, dnssecOk, options }: Edns): string {
  const lines = options.map(({ code, data }) => optionLine(code, data));
  return `;; OPT PSEUDOSECTION:\n; EDNS: version: ${version}, flags:${dnssecOk ? " do" : ""}; udp: ${udpSize}\n${
    lines.join("")
  }`;
}

/** A cookie that comes back as it was sent is only echoed; a real one has the server's half behind it. */
function optionLine(code: number, data: Uint8Array): string {
  const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (code === 10) return `; COOKIE: ${hex} ${data.length === 8 ? "(echoed)" : "(good)"}\n`;
  return code === 15 ? `; EDE: ${((data[0] ?? 0) << 8) | (data[1] ?? 0)}\n` : `; OPT=${code}: ${hex}\n`;
}

function statistics(process: Process, answered: Answered): string {
  return `${whoAndWhen(process, answered)};; MSG SIZE  rcvd: ${answered.size}\n\n`;
}

function whoAndWhen(
  process: Process,
  { milliseconds, server, port, tcp }: Pick<Answered, "milliseconds" | "server" | "port" | "tcp">,
): string {
  const when = new Date(process.clock.now());
  return `;; Query time: ${Math.floor(milliseconds)} msec\n;; SERVER: ${server}#${port}(${server}) (${
    tcp ? "TCP" : "UDP"
  })\n;; WHEN: ${dateText(when)}\n`;
}

/** date(1)'s form in UTC: `Thu Jan 01 00:00:00 UTC 2026`. */
function dateText(when: Date): string {
  const [, day, date, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(when.toUTCString()) ?? [];
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}
