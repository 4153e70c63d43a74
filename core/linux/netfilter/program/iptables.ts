/** `iptables` and `ip6tables`, with -save and -restore, as programs. */
import type { Table } from "../../../../wasm/mod.ts";
import { namespaceOf } from "../../namespace.ts";
import type { Process, Program } from "../../process.ts";
import type { Family } from "../address.ts";
import { applyCommand } from "../apply.ts";
import { isTable } from "../builtins.ts";
import { parseCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { helpText, restoreHelp } from "../help.ts";
import { listedAddresses } from "../list.ts";
import { type Netfilter, netfilterOf, type Variant } from "../netfilter.ts";
import { NftEdit } from "../nft_edit.ts";
import { chainRefusal, restoreNftTables, ruleRefusal } from "../nft_restore.ts";
import { restoreTables } from "../restore.ts";
import { TableEdit } from "../table_edit.ts";
import { ctime } from "./ctime.ts";
import { hostNames } from "./host_names.ts";
import { inNftWords } from "./nft_words.ts";
import { restoreTranslateProgram, translateProgram } from "./translate.ts";
import { type Answer, complaintText, kernelText, VERSION } from "../tool_text.ts";

function toolName(family: Family): string {
  return family === 4 ? "iptables" : "ip6tables";
}

/** A table to be listed, as it was before anybody was asked for names: the questions move counters themselves. */
export interface Listing {
  readonly table: TableEdit;
  /** Names of the addresses in it. */
  readonly names: ReadonlyMap<string, string>;
}

/** Runs one command line on a namespace's tables. */
export function runIptables(
  netfilter: Netfilter,
  words: readonly string[],
  { listing }: Pick<ToolIo, "listing"> = {},
): Answer {
  const { family } = netfilter;
  const tool = toolName(family);
  let err = "";
  try {
    const request = parseCommand(words, 0, netfilter.reading((warning) => err += warning));
    if ("loaded" in request) {
      const out = request.verb === "version" ? `${tool} ${VERSION}\n` : helpText(family);
      return { out, err, exit: 0 };
    }
    const edit = listing?.table ?? netfilter.edit(request.table);
    const { out, tried, errno, changed } = applyCommand(edit, request, { family, names: listing?.names });
    if (edit instanceof NftEdit && edit.busy !== undefined) {
      return nftRefused({ out, err }, tool, chainRefusal(edit.busy));
    }
    if (request.verb === "L" || request.verb === "S") err += legacyWarning(netfilter, "");
    if (errno !== "ok") return { out, err: err + kernelText(tool, tried, errno), exit: 1 };
    const verdict = changed ? netfilter.commit(edit) : "ok";
    if (verdict !== "ok" && edit instanceof NftEdit) {
      return nftRefused({ out, err }, tool, ruleRefusal(request.verb, request.chain ?? "", verdict));
    }
    if (verdict !== "ok") return { out, err: err + kernelText(tool, "commit", verdict), exit: 1 };
    return { out, err, exit: 0 };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { out: "", err: err + complaintText(tool, error), exit: error.status };
  }
}

/** What the nft variant says where the kernel does not take a command. */
function nftRefused({ out, err }: { readonly out: string; readonly err: string }, tool: string, what: string): Answer {
  return { out, err: `${err}${tool} v1.8.9 (nf_tables):  ${what}\n`, exit: 4 };
}

interface SaveWords {
  counters: boolean;
  table?: string;
  file?: string;
}

function readSaveWords(words: readonly string[], tool: string): SaveWords | Answer {
  const flags: SaveWords = { counters: false };
  const wrong = (text: string): Answer => ({ out: "", err: text, exit: 1 });
  const look = `Look at manual page \`${tool}.8' for more information.\n`;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "-c" || word === "--counters") flags.counters = true;
    else if (word === "-t" || word === "--table") flags.table = words[++i];
    else if (word === "-f" || word === "--file") flags.file = words[++i];
    else if (word === "-M" || word === "--modprobe") i++;
    else if (word === "-V" || word === "--version") return { out: `${tool} ${VERSION}\n`, err: "", exit: 0 };
    else if (word.startsWith("--")) return wrong(`${tool}: unrecognized option '${word}'\n${look}`);
    else if (word.startsWith("-")) return wrong(`${tool}: invalid option -- '${word[1]}'\n${look}`);
    else return wrong("Unknown arguments found on commandline\n");
  }
  return flags;
}

