/** One verb of the command line. */
export interface Verb {
  /** What follows the verb, for `usage:` lines. */
  readonly usage: string;
  /** One sentence. */
  readonly does: string;
  /** Runs it; the number is the exit status. */
  run(argv: readonly string[]): Promise<number>;
}
