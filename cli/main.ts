/** `podwire VERB`: finds the verb, runs it, turns what went wrong into an exit status. */
import { PlaceError, TextError } from "../mod.ts";
import { corefile } from "./corefile.ts";
import { diff } from "./diff.ts";
import { exec } from "./exec.ts";
import { matrix } from "./matrix.ts";
import { play } from "./play.ts";
import { serve } from "./serve.ts";
import { sh } from "./sh.ts";
import { test } from "./expect.ts";
import { up } from "./up.ts";
import { UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";
import { why } from "./why.ts";

/** Every verb, in the order `podwire help` lists them. */
const VERBS: Readonly<Record<string, Verb>> = { up, exec, why, matrix, diff, test, play, corefile, sh, serve };

/** Runs one command line; the exit status is 0 for yes, 1 for no, 2 for bad input. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = argv;
  if (["help", "--help", "-h"].includes(name)) {
    console.log(help());
    return 0;
  }
  const verb = VERBS[name];
  if (verb === undefined) return complain(`unknown verb "${name}"\n\n${help()}`);
  if (rest[0] === "--help" || rest[0] === "-h") {
    console.log(`usage: podwire ${name} ${verb.usage}`);
    return 0;
  }
  try {
    return await verb.run(rest);
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}\nusage: podwire ${name} ${verb.usage}`);
    if (error instanceof TextError || error instanceof PlaceError) return complain(error.message);
    throw error;
  }
}

function complain(message: string): number {
  console.error(`podwire: ${message}`);
  return 2;
}

function help(): string {
  const lines = Object.entries(VERBS).map(([name, { usage, does }]) => `  podwire ${name} ${usage}\n      ${does}`);
  return `podwire: a Kubernetes cluster's network that answers any packet and says why\n\n${lines.join("\n")}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
