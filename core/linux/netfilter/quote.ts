const PLAIN = /^[A-Za-z0-9_-]+$/;
const SPECIAL = /["\\']/g;

/** A word as iptables-save prints it: bare when all of it is letters, digits, `_` and `-`, else in double quotes with escapes. */
export function quote(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(SPECIAL, "\\$&")}"`;
}
