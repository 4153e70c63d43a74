/**
 * busybox's nslookup (1.30 to 1.37): every question at once by UDP, answers printed as they come. Only names without a dot
 * go along the search list, whole; `ndots` means nothing to it.
 */
import { ipFamily, isIp, parseIp } from "../../base/mod.ts";
import {
  gaiFailed,
  getaddrinfo,
  isMalformed,
  type Message,
  parseMessage,
  printMessage,
  queryMessage,
  relative,
  resolverSettings,
  reverseName,
  type Rr,
} from "../../dns/mod.ts";
import type { DatagramSocket, Process } from "../../linux/mod.ts";

const USAGE = `BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.

Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]

Query DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,srv,ptr,any
`;
/** The types it knows, in the order it asks for them. */
const TYPES = ["SOA", "NS", "A", "AAAA", "CNAME", "MX", "TXT", "SRV", "PTR", "ANY"];
/** What it can hold of an answer. */
const BUFFER = 512;

interface Options {
  readonly name: string;
  readonly server: string | undefined;
  readonly types: readonly string[];
  readonly port: number;
  readonly retry: number;
  /** Seconds. */
  readonly timeout: number;
}

interface Question {
  readonly name: string;
  readonly type: string;
  readonly id: number;
  answered: boolean;
}

/** The program. */
export async function busyboxNslookup(process: Process): Promise<number> {
  const options = readOptions(process.argv.slice(1));
  if (typeof options === "string") {
    process.err(options);
    return 1;
  }
  const servers = await serversOf(process, options);
  if (servers === undefined) {
    process.err(`nslookup: bad address '${options.server}'\n`);
    return 1;
  }
  const questions = questionsOf(process, options);
  for (const server of servers) {
    const asking = new Asking(process, { server, options, questions });
    if (await asking.run() === 0) continue;
    const silent = questions.filter(({ answered }) => !answered);
    process.out(silent.map(({ name }) => `*** Can't find ${name}: No answer\n`).join(""));
    if (silent.length > 0) process.out("\n");
    return asking.exit;
  }
  process.out(";; connection timed out; no servers could be reached\n\n");
  return 1;
}

/** The options, or what it complains with. */
function readOptions(args: readonly string[]): Options | string {
  const types = new Set<string>();
  const numbers = { port: 53, retry: 2, timeout: 5 };
  const words = [...args];
  while (words[0]?.startsWith("-")) {
    const [key = "", value = ""] = (words.shift() as string).slice(1).split("=", 2);
    const name = ["type", "querytype", "port", "retry", "debug", "t", "timeout"].find((each) => each.startsWith(key));
    if (name === undefined || key === "") return USAGE;
    if (name === "type" || name === "querytype") {
      if (!TYPES.includes(value.toUpperCase())) return `nslookup: invalid query type "${value}"\n`;
      types.add(value.toUpperCase());
    } else if (name !== "debug") {
      if (!/^\d+$/.test(value)) return `nslookup: invalid number '${value}'\n`;
      numbers[name === "t" ? "timeout" : name as "port" | "retry" | "timeout"] = Math.max(1, Number(value));
    }
  }
  const [name, server, more] = words;
  if (name === undefined || more !== undefined) return USAGE;
  return { name, server, types: TYPES.filter((type) => types.has(type)), ...numbers };
}

interface Server {
  /** As it was given. */
  readonly name: string;
  readonly address: string;
}

async function serversOf(process: Process, { server }: Options): Promise<readonly Server[] | undefined> {
  if (server === undefined) {
    return resolverSettings(process.files).nameservers.map((address) => ({ name: address, address }));
  }
  if (isIp(server)) return [{ name: server, address: server }];
  const info = await getaddrinfo(process, server);
  return gaiFailed(info) ? undefined : [{ name: server, address: info.addresses[0] as string }];
}

function questionsOf(process: Process, { name, types }: Options): Question[] {
  const ip = types.length === 0 ? parseIp(name) : undefined;
  const first = process.random.below(65_536);
  const { search } = resolverSettings(process.files);
  const asked = (ip === undefined ? types.length === 0 ? ["A", "AAAA"] : types : ["PTR"]).flatMap((type) => {
    if (ip !== undefined) return [{ name: relative(reverseName(ip)), type }];
    if (type === "PTR" || search.length === 0 || name.includes(".")) return [{ name, type }];
    return search.map((domain) => ({ name: `${name}.${domain}`, type }));
  });
  return asked.map((each, i) => ({ ...each, id: (first + i) % 65_536, answered: false }));
}

