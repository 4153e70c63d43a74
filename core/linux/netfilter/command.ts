/** An xtables command line as a value: what `iptables ARGUMENTS` asks for, read with the tool's own checks and words. */
import { isTable } from "./builtins.ts";
import { ILLEGAL } from "./base_options.ts";
import type { Family } from "./address.ts";
import { Complaint, STATUS, usage } from "./complaint.ts";
import { takeOption } from "./extension.ts";
import { type Found, Loaded, Words } from "./getopt.ts";
import { findMatch, type Match } from "./matches.ts";
import { protocolName } from "./names.ts";
import { parseNumber, readProtocol } from "./readers.ts";
import { type Nets, netTests } from "./nets.ts";
import type { DeviceTest, Rule } from "./rule.ts";
import { GivenOption, RuleScope } from "./rule_scope.ts";
import { type ExtendedTarget, findTarget, type Target, type Verdict, VERDICTS } from "./targets.ts";
import type { Count, Table } from "../../../wasm/mod.ts";

/** Letters of the commands. */
export type Verb = "A" | "C" | "D" | "I" | "R" | "L" | "S" | "F" | "Z" | "N" | "X" | "P" | "E";

/** What a command line asks for. */
export interface Command {
  readonly table: Table;
  readonly verb: Verb;
  /** `-L -Z`: list, then zero. */
  readonly thenZero: boolean;
  readonly chain?: string;
  /** Rule number, from 1. */
  readonly number?: number;
  /** One for every pair of a source and a destination address. */
  readonly rules: readonly Rule[];
  /** -E's new name, -P's policy. */
  readonly name?: string;
  readonly count?: Count;
  readonly verbose: number;
  readonly numeric: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
}

/** A command line that asks for text only. */
export type Request = Command | { readonly verb: "help" | "version"; readonly loaded: readonly string[] };

/** What a command line is read against. */
export interface Reading {
  readonly family: Family;
  /** Whether the table has a chain of that name, built in or not. */
  isChain(table: Table, name: string): boolean;
  setFamily(name: string): Family | "unspec" | undefined;
  warn(text: string): void;
}

const LONGEST_CHAIN = 29;

/** Reads a command line; wrong ones throw a {@link Complaint}. */
export function parseCommand(words: readonly string[], from: number, reading: Reading): Request {
  return new CommandReader(reading).read(words, from);
}

/** Reads command lines one after another; a restore file has tens of thousands. */
export class CommandReader {
  readonly #words = new Words();
  readonly #given: GivenOption;
  readonly #scope: RuleScope;
  #restore: Table | undefined;
  #not = false;
  #verb: Verb | undefined;
  #thenZero = false;
  #chain: string | undefined;
  #number: number | undefined;
  #name: string | undefined;
  #table = "filter";
  /** Letters of the options given, for the checks of what goes with what. */
  #options = "";
  #waits = "";
  #src: { text: string; not: boolean } | undefined;
  #dst: { text: string; not: boolean } | undefined;
  #in: DeviceTest | undefined;
  #out: DeviceTest | undefined;
  #fragment: { not: boolean } | undefined;
  #jump: { name: string; goto: boolean } | undefined;
  #count: Count | undefined;
  readonly #matches: Loaded<Match>[] = [];
  #target: Loaded<ExtendedTarget> | undefined;
  #verbose = 0;
  #protoLoaded = false;
  #request: "help" | "version" | undefined;

  constructor(readonly reading: Reading) {
    this.#scope = new RuleScope(reading);
    this.#given = new GivenOption(this.#scope, this.#words);
  }

