/** Names of the commands that every machine's shell brings along, out of just-bash; what would look out of the lab (date, hostname ...) is not among them. */
export const SHELL_COMMANDS: ReadonlySet<string> = new Set(
  ("alias awk base64 basename bash cat chmod column comm cp cut diff dirname du echo egrep env expand expr false fgrep file find fold " +
    "grep gunzip gzip head history join jq ln ls md5sum mkdir mv nl od paste printenv printf pwd readlink rev rm rmdir sed seq sh " +
    "sha1sum sha256sum sort split stat strings tac tail tee touch tr tree true unalias unexpand uniq wc which xargs zcat")
    .split(" "),
);
