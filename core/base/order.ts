/** The order of two values of a kind, for sort(): numbers by size, texts by their code units, as Go sorts them. */
export function order<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
