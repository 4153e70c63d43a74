/** Elements as they are typed: `{ KEY [timeout T] [counter ...] [comment "TEXT"] [: VALUE], ... }`, and a whole list in braces. */
import { DATATYPES } from "./datatypes.ts";
import { setTypes } from "./element_order.ts";
import { datatypeOf } from "./selectors.ts";
import { parseNftTime } from "./time.ts";
import type { NftElement, NftSet } from "./types.ts";
import { readKey, readValue } from "./values.ts";
import { readVerdict } from "./verdict.ts";
import { unquoted, type WordReader } from "./words.ts";

type Declared = Pick<NftSet, "key" | "typeof" | "value" | "flags">;

/** The elements in braces, by the types of their set. */
export function readElementList(words: WordReader, set: Declared): NftElement[] {
  if (!words.skip("{")) words.unexpected("'{' or '$' or '@'");
  const elements: NftElement[] = [];
  for (;;) {
    while (words.skip("\n"));
    if (words.skip("}")) return elements;
    elements.push(readElement(words, set));
    while (words.skip("\n"));
    if (!words.skip(",") && words.next !== "}") words.unexpected("comma or '}'");
  }
}

function readElement(words: WordReader, set: Declared): NftElement {
  const from = words.at;
  const key = readKey(words, setTypes(set), true).split(" . ");
  const isRange = key.some((part) => /^[^"].*\/\d+$/.test(part));
  if (isRange && !set.flags.includes("interval")) {
    words.refuse("You must add 'flags interval' to your set declaration if you want to add prefix elements", from);
  }
  const element: { -readonly [key in keyof NftElement]: NftElement[key] } = { key };
  for (;;) {
    if (words.skip("timeout")) {
      element.timeout = parseNftTime(words.take()) ?? words.refuse("invalid time", words.at - 1);
    } else if (words.skip("expires")) element.expires = parseNftTime(words.take()) ?? 0;
    else if (words.skip("comment")) element.comment = unquoted(words.take());
    else if (words.skip("counter")) element.counter = readCount(words);
    else break;
  }
  if (words.skip(":")) element.value = readMapped(words, set);
  else if (set.value !== undefined && words.next !== "," && words.next !== "}") words.unexpected("colon");
  return element;
}

function readCount(words: WordReader) {
  if (!words.skip("packets")) return { packets: 0, bytes: 0 };
  const packets = Number(words.take());
  words.skip("bytes");
  return { packets, bytes: Number(words.take()) };
}

function readMapped(words: WordReader, { value, typeof: selectors }: Declared): NonNullable<NftElement["value"]> {
  if (value?.[0] === "verdict") return words.attempt(readVerdict) ?? words.unexpected();
  return (value ?? [""]).map((type, i) => {
    if (i > 0 && !words.skip(".")) words.unexpected("'.'");
    return readValue(words, selectors === true ? datatypeOf(type) : DATATYPES[type]);
  });
}
