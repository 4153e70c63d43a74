/** What Go's YAML reader calls the problems that ours finds, by our reader's codes. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_INDENT: "did not find expected node content",
  MISSING_CHAR: "did not find expected node content",
  TAB_AS_INDENT: "found character that cannot start any token",
  DUPLICATE_KEY: "mapping key already defined",
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  BAD_ALIAS: "unknown anchor referenced",
};

/** A complaint of the YAML reader. */
export interface YamlProblem extends Error {
  readonly code?: string;
  readonly pos?: readonly [number, number];
}

/** The complaint in the words of Go's reader, as near as they can be told. */
export function yamlWords({ code = "", message }: YamlProblem): string {
  return WORDS[code] ?? message;
}
