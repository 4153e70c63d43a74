/** `define NAME = ...`, `$NAME` and `include "FILE"`: a script's words with all of them put in place. */
import { NftComplaint, nftTokens, type NftWord } from "./words.ts";

/** The words of a script as commands see them; `read` gives an included file. */
export function expandScript(words: readonly NftWord[], read: (path: string) => string | undefined): NftWord[] {
  const defined = new Map<string, readonly NftWord[]>();
  return expand(words, { defined, read });
}

interface Scope {
  readonly defined: Map<string, readonly NftWord[]>;
  read(path: string): string | undefined;
}

function expand(words: readonly NftWord[], scope: Scope): NftWord[] {
  const out: NftWord[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as NftWord;
    const begins = i === 0 || ["\n", ";"].includes(words[i - 1]?.text ?? "");
    if (begins && (word.text === "define" || word.text === "redefine")) {
      const end = endOf(words, i);
      const value = expand(words.slice(i + 3, end), scope);
      scope.defined.set(words[i + 1]?.text ?? "", value);
      i = end;
    } else if (begins && word.text === "include") {
      const path = (words[i + 1]?.text ?? "").replaceAll('"', "");
      const text = scope.read(path);
      if (text === undefined) throw new NftComplaint(`File not found: ${path}`, out.length);
      out.push(...expand(nftTokens(text), scope));
      i++;
    } else if (word.text.startsWith("$")) {
      const value = scope.defined.get(word.text.slice(1));
      if (value === undefined) throw new NftComplaint(`unknown identifier '${word.text.slice(1)}'`, out.length);
      out.push(...value.map((each) => ({ ...word, text: each.text })));
    } else out.push(word);
  }
  return out;
}

/** Where a definition ends: at the end of its line, beyond what stands in braces. */
function endOf(words: readonly NftWord[], from: number): number {
  let depth = 0;
  for (let i = from; i < words.length; i++) {
    const { text } = words[i] as NftWord;
    if (text === "{") depth++;
    if (text === "}") depth--;
    if (depth === 0 && (text === "\n" || text === ";")) return i;
  }
  return words.length;
}
