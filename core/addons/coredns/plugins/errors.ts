import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration, printGoDuration } from "../go_values.ts";
import type { DnsPlugin, Host } from "../plugin.ts";
import { typeWord } from "../outcome.ts";
import { goRegExp, once } from "../setup.ts";

/** One `consolidate` line: errors that match are counted, and told of once a period. */
export interface Pattern {
  readonly period: number;
  readonly regexp: RegExp;
  readonly source: string;
  readonly level: Level;
  readonly showFirst: boolean;
  count: number;
}

type Level = "WARNING" | "ERROR" | "INFO" | "DEBUG";
const LEVELS: Readonly<Record<string, Level>> = { warning: "WARNING", error: "ERROR", info: "INFO", debug: "DEBUG" };

/** errors: prints what plugins further down return as an error. */
export const errors: DnsPlugin = {
  name: "errors",
  setup(corefile, { host }) {
    const { patterns } = readErrors(corefile);
    return {
      async handle(query, next) {
        const outcome = await next(query);
        if (outcome.error !== undefined) {
          const rcode = { SERVFAIL: 2, REFUSED: 5, FORMERR: 1, NOTIMP: 4, NXDOMAIN: 3 }[outcome.rcode] ?? 0;
          report(
            host,
            patterns,
            outcome.error,
            `${rcode} ${query.name} ${typeWord(query.question.type)}: ${outcome.error}`,
          );
        }
        return outcome;
      },
    };
  },
};

function report(host: Host, patterns: readonly Pattern[], error: string, line: string): void {
  const pattern = patterns.find(({ regexp }) => regexp.test(error));
  if (pattern === undefined) return host.log(`[ERROR] plugin/errors: ${line}`);
  if (pattern.count === 0) {
    host.background(() => consolidate(host, pattern));
    if (pattern.showFirst) host.log(`[${pattern.level}] plugin/errors: ${line}`);
  }
  pattern.count++;
}

async function consolidate(host: Host, pattern: Pattern): Promise<void> {
  await host.clock.sleep(pattern.period);
  const { count, source, level } = pattern;
  pattern.count = 0;
  if (pattern.showFirst && count <= 1) return;
  const period = printGoDuration(pattern.period);
  host.log(`[${level}] plugin/errors: ${count} errors like '${source}' occurred in last ${period}`);
}

/** Reads the directive; throws a CorefileError. */
export function readErrors(
  corefile: Dispenser,
): { readonly patterns: readonly Pattern[]; readonly stacktrace: boolean } {
  const patterns: Pattern[] = [];
  let stacktrace = false;
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    const args = corefile.remainingArgs();
    if (args.length > 1) throw corefile.argError("no argument, or stdout");
    if (args.length === 1 && args[0] !== "stdout") throw corefile.error(`invalid log file: ${args[0]}`, "stdout");
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property === "consolidate") patterns.push(readPattern(corefile));
      else if (property === "stacktrace") stacktrace = true;
      else throw corefile.syntaxError(`Unknown field ${property}`);
    }
  }
  return { patterns, stacktrace };
}

function readPattern(corefile: Dispenser): Pattern {
  const [time, source, ...more] = corefile.remainingArgs();
  if (time === undefined || source === undefined || more.length > 2) throw corefile.argError("DURATION REGEXP [LEVEL]");
  const period = goDuration(time);
  if ("error" in period) throw corefile.error(period.error, "a duration such as 5m");
  const regexp = goRegExp(source);
  if ("error" in regexp) throw corefile.error(regexp.error, "a regular expression");
  return { period: period.value, regexp, source, ...readLevel(corefile, more), count: 0 };
}

/** `[LEVEL] [show_first]`. */
function readLevel(corefile: Dispenser, words: readonly string[]): Pick<Pattern, "level" | "showFirst"> {
  let [level, showFirst]: [Pattern["level"] | undefined, boolean] = [undefined, false];
  for (const word of words) {
    const named = LEVELS[word];
    if (named === undefined) {
      if (word !== "show_first") throw corefile.error(`unknown option in consolidate: ${word}`, "LEVEL or show_first");
      showFirst = true;
    } else {
      if (level !== undefined) throw corefile.error("multiple log levels specified in consolidate", "one of them");
      if (showFirst) {
        throw corefile.error("log level must come before show_first in consolidate", "LEVEL show_first");
      }
      level = named;
    }
  }
  return { level: level ?? "ERROR", showFirst };
}