  #start(words: readonly string[], from: number, restore: Table | undefined): void {
    this.#words.start(words, from);
    this.#scope.proto = 0;
    this.#scope.notProto = false;
    this.#restore = restore;
    this.#table = restore ?? "filter";
    this.#not = this.#thenZero = this.#protoLoaded = false;
    this.#verb =
      this.#chain =
      this.#number =
      this.#name =
      this.#request =
        undefined;
    this.#src =
      this.#dst =
      this.#in =
      this.#out =
      this.#fragment =
        undefined;
    this.#jump = this.#count = this.#target = undefined;
    this.#options = this.#waits = "";
    this.#matches.length = 0;
    this.#verbose = 0;
  }

  /** Reads a command line; `restore` is the table of the restore file it stands in. */
  read(words: readonly string[], from: number, restore?: Table): Request {
    this.#start(words, from, restore);
    for (let found = this.#words.next(); found !== "end" && this.#request === undefined; found = this.#words.next()) {
      if (found === "base") this.#base(this.#words.letter, this.#words.argument);
      else if (found === "extension") this.#extension();
      else if (found === "word") {
        if (this.#bare(this.#words.word)) continue;
      } else if (this.#loadProtocol()) continue;
      else this.#lost(found);
      this.#not = false;
    }
    if (this.#request !== undefined) return { verb: this.#request, loaded: this.#matches.map((m) => m.extension.name) };
    return this.#command();
  }

  /** A word that is no option: `!` inverts what follows. */
  #bare(word: string): boolean {
    if (word !== "!") throw new Complaint(STATUS.USAGE, `Bad argument \`${word}'`, true);
    if (this.#not) usage("multiple consecutive ! not allowed");
    this.#not = true;
    return true;
  }

  #lost(found: Found): never {
    const { word } = this.#words;
    if (found === "missing") usage(`option "${word}" requires an argument`);
    return usage(`unknown option "${word}"`);
  }

  /** `-p tcp --dport 80` loads the tcp match when its option comes by; true when the word is to be read again. */
  #loadProtocol(): boolean {
    const { proto, family } = this.#scope;
    const name = proto === 58 && family === 6 ? "icmp6" : protocolName(proto);
    const extension = proto === 0 || this.#protoLoaded || name === undefined ? undefined : findMatch(name, family);
    if (extension === undefined) return false;
    this.#protoLoaded = true;
    this.#loadMatch(extension.name);
    this.#words.again();
    return true;
  }

  #loadMatch(name: string): void {
    if (name.length >= LONGEST_CHAIN) usage(`Invalid match name "${name}" (${LONGEST_CHAIN - 1} chars max)`);
    const extension = findMatch(name, this.#scope.family);
    if (extension === undefined) return usage(`Couldn't load match \`${name}':No such file or directory\n`);
    const loaded = new Loaded(extension, this.#scope);
    this.#matches.push(loaded);
    this.#words.load(loaded as unknown as Loaded);
  }

  #extension(): void {
    const { owner, option, argument } = this.#words;
    if (owner === undefined || option === undefined) return;
    const given = this.#given;
    given.ext = owner.extension.name;
    given.option = option.names[0] as string;
    given.not = this.#not;
    given.text = argument ?? "";
    takeOption(option, owner.draft, owner, given);
  }

  #base(letter: string, argument: string | undefined): void {
    if ("ACDIRLSFZNXPE".includes(letter)) this.#verbOption(letter as Verb, argument);
    else if ("sdpiojgfc".includes(letter)) this.#ruleOption(letter, argument ?? "");
    else this.#toolOption(letter, argument);
  }

  #verbOption(letter: Verb, argument: string | undefined): void {
    if (this.#not) usage("unexpected '!' flag");
    if (this.#verb !== undefined) {
      if (this.#verb === "L" && letter === "Z" || this.#verb === "Z" && letter === "L") {
        this.#verb = "L";
        this.#thenZero = true;
      } else usage(`Cannot use -${letter} with -${this.#verb}`);
    } else this.#verb = letter;
    this.#chain = argument ?? ("LSFZX".includes(letter) ? this.#words.take() : undefined) ?? this.#chain;
    if (letter === "E" || letter === "P") this.#twoNames(letter);
    else if (letter === "N") this.#newChain(this.#chain ?? "");
    else if (letter === "R") this.#ruleNumber(this.#words.take() ?? usage(`-${letter} requires a rule number`));
    else if ("DILSZ".includes(letter) && this.#chain !== undefined) this.#ruleNumber(this.#words.take());
  }

  #ruleNumber(text: string | undefined): void {
    if (text === undefined) return;
    const number = parseNumber(text);
    if (number === undefined || number < 1 || number > 0x7fff_ffff) usage(`Invalid rule number \`${text}'`);
    this.#number = number;
  }

  #twoNames(letter: "E" | "P"): void {
    const name = this.#words.take();
    if (name === undefined) {
      usage(letter === "E" ? "-E requires old-chain-name and new-chain-name" : "-P requires a chain and a policy");
    }
    this.#name = name;
  }

  #newChain(name: string): void {
    if (name.startsWith("-") || name.startsWith("!")) usage(`chain name not allowed to start with \`${name[0]}'`);
    const verdict = VERDICTS.some((one) => one === name);
    if (name === "" || verdict || findTarget(name, this.#scope.family) !== undefined) {
      usage("chain name may not clash with target name");
    }
    if (/\s/.test(name)) usage(`Invalid chain name \`${name}'`);
  }

  /** Notes an option of the rule; each but -v may come once, and only some may be inverted. */
  #once(letter: string): void {
    if (this.#options.includes(letter)) usage(`multiple -${letter} flags not allowed`);
    this.#options += letter;
    if (this.#not && !"sdpiof".includes(letter)) usage(`cannot have ! before -${letter}`);
  }

  #ruleOption(letter: string, text: string): void {
    this.#once(letter === "g" ? "j" : letter);
    const not = this.#not;
    if (letter === "s") this.#src = { text, not };
    else if (letter === "d") this.#dst = { text, not };
    else if (letter === "p") this.#protocol(text, not);
    else if (letter === "i") this.#in = this.#device(text, not);
    else if (letter === "o") this.#out = this.#device(text, not);
    else if (letter === "f") this.#fragments(not);
    else if (letter === "c") this.#counters(text);
    else this.#jumpTo(text, letter === "g");
  }

  #protocol(text: string, not: boolean): void {
    const number = readProtocol(text);
    if (number === 0 && not) usage("rule would never match protocol");
    this.#scope.proto = number;
    this.#scope.notProto = not;
  }

  #device(name: string, not: boolean): DeviceTest {
    if (name === "") usage("Empty interface is likely to be undesired");
    if (name.length > 15) usage(`interface name \`${name}' must be shorter than IFNAMSIZ (15)`);
    if (/[/ ]/.test(name)) {
      this.#scope.warn(
        `Warning: weird character in interface \`${name}' ('/' and ' ' are not allowed by the kernel).\n`,
      );
    }
    return { name, not };
  }

  #fragments(not: boolean): void {
    if (this.#scope.family === 6) usage("`-f' is not supported in IPv6, use -m frag instead");
    this.#fragment = { not };
  }

  #counters(text: string): void {
    const [packets = "", bytes = this.#words.take()] = text.split(",");
    if (bytes === undefined) return usage("-c requires packet and byte counter");
    if (!/^\d+/.test(packets)) usage("-c packet counter not numeric");
    if (!/^\d+/.test(bytes)) usage("-c byte counter not numeric");
    this.#count = { packets: parseInt(packets, 10), bytes: parseInt(bytes, 10) };
  }

  #jumpTo(name: string, goto: boolean): void {
    if (name === "") usage("Invalid target name (too short)");
    if (name.length >= LONGEST_CHAIN) usage(`Invalid target name \`${name}' (${LONGEST_CHAIN - 1} chars max)`);
    this.#jump = { name, goto };
    const extension = goto ? undefined : findTarget(name, this.#scope.family);
    if (extension === undefined) return;
    this.#target = new Loaded(extension, this.#scope);
    this.#words.load(this.#target as unknown as Loaded);
  }

  #toolOption(letter: string, argument: string | undefined): void {
    if (letter === "m") {
      if (this.#not) usage("unexpected ! flag before --match");
      this.#loadMatch(argument ?? "");
    } else if (letter === "t") this.#setTable(argument ?? "");
    else if ("nx0".includes(letter)) this.#once(letter);
    else if (letter === "v") this.#verbose++;
    else if (letter === "w" || letter === "W") this.#wait(letter, argument);
    else if (letter === "V") this.#request = "version";
    else if (letter === "h") this.#request = "help";
    else if (letter === "4" || letter === "6") {
      if (Number(letter) !== this.#scope.family) throw new Complaint(STATUS.USAGE, "", true);
    } else if (letter === "b") usage(`unknown option "${this.#words.word}"`);
  }

  #setTable(name: string): void {
    if (this.#not) usage("unexpected ! flag before --table");
    if (this.#restore !== undefined) {
      usage(`The -t option cannot be used in ${this.#tool()}-restore.\n`);
    }
    this.#table = name;
  }

  #tool(): string {
    return this.#scope.family === 4 ? "iptables" : "ip6tables";
  }

  /** The lock is never held by anybody else here, so waiting for it says nothing. */
  #wait(letter: string, argument: string | undefined): void {
    this.#waits += letter;
    if (letter === "W") this.#scope.warn("Ignoring deprecated --wait-interval option.\n");
    const seconds = argument ?? this.#words.take();
    if (seconds !== undefined && parseNumber(seconds) === undefined) usage("wait seconds not numeric");
  }

  /** Everything is read: the tool's checks of the whole, in its order. */
  #command(): Command {
    const matches = this.#matches.map((match) => match.finish(this.#scope));
    const target = this.#target === undefined ? undefined : this.#target.finish(this.#scope);
    const verb = this.#verb;
    if (verb === undefined) return usage("no command specified");
    if (this.#not) usage("nothing appropriate following !");
    if (this.#waits.includes("W") && !this.#waits.includes("w")) {
      usage("--wait-interval only makes sense with --wait\n");
    }
    const aboutRules = "ACDIR".includes(verb) && !(verb === "D" && this.#number !== undefined);
    const nets: Nets = aboutRules ? this.#addresses(verb) : [[], []];
    this.#checkOptions(verb);
    const table = this.#checkNames();
    if (aboutRules) this.#checkDevices();
    const jump = aboutRules ? this.#resolveJump(table, target) : undefined;
    return {
      table,
      verb,
      thenZero: this.#thenZero,
      chain: this.#chain,
      number: this.#number,
      rules: this.#rules(nets, matches, jump),
      name: this.#name,
      count: this.#count,
      verbose: this.#verbose,
      numeric: this.#options.includes("n"),
      exact: this.#options.includes("x"),
      lineNumbers: this.#options.includes("0"),
    };
  }

  #addresses(verb: Verb): Nets {
    const { family } = this.#scope;
    const lists: Nets = [netTests(this.#src, family), netTests(this.#dst, family)];
    const several = lists[0].length > 1 || lists[1].length > 1;
    if (several && (this.#src?.not || this.#dst?.not)) {
      usage("! not allowed with multiple source or destination IP addresses");
    }
    if (several && verb === "R") usage("Replacement rule does not specify a unique address");
    return lists;
  }

  #checkOptions(verb: Verb): void {
    const key = (verb === "D" || verb === "Z") && this.#number !== undefined ? `${verb}#` : verb;
    for (const letter of ILLEGAL[key] ?? "") {
      if (this.#options.includes(letter)) usage(`Illegal option \`-${letter}' with this command`);
    }
  }

  #checkNames(): Table {
    const chain = this.#chain;
    if (chain !== undefined && chain.length >= LONGEST_CHAIN) {
      usage(`chain name \`${chain}' too long (must be under ${LONGEST_CHAIN} chars)`);
    }
    const table = this.#table;
    const drops = this.#jump?.name === "DROP" || (this.#verb === "P" && this.#name === "DROP");
    if (table === "nat" && drops) {
      usage('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n');
    }
    if (isTable(table)) return table;
    const problem = `can't initialize ${this.#tool()} table \`${table}': Table does not exist (do you need to insmod?)`;
    throw new Complaint(STATUS.VERSION, problem);
  }

  #checkDevices(): void {
    const chain = this.#chain;
    if (this.#out !== undefined && (chain === "PREROUTING" || chain === "INPUT")) usage(`Can't use -o with ${chain}\n`);
    if (this.#in !== undefined && (chain === "POSTROUTING" || chain === "OUTPUT")) {
      usage(`Can't use -i with ${chain}\n`);
    }
  }

  #resolveJump(table: Table, target: ExtendedTarget | undefined): Target | undefined {
    const jump = this.#jump;
    if (jump === undefined) return undefined;
    const { name, goto } = jump;
    if (this.reading.isChain(table, name)) {
      if (target !== undefined) this.#scope.warn(`Warning: using chain ${name}, not extension\n`);
      return { target: "jump", chain: name, goto };
    }
    if (goto) return usage(`goto '${name}' is not a chain`);
    if (target !== undefined) return target;
    if ((VERDICTS as readonly string[]).includes(name)) return { target: name as Verdict["target"] };
    return usage(`Couldn't load target \`${name}':No such file or directory\n`);
  }

  #rules([sources, destinations]: Nets, matches: readonly Match[], target: Target | undefined): Rule[] {
    const { proto, notProto } = this.#scope;
    const rules: Rule[] = [];
    for (const src of sources) {
      for (const dst of destinations) {
        rules.push({
          src,
          dst,
          in: this.#in,
          out: this.#out,
          proto: proto === 0 ? undefined : { number: proto, not: notProto },
          fragment: this.#fragment,
          matches,
          target,
          count: this.#count,
        });
      }
    }
    return rules;
  }
}