/** Runs iptables-save; `now` is what its headings say. */
export function runSave(netfilter: Netfilter, words: readonly string[], io: ToolIo): Answer {
  const nft = netfilter.variant === "nft";
  const tool = io.name ?? `${toolName(netfilter.family)}-save`;
  const flags = readSaveWords(words, tool);
  if ("exit" in flags) return flags;
  const { table, counters, file } = flags;
  if (table !== undefined && !isTable(table)) {
    const problem = "Cannot initialize: Table does not exist (do you need to insmod?)";
    const err = nft ? `Table \`${table}' does not exist\n` : `${tool} ${VERSION}: ${problem}\n`;
    return { out: "", err, exit: 1 };
  }
  const all = nft ? NFT_ORDER.filter((name) => netfilter.handles(name) !== undefined) : netfilter.tables;
  const tables = table === undefined ? all : [table as Table];
  const out = netfilter.save({ counters, tool, date: ctime(io.now), tables });
  const err = legacyWarning(netfilter, "-save");
  if (file === undefined) return { out, err, exit: 0 };
  io.write(file, out);
  return { out: "", err, exit: 0 };
}

/** The order in which the nft variant saves tables. */
const NFT_ORDER = ["mangle", "security", "raw", "filter", "nat"] as const;

/** Said where the other variant has tables, which this one does not show. */
function legacyWarning({ namespace, family, variant }: Netfilter, suffix: "" | "-save"): string {
  if (variant === "legacy" || netfilterOf(namespace, family).tables.length === 0) return "";
  const other = `${toolName(family)}-legacy`;
  return `# Warning: ${other} tables present, use ${other}${suffix} to see them\n`;
}

/** What the tools need of the process. */
export interface ToolIo {
  readonly listing?: Listing;
  /** What the nft variant's save and restore call themselves: what they were called by. */
  readonly name?: string;
  readonly stdin: string;
  readonly now: number;
  read(path: string): string | undefined;
  write(path: string, text: string): void;
}

interface RestoreWords {
  counters: boolean;
  verbose: boolean;
  test: boolean;
  noflush: boolean;
  table?: string;
  file?: string;
}

const RESTORE_FLAGS: Readonly<Record<string, keyof RestoreWords>> = {
  c: "counters",
  v: "verbose",
  t: "test",
  n: "noflush",
};
const RESTORE_LONG: Readonly<Record<string, string>> = {
  "--counters": "-c",
  "--verbose": "-v",
  "--test": "-t",
  "--noflush": "-n",
  "--help": "-h",
  "--version": "-V",
  "--table": "-T",
  "--modprobe": "-M",
  "--wait": "-w",
  "--wait-interval": "-W",
};

function readRestoreWords(words: readonly string[], tool: string): RestoreWords | Answer {
  const flags: RestoreWords = { counters: false, verbose: false, test: false, noflush: false };
  const hint = `Try \`${tool} -h' or '${tool} --help' for more information.\n`;
  const wrong = (text: string): Answer => ({ out: "", err: text, exit: 1 });
  for (let i = 0; i < words.length; i++) {
    const given = words[i] as string;
    const [long = "", value] = given.split("=");
    const word = given.startsWith("--") ? RESTORE_LONG[long] : given;
    if (word === undefined) return wrong(`${tool}: unrecognized option '${given}'\n${hint}`);
    if (word === "-h") return { out: "", err: restoreHelp(tool), exit: 0 };
    if (word === "-V") return { out: `${tool} ${VERSION}\n`, err: "", exit: 0 };
    if (word === "-T") flags.table = value ?? words[++i];
    else if (word === "-M") i++;
    else if (word === "-w" || word === "-W") i += /^\d+$/.test(words[i + 1] ?? "") && value === undefined ? 1 : 0;
    else if (/^-[cvtnw]+$/.test(word)) {
      for (const letter of word.slice(1)) {
        if (letter !== "w") Object.assign(flags, { [RESTORE_FLAGS[letter] as string]: true });
      }
    } else if (/^-w\d+$/.test(word)) continue;
    else if (word.startsWith("-")) return wrong(`${tool}: invalid option -- '${word[1]}'\n${hint}`);
    else if (flags.file === undefined) flags.file = word;
    else return wrong("Unknown arguments found on commandline\n");
  }
  return flags;
}

