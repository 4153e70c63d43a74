import { TextError } from "../base/mod.ts";
import { contextNamespace } from "./config.ts";
import { CommandError, seeHelp } from "./errors.ts";
import { type Flag, GLOBAL_FLAGS, type Parsed, parseFlags } from "./flags.ts";
import type { Finished, KubectlHost } from "./host.ts";
import { Session } from "./session.ts";
import { UNMODELLED, VERBS } from "./verbs/table.ts";
import type { Verb, VerbGroup } from "./verbs/verb.ts";

interface Found {
  readonly verb: Verb;
  /** `rollout status` */
  readonly name: string;
  readonly rest: readonly string[];
}

/** Runs one kubectl command line; `argv` is without the program's name. Nothing outside `host` is touched. */
export async function kubectl(argv: readonly string[], stdin: string, host: KubectlHost): Promise<Finished> {
  try {
    const found = findVerb(argv);
    const session = openSession(found, stdin, host);
    return await play(found.verb, session);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { stdout: "", stderr: `${error.text}\n`, exit: error.exit };
  }
}

async function play(verb: Verb, session: Session): Promise<Finished> {
  let exit = 0;
  try {
    exit = await verb.run(session);
  } catch (error) {
    if (error instanceof CommandError) {
      session.complain(error.text);
      exit = error.exit;
    } else if (error instanceof TextError) {
      session.complain(`error: ${error.message}`);
      exit = 1;
    } else throw error;
  }
  return { stdout: session.stdout, stderr: session.stderr, exit };
}

function openSession({ verb, name, rest }: Found, stdin: string, host: KubectlHost): Session {
  const flags: Parsed = parseFlags(
    rest,
    [...verb.flags, ...GLOBAL_FLAGS.filter((one) => !isOwn(one, verb.flags))],
    name,
  );
  if (flags.is("help")) throw new CommandError(`error: help texts are not modelled here`);
  const context = flags.value("context");
  if (context !== undefined && context !== "kubernetes-admin@kubernetes") {
    throw new CommandError(`error: context ${JSON.stringify(context)} does not exist`);
  }
  const namespace = host.namespace ?? contextNamespace(host);
  return new Session(namespace === undefined ? host : { ...host, namespace }, flags, stdin);
}

/** A command's own flag of the same name or letter stands before the one every command has. */
function isOwn({ name, short }: Flag, own: readonly Flag[]): boolean {
  return own.some((one) => one.name === name || (short !== undefined && one.short === short));
}

function findVerb(argv: readonly string[]): Found {
  const at = firstWord(argv);
  const name = argv[at];
  if (name === undefined) throw new CommandError("error: help texts are not modelled here");
  const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
  const verb = VERBS[name];
  if (verb !== undefined) return descend(verb, name, rest);
  if (UNMODELLED.includes(name)) throw new CommandError(`error: kubectl ${name} is not modelled here`);
  throw new CommandError(`error: unknown command ${JSON.stringify(name)} for "kubectl"${suggestions(name)}`);
}

/** Where the command stands: flags of every command may come before it. */
function firstWord(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] as string;
    if (!word.startsWith("-")) return at;
    const flag = GLOBAL_FLAGS.find((one) => word === `--${one.name}` || word === `-${one.short}`);
    at += flag !== undefined && flag.kind !== "bool" ? 2 : 1;
  }
  return at;
}

function descend(verb: Verb | VerbGroup, name: string, rest: readonly string[]): Found {
  if (!("verbs" in verb)) return { verb, name, rest };
  const at = firstWord(rest);
  const inner = rest[at];
  const next = inner === undefined ? undefined : verb.verbs[inner];
  if (next !== undefined) return descend(next, `${name} ${inner}`, [...rest.slice(0, at), ...rest.slice(at + 1)]);
  if ("run" in verb) return { verb: verb as unknown as Verb, name, rest };
  const words = inner === undefined
    ? `must specify one of: ${Object.keys(verb.verbs).join(", ")}`
    : `unknown command ${JSON.stringify(`${inner} `).replace(' "', '"')}`;
  throw new CommandError(`error: ${words}${seeHelp({ flags: { command: name } })}`);
}

/** Commands that are written almost like this. */
function suggestions(name: string): string {
  const near = [...Object.keys(VERBS), ...UNMODELLED].filter((one) => distance(one, name) <= 2 || one.startsWith(name))
    .sort();
  return near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((one) => `\t${one}`).join("\n")}`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_one, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, change));
    }
    row = next;
  }
  return row[b.length] as number;
}
