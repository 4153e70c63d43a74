import { TextError } from "../../../base/mod.ts";

/** One word of a Corefile: where it starts (1-based), and in which file (imports bring others). */
export interface Token {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** A Corefile that CoreDNS refuses; `startup` is the line it prints before it exits with status 1. */
export class CorefileError extends TextError {
  constructor(
    at: { readonly file: string; readonly line: number; readonly column: number },
    problem: string,
    expected: string,
    readonly startup: string,
    /** Lines printed before it. */
    readonly warnings: readonly string[] = [],
  ) {
    super(at.file, at.line, at.column, problem, expected);
  }
}
