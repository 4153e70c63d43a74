/** host (bind9-host 9.18): a line for each record. */
import { isIp, parseIp } from "../../base/mod.ts";
import {
  gaiFailed,
  getaddrinfo,
  glibcCandidates,
  rcodeNumber,
  relative,
  resolverSettings,
  reverseName,
  type Rr,
  typeNumber,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { getopt, valueOf } from "../getopt.ts";
import { ask } from "./ask.ts";

/** Types asked for when none is named. */
const DEFAULT_TYPES = ["A", "AAAA", "MX"];

/** The program. */
export async function host(process: Process): Promise<number> {
  const parsed = getopt(process.argv.slice(1), { short: "aCdilm:nrst:vW:R:N:TVwp:46c:U" });
  if ("problem" in parsed || parsed.operands[0] === undefined) {
    process.err(
      "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n",
    );
    return 1;
  }
  const { options, operands: [name, server] } = parsed;
  const servers = server === undefined ? resolverSettings(process.files).nameservers : await addresses(process, server);
  if (servers === undefined) {
    process.out(`host: couldn't get address for '${server}': not found\n`);
    return 1;
  }
  if (server !== undefined) {
    process.out(`Using domain server:\nName: ${server}\nAddress: ${servers[0]}#53\nAliases: \n\n`);
  }
  const wait = Number(valueOf(options, "W") ?? 5) * 1000;
  const tries = Number(valueOf(options, "R") ?? 1) + 1;
  const asked = valueOf(options, "t")?.toUpperCase();
  if (asked !== undefined && typeNumber(asked) === undefined) {
    process.err(`host: invalid type: ${asked}\n`);
    return 2;
  }
  const pointer = isIp(name as string) && asked === undefined;
  const types = pointer ? ["PTR"] : asked === undefined ? DEFAULT_TYPES : [asked];
  return await lookUp(process, { name: name as string, pointer, types, servers, wait, tries });
}

async function addresses(process: Process, server: string): Promise<readonly string[] | undefined> {
  const info = await getaddrinfo(process, server);
  return gaiFailed(info) ? undefined : info.addresses;
}

interface Job {
  readonly name: string;
  readonly pointer: boolean;
  readonly types: readonly string[];
  readonly servers: readonly string[];
  readonly wait: number;
  readonly tries: number;
}

async function lookUp(process: Process, { name, pointer, types, servers, wait, tries }: Job): Promise<number> {
  const candidates = pointer
    ? [reverseName(parseIp(name) as NonNullable<ReturnType<typeof parseIp>>)]
    : glibcCandidates(name, resolverSettings(process.files));
  for (const [i, candidate] of candidates.entries()) {
    for (const type of types) {
      const { answered } = await ask(process, servers, { name: candidate, type, class: "IN" }, {
        port: 53,
        timeout: wait,
        tries,
        tcp: false,
        recurse: true,
        ignoreCut: false,
        edns: undefined,
      });
      if (answered === undefined) {
        process.out(";; no servers could be reached\n");
        return 1;
      }
      const { rcode, answers } = answered.message;
      if (rcode === "NXDOMAIN" && i + 1 < candidates.length) break;
      if (rcode !== "NOERROR") {
        process.out(`Host ${pointer ? candidate : name} not found: ${rcodeNumber(rcode)}(${rcode})\n`);
        return 1;
      }
      if (answers.length === 0 && types.length === 1) process.out(`${relative(candidate)} has no ${type} record\n`);
      process.out(answers.map((rr) => `${recordText(rr)}\n`).join(""));
      if (type === types.at(-1)) return 0;
    }
  }
  return 0;
}

function recordText({ name, type, data }: Rr): string {
  return `${relative(name)} ${WORDS[type] ?? `has ${type} record`} ${data}`;
}

const WORDS: Readonly<Record<string, string>> = {
  A: "has address",
  AAAA: "has IPv6 address",
  CNAME: "is an alias for",
  MX: "mail is handled by",
  NS: "name server",
  PTR: "domain name pointer",
  TXT: "descriptive text",
  SRV: "has SRV record",
  SOA: "has SOA record",
};
