import { canonicalJson } from "../../base/mod.ts";

/** Letters and digits of generated names: no vowels, so that no words come about. */
const SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** FNV-1a, 32 bits. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A text of digits in the letters of generated names, as `pod-template-hash` and revisions are written. */
function safeEncode(text: string): string {
  return [...text].map((one) => SAFE_LETTERS[one.charCodeAt(0) % SAFE_LETTERS.length]).join("");
}

/** The hash of a template, in the shape of the real one; `collisions` makes another. */
export function templateHash(template: unknown, collisions = 0): string {
  return safeEncode(String(fnv32a(canonicalJson(template) + (collisions === 0 ? "" : String(collisions)))));
}
