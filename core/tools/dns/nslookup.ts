/** nslookup of bind (9.18), without its prompt: one name, one server, the answer. */
import { isIp, parseIp } from "../../base/mod.ts";
import {
  gaiFailed,
  getaddrinfo,
  glibcCandidates,
  relative,
  resolverSettings,
  reverseName,
  type Rr,
  typeNumber,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answered, ask } from "./ask.ts";

interface Options {
  readonly name: string;
  readonly server: string | undefined;
  /** Undefined: addresses of both families. */
  readonly type: string | undefined;
  readonly timeout: number;
  readonly tries: number;
  readonly port: number;
  readonly search: boolean;
}

/** The program. */
export async function nslookup(process: Process): Promise<number> {
  const options = readOptions(process.argv.slice(1));
  if (typeof options === "string") {
    process.err(`${options}\n`);
    return 1;
  }
  const servers = await serversOf(process, options.server);
  if (servers === undefined) {
    process.out(`nslookup: couldn't get address for '${options.server}': not found\n`);
    return 1;
  }
  return await new Lookup(process, options, servers).run();
}

function readOptions(args: readonly string[]): Options | string {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const values = new Map(args.filter((arg) => arg.startsWith("-")).map((arg) => splitOption(arg.slice(1))));
  if (words[0] === undefined) return "nslookup: interactive mode is not modelled, give a name";
  const type = values.get("type") ?? values.get("query") ?? values.get("querytype") ?? values.get("q");
  if (type !== undefined && typeNumber(type) === undefined) return `unknown query type: ${type}`;
  return {
    name: words[0],
    server: words[1],
    type: type?.toUpperCase(),
    timeout: Number(values.get("timeout") ?? 5) * 1000,
    tries: Number(values.get("retry") ?? 2) || 1,
    port: Number(values.get("port") ?? 53),
    search: !values.has("nosearch"),
  };
}

function splitOption(text: string): [string, string] {
  const [name = "", value = ""] = text.split("=", 2);
  return [name.toLowerCase(), value];
}

async function serversOf(process: Process, server: string | undefined): Promise<readonly string[] | undefined> {
  if (server === undefined) return resolverSettings(process.files).nameservers;
  const info = await getaddrinfo(process, server);
  return gaiFailed(info) ? undefined : info.addresses;
}

class Lookup {
  #headed = false;

  constructor(readonly process: Process, readonly options: Options, readonly servers: readonly string[]) {}

  async run(): Promise<number> {
    const { name, type } = this.options;
    const pointer = type === undefined && isIp(name);
    const candidates = pointer
      ? [reverseName(parseIp(name) as NonNullable<ReturnType<typeof parseIp>>)]
      : this.#candidates();
    const first = pointer ? "PTR" : type ?? "A";
    let [answered, used]: [Answered | undefined, string] = [undefined, ""];
    for (const candidate of candidates) {
      answered = await this.#ask(candidate, first);
      if (answered === undefined) return 1;
      used = candidate;
      if (answered.message.rcode === "NOERROR") break;
    }
    if (!pointer) this.#head((answered as Answered).server);
    const exit = this.#print(answered as Answered, used, candidates.length > 1);
    if (exit === 0 && type === undefined && !pointer) await this.#second(used, answered as Answered);
    this.process.out("\n");
    return exit;
  }

  #candidates(): readonly string[] {
    const settings = resolverSettings(this.process.files);
    return glibcCandidates(this.options.name, this.options.search ? settings : { ...settings, search: [] });
  }

  /** The other family's addresses: only what is there is shown. */
  async #second(name: string, first: Answered): Promise<void> {
    const answered = await this.#ask(name, "AAAA");
    if (answered === undefined) return;
    const { rcode } = answered.message;
    if (rcode !== "NOERROR") this.process.out(`** server can't find ${relative(name)}: ${rcode}\n`);
    else if (answered.message.answers.length > 0) {
      this.process.out(addressLines(answered.message.answers.filter(({ type }) => type !== "CNAME")));
    } else if (first.message.answers.length === 0) this.process.out(`*** Can't find ${this.options.name}: No answer\n`);
  }

  async #ask(name: string, type: string): Promise<Answered | undefined> {
    const { timeout, tries, port } = this.options;
    const { answered, complaints } = await ask(this.process, this.servers, { name, type, class: "IN" }, {
      port,
      timeout,
      tries,
      tcp: false,
      recurse: true,
      ignoreCut: false,
      edns: undefined,
    });
    this.process.out(complaints.map((line) => `${line}\n`).join(""));
    if (answered === undefined) this.process.out(";; no servers could be reached\n\n");
    return answered;
  }

  #head(server: string): void {
    if (this.#headed) return;
    this.#headed = true;
    this.process.out(`Server:\t\t${server}\nAddress:\t${server}#${this.options.port}\n\n`);
  }

  #print({ message }: Answered, name: string, searched: boolean): number {
    const { rcode, flags, answers } = message;
    if (rcode !== "NOERROR") {
      this.process.out(`** server can't find ${searched ? this.options.name : relative(name)}: ${rcode}\n`);
      return 1;
    }
    if (!flags.aa && answers.length > 0) this.process.out("Non-authoritative answer:\n");
    if (answers.length === 0 && this.options.type !== undefined) {
      this.process.out(`*** Can't find ${this.options.name}: No answer\n`);
    }
    this.process.out(addressLines(answers));
    if (!flags.aa && this.options.type !== undefined) this.process.out("\nAuthoritative answers can be found from:\n");
    return 0;
  }
}

/** Records in nslookup's words. */
function addressLines(answers: readonly Rr[]): string {
  return answers.map(({ name, type, data }) =>
    `${LINES[type]?.(relative(name), data) ?? `${relative(name)}\trdata_${typeNumber(type)} = ${data}`}\n`
  ).join("");
}

const LINES: Readonly<Record<string, (name: string, data: string) => string>> = {
  A: (name, data) => `Name:\t${name}\nAddress: ${data}`,
  AAAA: (name, data) => `Name:\t${name}\nAddress: ${data}`,
  CNAME: (name, data) => `${name}\tcanonical name = ${data}`,
  PTR: (name, data) => `${name}\tname = ${data}`,
  NS: (name, data) => `${name}\tnameserver = ${data}`,
  MX: (name, data) => `${name}\tmail exchanger = ${data}`,
  TXT: (name, data) => `${name}\ttext = ${data}`,
  SRV: (name, data) => `${name}\tservice = ${data}`,
  SOA: (name, data) => `${name}\n${soaLines(data)}`,
};

function soaLines(data: string): string {
  const [origin, mail, serial, refresh, retry, expire, minimum] = data.split(" ");
  return `\torigin = ${relative(origin as string)}\n\tmail addr = ${
    relative(mail as string)
  }\n\tserial = ${serial}\n\trefresh = ${refresh}\n\tretry = ${retry}\n\texpire = ${expire}\n\tminimum = ${minimum}`;
}
