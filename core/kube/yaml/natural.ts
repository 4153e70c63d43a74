/** The order of keys in Go's YAML: letters behind other signs, runs of digits by their value. */
export function naturalOrder(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((sign, index) => sign !== b[index]);
  if (at < 0 || at >= b.length) return a.length - b.length;
  const [one, other] = [a[at] as string, b[at] as string];
  if (isLetter(one) && isLetter(other)) return one < other ? -1 : 1;
  if (isLetter(one) || isLetter(other)) return isLetter(one) ? 1 : -1;
  const [x, y] = [digitsFrom(a, at), digitsFrom(b, at)];
  return valueOf(a, at, x, y) - valueOf(b, at, y, x) || x.length - y.length || (one < other ? -1 : 1);
}

/** A number that only begins to differ at a 0 counts the digits before it, so that 10 is more than 1. */
function valueOf(signs: readonly string[], at: number, own: string, other: string): number {
  const zero = own.startsWith("0") || other.startsWith("0");
  return Number(`${zero && startsNumber(signs, at) ? "1" : ""}${own}`);
}

/** Whether digits other than 0 stand right before. */
function startsNumber(signs: readonly string[], at: number): boolean {
  return /[1-9]\d*$/.test(signs.slice(0, at).join(""));
}

function digitsFrom(signs: readonly string[], at: number): string {
  return /^\d*/.exec(signs.slice(at).join(""))?.[0] ?? "";
}

const isLetter = (sign: string): boolean => /\p{L}/u.test(sign);
