/** busybox's nslookup (1.36, as Alpine and busybox images have it): every name of the search list is asked for, both families, all shown. */
import { isIp, parseIp } from "../../base/mod.ts";
import { muslCandidates, relative, resolverSettings, reverseName, type Rr } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answered, ask } from "./ask.ts";

const OPTIONS = { timeout: 5_000, tries: 2, tcp: false, recurse: true, ignoreCut: true, edns: undefined } as const;

/** The program. */
export async function busyboxNslookup(process: Process): Promise<number> {
  const words = process.argv.slice(1).filter((arg) => !arg.startsWith("-"));
  const type = /^-(?:type|querytype|q)=(\w+)$/.exec(process.argv.find((arg) => /^-(type|q)/.test(arg)) ?? "")?.[1]
    ?.toUpperCase();
  const [name, server] = words;
  if (name === undefined) {
    process.err(
      "BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n",
    );
    return 1;
  }
  const settings = resolverSettings(process.files);
  const servers = server === undefined ? settings.nameservers : [server];
  const pointer = isIp(name);
  const names = pointer
    ? [reverseName(parseIp(name) as NonNullable<ReturnType<typeof parseIp>>)]
    : muslCandidates(name, settings);
  const types = pointer ? ["PTR"] : type === undefined ? ["A", "AAAA"] : [type];
  const port = 53;
  const found: [string, Answered][] = [];
  for (const each of names) {
    for (const kind of types) {
      const { answered } = await ask(process, servers, { name: each, type: kind, class: "IN" }, { ...OPTIONS, port });
      if (answered === undefined) {
        process.out(";; connection timed out; no servers could be reached\n\n");
        return 1;
      }
      found.push([each, answered]);
    }
    if (found.slice(-types.length).some(([, { message }]) => message.answers.length > 0)) break;
  }
  const [, first] = found[0] as [string, Answered];
  process.out(`Server:\t\t${first.server}\nAddress:\t${first.server}:${port}\n\n`);
  const failed = found.map(([each, { message }]) => show(process, each, message)).filter((wrong) => wrong).length;
  return failed === found.length ? 1 : 0;
}

/** Prints one answer; true when it is none. */
function show(process: Process, name: string, { rcode, flags, answers }: Answered["message"]): boolean {
  if (rcode !== "NOERROR") {
    process.out(`** server can't find ${relative(name)}: ${rcode}\n\n`);
    return true;
  }
  if (!flags.aa && answers.length > 0) process.out("Non-authoritative answer:\n");
  if (answers.length === 0) process.out(`*** Can't find ${relative(name)}: No answer\n\n`);
  else process.out(`${answers.map(line).join("")}\n`);
  return answers.length === 0;
}

function line({ name, type, data }: Rr): string {
  if (type === "A" || type === "AAAA") return `Name:\t${relative(name)}\nAddress: ${data}\n`;
  if (type === "CNAME") return `${relative(name)}\tcanonical name = ${relative(data)}\n`;
  return type === "PTR"
    ? `${relative(name)}\tname = ${relative(data)}\n`
    : `${relative(name)}\t${type.toLowerCase()} = ${data}\n`;
}