/** The questions at one server. */
class Asking {
  exit = 0;
  #replies = 0;
  /** How often questions that failed at the server are asked again at once. */
  #patience = 0;

  constructor(
    readonly process: Process,
    readonly to: { readonly server: Server; readonly options: Options; readonly questions: readonly Question[] },
  ) {}

  /** How many answers came. */
  async run(): Promise<number> {
    const { process, to: { server, options, questions } } = this;
    const socket = process.net.udp(ipFamily(server.address) ?? 4);
    const { clock } = process;
    const ends = clock.now() + options.timeout * 1000;
    const interval = (options.timeout * 1000) / options.retry;
    let sent = -Infinity;
    let count = 0;
    while (clock.now() < ends && count < questions.length) {
      if (clock.now() - sent >= interval) {
        for (const question of questions) if (!question.answered) this.#send(socket, question);
        this.#patience = 2 * questions.length;
        sent = clock.now();
      }
      const got = await socket.receive(Math.min(ends, sent + interval) - clock.now());
      if (got !== undefined && "datagram" in got && this.#take(socket, got.datagram.data)) count++;
    }
    socket.close();
    return count;
  }

  #send(socket: DatagramSocket, { name, type, id }: Question): void {
    const { server, options } = this.to;
    const query = queryMessage(id, { name: name.endsWith(".") ? name : `${name}.`, type, class: "IN" });
    const bytes = printMessage({ ...query, flags: { ...query.flags, rd: true, ad: true } });
    socket.sendTo(bytes, server.address, options.port);
  }

  /** Prints an answer; whether it was one. */
  #take(socket: DatagramSocket, data: Uint8Array): boolean {
    const { server: { name, address }, options, questions } = this.to;
    if (this.#replies++ === 0) {
      const place = address.includes(":") ? `[${address}]` : address;
      this.process.out(`Server:\t\t${name}\nAddress:\t${place}:${options.port}\n\n`);
    }
    const question = questions.find(({ id }) => id === (((data[0] ?? 0) << 8) | (data[1] ?? 0)));
    if (question === undefined || question.answered) return false;
    const reply = data.length > BUFFER ? { malformed: "cut" } : parseMessage(data);
    if (!isMalformed(reply) && reply.rcode === "SERVFAIL" && this.#patience-- > 0) {
      this.#send(socket, question);
      return false;
    }
    question.answered = true;
    if (isMalformed(reply)) this.#failed(`*** Can't find ${question.name}: Parse error\n`);
    else if (reply.rcode !== "NOERROR") this.#failed(`** server can't find ${question.name}: ${reply.rcode}\n`);
    else this.process.out(answerText(reply));
    this.process.out("\n");
    return true;
  }

  #failed(line: string): void {
    this.process.out(line);
    this.exit = 1;
  }
}

function answerText({ flags, answers }: Message): string {
  return (flags.aa ? "" : "Non-authoritative answer:\n") + answers.map(recordText).join("");
}

function recordText({ name: owner, type, data }: Rr): string {
  const name = relative(owner);
  const words = data.split(" ");
  switch (type) {
    case "A":
    case "AAAA":
      return `Name:\t${name}\nAddress: ${data}\n`;
    case "NS":
      return `${name}\tnameserver = ${relative(data)}\n`;
    case "CNAME":
      return `${name}\tcanonical name = ${relative(data)}\n`;
    case "PTR":
      return `${name}\tname = ${relative(data)}\n`;
    case "MX":
      return `${name}\tmail exchanger = ${words[0]} ${relative(words[1] ?? "")}\n`;
    case "TXT":
      return `${name}\ttext = ${/^"(?:[^"\\]|\\.)*"/.exec(data)?.[0] ?? data}\n`;
    case "SRV":
      return `${name}\tservice = ${words.slice(0, 3).join(" ")} ${relative(words[3] ?? "")}\n`;
    case "SOA":
      return soaText(name, words);
    default:
      return "";
  }
}

function soaText(name: string, [origin = "", mail = "", ...numbers]: readonly string[]): string {
  const lines = ["serial", "refresh", "retry", "expire", "minimum"].map((key, i) => `\t${key} = ${numbers[i]}\n`);
  return `${name}\n\torigin = ${relative(origin)}\n\tmail addr = ${relative(mail)}\n${lines.join("")}`;
}
