import type { Family } from "./address.ts";
import type { Argument, Scope } from "./extension.ts";
import type { Words } from "./getopt.ts";

/** What a command line's names are looked up in. */
export interface Lookup {
  readonly family: Family;
  setFamily(name: string): Family | "unspec" | undefined;
  warn(text: string): void;
}

/** What a command line's rule is so far, for the extensions that ask. */
export class RuleScope implements Scope {
  readonly family: Family;
  proto = 0;
  notProto = false;

  constructor(readonly lookup: Lookup) {
    this.family = lookup.family;
  }

  setFamily(name: string): Family | "unspec" | undefined {
    return this.lookup.setFamily(name);
  }

  warn(text: string): void {
    this.lookup.warn(text);
  }
}

/** The option an extension is asked to take; one for a command line, filled in anew for each option. */
export class GivenOption implements Argument {
  ext = "";
  option = "";
  not = false;
  text = "";

  constructor(readonly scope: Scope, readonly words: Words) {}

  next(): string | undefined {
    return this.words.take();
  }
}
