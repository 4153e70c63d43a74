/** `iptables-translate`, `iptables-restore-translate` and those of ip6tables: rules said to nft, and nothing done. */
import { namespaceOf } from "../../namespace.ts";
import type { Process, Program } from "../../process.ts";
import type { Table } from "../../../../wasm/mod.ts";
import type { Family } from "../address.ts";
import { type Command, parseCommand, type Reading, type Request } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { helpText } from "../help.ts";
import { splitLine } from "../line_words.ts";
import { hookOf } from "../nft_hook.ts";
import { netfilterOf } from "../netfilter.ts";
import { type RestoreSink, walkRestore } from "../restore_text.ts";
import { findTarget, VERDICTS } from "../targets.ts";
import { type SetNumbers, translateRule } from "../translate/command.ts";
import { layer } from "../translate/words.ts";
import { complaintText } from "../tool_text.ts";
import { ctime } from "./ctime.ts";

/** Every name that is no target's may be a chain: nobody looks. */
function readingOf(process: Process, family: Family): Reading {
  const netfilter = netfilterOf(namespaceOf(process.machine.plane, process.ns), family);
  return {
    ...netfilter.reading((text) => process.err(text)),
    isChain: (_, name) => findTarget(name, family) === undefined && !(VERDICTS as readonly string[]).includes(name),
  };
}

const toolName = (family: Family) => (family === 4 ? "iptables" : "ip6tables");
const inNft = (text: string) => text.replaceAll("(legacy)", "(nf_tables)");

/** What a command says to nft: a line each, `rules` in order, each perhaps with sets before it; undefined where it says nothing. */
type Said = readonly string[] | undefined;

/** Commands about chains and tables. */
function saidOfTables({ verb, chain, table }: Command, family: Family): Said {
  const at = `${layer(family)} ${table}`;
  switch (verb) {
    case "N":
      return [`add chain ${at} ${chain}`];
    case "X":
      return [`delete chain ${at} ${chain ?? "(null)"}`];
    case "F":
      return [chain === undefined ? `flush table ${at}` : `flush chain ${at} ${chain}`];
    case "L":
      return [`list table ${at}`];
    default:
      return undefined;
  }
}

const RULE_VERBS: Readonly<Record<string, string>> = { A: "add", I: "insert" };

interface SaidRule {
  readonly sets: readonly string[];
  readonly text: string;
}

/** Commands that put rules in, for each rule what it takes; undefined where one has a part without words. */
function saidOfRules(command: Command, family: Family, numbers: SetNumbers): SaidRule[] | undefined {
  const at = `${layer(family)} ${command.table}`;
  const said: SaidRule[] = [];
  for (const rule of command.rules) {
    const translated = translateRule(rule, family, numbers);
    if (translated === undefined) return undefined;
    const { sets, rule: words } = translated;
    said.push({
      sets: sets.length === 0 ? [] : [`add set ${at} ${sets.join(" ")}`],
      text: `${RULE_VERBS[command.verb]} rule ${at} ${command.chain} ${words}`,
    });
  }
  return said;
}

/** The command line as it came, where it has no words; what stood for `!` is gone from it. */
function asGiven(words: readonly string[]): string {
  return `# ${words.map((word) => (word === "!" ? "" : word)).join(" ")} `;
}

/** How often one source of a rule is said: once for every destination. */
function destinations({ rules }: Command): number {
  const sources = new Set(rules.map(({ src }) => src)).size;
  return Math.max(1, rules.length / Math.max(1, sources));
}

function typed(command: Command, words: readonly string[], family: Family): { out: string; err: string; exit: number } {
  if (RULE_VERBS[command.verb] === undefined) {
    const said = saidOfTables(command, family);
    if (said === undefined) return { out: "nft ", err: "Translation not implemented\n", exit: 1 };
    return { out: said.map((line) => `nft ${line}\n`).join(""), err: "", exit: 0 };
  }
  const each = destinations(command);
  const said = saidOfRules(command, family, { next: 0 });
  if (said === undefined) {
    return { out: `${"nft ".repeat(command.rules.length / each)}${asGiven(words)}\n`, err: "", exit: 0 };
  }
  const lines = said.flatMap(({ sets, text }, i) => {
    const first = i % each === 0 ? "nft " : "";
    return [...sets.map((set) => `${first}'${set}'`), `${sets.length > 0 ? "nft " : first}'${text}'`];
  });
  return { out: lines.map((line) => `${line}\n`).join(""), err: "", exit: 0 };
}

/** `iptables-translate COMMAND`. */
export function translateProgram(family: Family): Program {
  const tool = `${toolName(family)}-translate`;
  return (process) => {
    const words = process.argv.slice(1);
    try {
      const request = parseCommand(words, 0, readingOf(process, family));
      if ("loaded" in request) {
        const version = `${tool} v1.8.9 (nf_tables)\n`;
        const help = inNft(helpText(family)).replaceAll(new RegExp(`\\b${toolName(family)}(?= (v|-))`, "g"), tool);
        process.out(request.verb === "version" ? version : help);
        return Promise.resolve(0);
      }
      const { out, err, exit } = typed(request, words, family);
      process.out(out);
      process.err(err);
      return Promise.resolve(exit);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      process.err(inNft(complaintText(tool, error)));
      return Promise.resolve(error.status);
    }
  };
}

