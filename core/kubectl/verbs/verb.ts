import type { Flag } from "../flags.ts";
import type { Session } from "../session.ts";

/** One command of kubectl: its flags, and what it does. The answer is the exit status. */
export interface Verb {
  readonly flags: readonly Flag[];
  run(session: Session): number | Promise<number>;
}

/** A command that is only a name for others: `rollout status`. */
export interface VerbGroup {
  readonly verbs: Readonly<Record<string, Verb | VerbGroup>>;
}

/** Flags of commands that print objects. */
export const OUTPUT_FLAGS = "output/o= show-managed-fields template= allow-missing-template-keys";

/** Flags of commands that take files. */
export const FILE_FLAGS = "filename/f=* recursive/R kustomize/k=";
