import { isTrue, printValue, type TemplateValue } from "./value.ts";

type Function = (args: readonly TemplateValue[]) => TemplateValue;

const same = (a: TemplateValue, b: TemplateValue): boolean => a === b;
const less = (a: TemplateValue, b: TemplateValue): boolean => (a as number) < (b as number);

/** Functions of templates: Go's own and CoreDNS's `parseInt`. What they refuse is a RangeError. */
export const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["parseInt", parseUint],
  ["index", ([of, ...keys]) => keys.reduce(indexed, of)],
  ["len", ([of]) => (of instanceof Map ? of.size : (of as string | readonly TemplateValue[]).length)],
  ["eq", ([first, ...others]) => others.some((other) => same(first, other))],
  ["ne", ([a, b]) => !same(a, b)],
  ["lt", ([a, b]) => less(a, b)],
  ["le", ([a, b]) => !less(b, a)],
  ["gt", ([a, b]) => less(b, a)],
  ["ge", ([a, b]) => !less(a, b)],
  ["not", ([of]) => !isTrue(of)],
  ["and", (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1)],
  ["or", (args) => args.find(isTrue) ?? args.at(-1)],
  ["print", (args) => args.map(printValue).join("")],
  ["println", (args) => `${args.map(printValue).join(" ")}\n`],
  ["printf", ([form, ...args]) => printf(String(form), args)],
  ["slice", ([of, from = 0, to]) => (of as string).slice(Number(from), to === undefined ? undefined : Number(to))],
]);

/** `strconv.ParseUint(text, base, bits)`. */
function parseUint([text, base, bits]: readonly TemplateValue[]): TemplateValue {
  const quoted = JSON.stringify(String(text));
  const radix = Number(base);
  const digits = "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, radix);
  const word = String(text).toLowerCase();
  if (word === "" || [...word].some((char) => !digits.includes(char))) {
    throw new RangeError(`strconv.ParseUint: parsing ${quoted}: invalid syntax`);
  }
  const value = parseInt(word, radix);
  if (value >= 2 ** Number(bits)) throw new RangeError(`strconv.ParseUint: parsing ${quoted}: value out of range`);
  return value;
}

function indexed(of: TemplateValue, key: TemplateValue): TemplateValue {
  if (of instanceof Map) return of.get(String(key));
  const list = of as string | readonly TemplateValue[];
  if (Number(key) >= list.length) throw new RangeError(`error calling index: reflect: slice index out of range`);
  return list[Number(key)];
}

/** The verbs that records need: %s %v %d %x %X %q and %0Nd. */
function printf(form: string, args: readonly TemplateValue[]): string {
  let next = 0;
  return form.replace(/%(0?)(\d*)([svdxXq%])/g, (_, zero: string, width: string, verb: string) => {
    if (verb === "%") return "%";
    const value = args[next++];
    const text = verb === "x" || verb === "X"
      ? Number(value).toString(16)
      : verb === "q"
      ? JSON.stringify(printValue(value))
      : printValue(value);
    return (verb === "X" ? text.toUpperCase() : text).padStart(Number(width), zero === "0" ? "0" : " ");
  });
}
