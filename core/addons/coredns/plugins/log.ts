import { absolute, fit, isUnder, type Message, printMessage, udpLimit } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { ECHOED_OPTIONS, emptyReply, isUnwritten, type ReplyKind, replyKind, typeWord } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Host, Outcome } from "../plugin.ts";

/** One line of `log`: whose names, in which words, which replies. */
export interface Rule {
  readonly scope: string;
  readonly format: string;
  classes: ReadonlySet<string>;
}

/** The format of a line where none is given. */
export const COMMON =
  `{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}`;
/** The format with the opcode. */
export const COMBINED = `${COMMON} "{>opcode}"`;
const CLASSES = ["all", "success", "denial", "error"];

/** log: one line a query, when its reply is known. */
export const log: DnsPlugin = {
  name: "log",
  setup(corefile, { host }) {
    const rules = readLog(corefile);
    return {
      async handle(query, next) {
        const outcome = await next(query);
        const rule = rules.find(({ scope }) => isUnder(query.name, scope));
        const asked = outcome.query ?? query;
        const reply = isUnwritten(outcome) ? emptyReply(asked, outcome.rcode) : outcome.reply;
        if (rule !== undefined && (rule.classes.has("all") || rule.classes.has(classOf(replyKind(reply))))) {
          host.log(`[INFO] ${printLine(rule.format, { query: { ...asked, name: query.name }, outcome, reply, host })}`);
        }
        return outcome;
      },
    };
  },
};

function classOf(kind: ReplyKind): string {
  if (kind === "success" || kind === "delegation") return "success";
  return kind === "nxdomain" || kind === "nodata" ? "denial" : "error";
}

interface Line {
  readonly query: DnsQuery;
  readonly outcome: Outcome;
  readonly reply: Message | undefined;
  readonly host: Host;
}

const FIELDS: Readonly<Record<string, (line: Line) => string>> = {
  "{type}": ({ query }) => typeWord(query.question.type),
  "{name}": ({ query }) => query.name,
  "{class}": ({ query }) => query.question.class,
  "{proto}": ({ query }) => query.proto,
  "{size}": (line) => String(printMessage(line.query.message, false).length - droppedOptions(line)),
  "{remote}": ({ query }) => bracketed(query.client.address),
  "{port}": ({ query }) => String(query.client.port),
  "{local}": ({ query }) => (query.wildcard ? "[::]" : bracketed(query.local.address)),
  "{rcode}": ({ reply }) => reply?.rcode ?? "-",
  "{rsize}": ({ reply }) => String(reply === undefined ? 0 : printMessage(reply, false).length),
  "{duration}": ({ query, host }) => `${(host.clock.now() - query.since) / 1000}s`,
  "{>rflags}": ({ query, reply }) => (reply === undefined ? "-" : flagText(asSent(query, reply))),
  "{>id}": ({ query }) => String(query.message.id),
  "{>opcode}": ({ query }) =>
    String({ QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 }[query.message.opcode] ?? 0),
  "{>do}": ({ query }) => String(query.edns?.dnssecOk ?? false),
  "{>bufsize}": ({ query }) => String(query.proto === "tcp" ? 65535 : Math.max(query.edns?.udpSize ?? 512, 512)),
};

/** Octets of EDNS options that the server took out of the query when it copied its OPT to the reply. */
function droppedOptions({ query, reply }: Line): number {
  if (reply?.edns !== undefined) return 0;
  const dropped = (query.edns?.options ?? []).filter(({ code }) => !ECHOED_OPTIONS.has(code));
  return dropped.reduce((total, { data }) => total + 4 + data.length, 0);
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** The server sets TC on the very message that was logged. */
function asSent(query: DnsQuery, reply: Message): Message {
  if (query.proto === "tcp" || reply.flags.tc) return reply;
  return fit(query.edns === undefined ? reply : { ...reply, edns: query.edns }, udpLimit(query.message)).message;
}

function flagText({ flags }: Message): string {
  const names = ["qr", "aa", "tc", "rd", "ra", "ad", "cd"] as const;
  return names.filter((name) => flags[name]).join(",");
}

/** Fields nobody knows stay as text; `{/LABEL}` of a label nobody set is `-`. */
function printLine(format: string, line: Line): string {
  return format.replace(/\{[^{}]+\}/g, (field) => {
    if (field.startsWith("{/")) return line.query.labels?.get(field.slice(2, -1)) ?? "-";
    return FIELDS[field]?.(line) ?? field;
  });
}

/** Reads the directive; throws a CorefileError. */
export function readLog(corefile: Dispenser): Rule[] {
  const rules: Rule[] = [];
  while (corefile.next()) {
    const added = readRules(corefile.remainingArgs());
    const classes = new Set<string>();
    while (corefile.nextBlock()) {
      if (corefile.word() !== "class") throw corefile.error(`unknown property '${corefile.word()}'`, "class");
      const words = corefile.remainingArgs();
      if (words.length === 0) throw corefile.argError(CLASSES.join(", "));
      for (const word of words) {
        if (!CLASSES.includes(word)) throw corefile.plainError(`invalid Class: ${word}`, CLASSES.join(", "));
        classes.add(word);
      }
    }
    for (const rule of added) rule.classes = classes.size === 0 ? new Set(["all"]) : classes;
    rules.push(...added);
  }
  return rules;
}

function readRules(args: readonly string[]): Rule[] {
  const classes = new Set<string>();
  if (args.length === 0) return [{ scope: ".", format: COMMON, classes }];
  const last = args.at(-1) as string;
  const formatted = args.length > 1 && last.includes("{");
  const format = formatted ? last.replaceAll("{common}", COMMON).replaceAll("{combined}", COMBINED) : COMMON;
  const scopes = formatted ? args.slice(0, -1) : args;
  return scopes.map((scope) => ({ scope: absolute(scope).toLowerCase(), format, classes }));
}