// ---------------------------------------------------------------------------------------------- whole texts

/** Says every line of a restore file. */
class Teller implements RestoreSink {
  out = "";
  readonly #numbers: SetNumbers = { next: 0 };
  #table: Table = "filter";

  constructor(readonly family: Family) {}

  get #at(): string {
    return `${layer(this.family)} ${this.#table}`;
  }

  #say(lines: readonly string[]): true {
    this.out += lines.map((line) => `${line}\n`).join("");
    return true;
  }

  begin(table: Table): void {
    this.#table = table;
    this.#say([`add table ${this.#at}`]);
  }

  chain(name: string, policy: string): boolean {
    if (policy === "-") return this.#say([`add chain ${this.#at} ${name}`]);
    const hook = hookOf(this.#table, { name, policy: policy === "DROP" ? "DROP" : "ACCEPT" });
    // the translator's table of priorities ends before security's
    const priority = this.#table === "security" ? 0 : hook.priority;
    return this.#say([
      `add chain ${this.#at} ${name} { type ${hook.type} hook ${hook.hook} priority ${priority}; policy ${hook.policy}; }`,
    ]);
  }

  command(request: Request, text: string): boolean {
    if ("loaded" in request) return true;
    if (RULE_VERBS[request.verb] === undefined) {
      const said = saidOfTables(request, this.family);
      return said !== undefined && this.#say(said);
    }
    const said = saidOfRules(request, this.family, this.#numbers);
    if (said !== undefined) return this.#say(said.flatMap(({ sets, text }) => [...sets, text]));
    const words = splitLine(text, text.startsWith("[") ? text.indexOf("]") + 1 : 0) ?? [];
    return this.#say([asGiven(["-t", this.#table, ...words])]);
  }

  rules(): boolean {
    return false;
  }

  commit(): boolean {
    return true;
  }

  comment(): void {}
}

function usageText(tool: string): string {
  const author = "(c) 2014 by Pablo Neira Ayuso <pablo@netfilter.org>";
  return `${tool} 1.8.9 ${author}\nUsage: ${tool} [-h] [-f <FILE>] [-V]\n\t[ --help ]\n\t[ --file=<FILE> ]\n\t[ --version ]\n`;
}

/** The file that is named, or what is asked for instead; options that are none are passed over. */
function readWords(words: readonly string[]): { readonly file?: string; readonly asks?: "help" | "version" } {
  let file: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "-h" || word === "--help") return { asks: "help" };
    if (word === "-V" || word === "--version") return { asks: "version" };
    if (word === "-f" || word === "--file") file = words[++i];
    else if (word.startsWith("--file=")) file = word.slice("--file=".length);
    else if (/^-f./.test(word)) file = word.slice(2);
  }
  return file === undefined ? {} : { file };
}

/** `iptables-restore-translate -f FILE`. */
export function restoreTranslateProgram(family: Family): Program {
  const tool = `${toolName(family)}-restore-translate`;
  return (process) => {
    const { file, asks } = readWords(process.argv.slice(1));
    if (asks === "version") process.out(`${tool} v1.8.9\n`);
    if (asks === "help") process.err(usageText(tool));
    if (asks !== undefined) return Promise.resolve(asks === "version" ? 0 : 1);
    const text = file === undefined ? undefined : process.files.read(file);
    if (text === undefined) {
      process.err(file === undefined ? `ERROR: missing file name\n${usageText(tool)}` : `Cannot open file ${file}\n`);
      return Promise.resolve(1);
    }
    return Promise.resolve(tellAll(process, text, family));
  };
}

function tellAll(process: Process, text: string, family: Family): number {
  const tool = `${toolName(family)}-restore-translate`;
  // what the program calls itself in complaints
  const name = `${toolName(family)}-translate-restore`;
  const date = ctime(process.clock.now());
  const teller = new Teller(family);
  const failure = walkRestore(text, teller, {
    tool: name,
    counters: false,
    lineByLine: true,
    reading: readingOf(process, family),
  });
  process.out(`# Translated by ${tool} v1.8.9 on ${date}\n${teller.out}`);
  const unfinished = failure?.complaint?.message.includes("COMMIT expected") === true;
  if (failure === undefined || unfinished) {
    process.out(`# Completed on ${date}\n`);
    return 0;
  }
  const { complaint, line } = failure;
  if (complaint === undefined) {
    process.err(`${name}: line ${line} failed\n`);
    return 1;
  }
  const unknown = /^\S+: unable to initialize table '(.*)'$/.exec(complaint.message);
  const said = unknown === null
    ? complaint
    : new Complaint(complaint.status, `${name}: line %L table name '${unknown[1]}' invalid`);
  process.err(inNft(complaintText(name, said, line)));
  return complaint.status;
}