/** Runs iptables-restore on its standard input or a file. */
export function runRestore(netfilter: Netfilter, words: readonly string[], io: ToolIo): Answer {
  const tool = io.name ?? `${toolName(netfilter.family)}-restore`;
  const flags = readRestoreWords(words, tool);
  if ("exit" in flags) return flags;
  const text = flags.file === undefined ? io.stdin : io.read(flags.file);
  if (text === undefined) return { out: "", err: `Can't open ${flags.file}: No such file or directory\n`, exit: 1 };
  const restore = netfilter.variant === "nft" ? restoreNftTables : restoreTables;
  return restore(netfilter, text, { ...flags, tool });
}

/** A table that stays as it is now. */
function snapshot(netfilter: Netfilter, table: Table): TableEdit {
  return new TableEdit(table, new Map(netfilter.chains(table).map((chain) => [chain.name, chain])));
}

/** What a listing without `-n` shows, with the names of its addresses; undefined for other command lines. */
async function listingOf(
  process: Process,
  netfilter: Netfilter,
  words: readonly string[],
): Promise<Listing | undefined> {
  try {
    const request = parseCommand(words, 0, netfilter.reading(() => {}));
    if (request.verb !== "L" || request.numeric) return undefined;
    const table = snapshot(netfilter, request.table);
    const chains = table.chains.filter(({ name }) => request.chain === undefined || name === request.chain);
    return { table, names: await hostNames(process, listedAddresses(chains)) };
  } catch (error) {
    if (error instanceof Complaint) return undefined;
    throw error;
  }
}

type Tool = (netfilter: Netfilter, words: readonly string[], io: ToolIo) => Answer;

const iptables: Tool = (netfilter, words, io) => runIptables(netfilter, words, io);

function program(family: Family, tool: Tool, variant: Variant): Program {
  return async (process: Process) => {
    const netfilter = netfilterOf(namespaceOf(process.machine.plane, process.ns), family, variant);
    const words = process.argv.slice(1);
    const listing = tool === iptables ? await listingOf(process, netfilter, words) : undefined;
    const io = {
      ...(listing !== undefined && { listing }),
      ...(variant === "nft" && { name: process.argv[0] ?? "" }),
      stdin: process.stdin,
      now: process.clock.now(),
      read: (path: string) => process.files.read(path),
      write: (path: string, text: string) => process.files.write(path, text),
    };
    const said = tool(netfilter, words, io);
    const answer = variant === "nft" ? inNftWords(said, words, process.stdin) : said;
    process.out(answer.out);
    process.err(answer.err);
    return answer.exit;
  };
}

/** iptables-translate and its like, by the family and what is translated. */
function translators(family: Family): [string, Program][] {
  const tool = toolName(family);
  return [[`${tool}-translate`, translateProgram(family)], [
    `${tool}-restore-translate`,
    restoreTranslateProgram(family),
  ]];
}

/** The programs by name: `iptables` is the legacy variant, which `-legacy` names too; `-nft` has tables of its own. */
export function iptablesPrograms(): Map<string, Program> {
  const programs = new Map<string, Program>();
  for (const family of [4, 6] as const) {
    const name = toolName(family);
    for (const [tool, program] of translators(family)) programs.set(tool, program);
    const tools: readonly (readonly [string, Tool])[] = [["", iptables], ["-save", runSave], ["-restore", runRestore]];
    for (const [suffix, tool] of tools) {
      programs.set(`${name}${suffix}`, program(family, tool, "legacy"));
      programs.set(`${name}-legacy${suffix}`, program(family, tool, "legacy"));
      programs.set(`${name}-nft${suffix}`, program(family, tool, "nft"));
    }
  }
  return programs;
}
