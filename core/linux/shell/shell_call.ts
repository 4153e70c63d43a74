/** Shells called with options in one word with `-c`: `/bin/sh -exc SCRIPT` is `/bin/sh -c` with `set -ex` before the script. */

const SHELL = /^(\/(usr\/)?bin\/)?(sh|bash|ash|dash)$/;
const COMBINED = /^-([a-z]*)c([a-z]*)$/;

/** The same call in the form that every shell reads. */
export function separateOptions(argv: readonly string[]): readonly string[] {
  const [shell = "", options = "", script = "", ...rest] = argv;
  const letters = SHELL.test(shell) ? COMBINED.exec(options) : null;
  const others = letters === null ? "" : `${letters[1]}${letters[2]}`.replaceAll("l", "");
  return letters === null ? argv : [shell, "-c", others === "" ? script : `set -${others}\n${script}`, ...rest];
}

/** The script of a call that is nothing but a shell and its script: it can be run without the shell around it. */
export function scriptOf(argv: readonly string[]): string | undefined {
  const [shell = "", option, script, ...rest] = argv;
  return SHELL.test(shell) && option === "-c" && rest.length === 0 ? script : undefined;
}
