import { decodeStruct } from "./codec.ts";
import { rulesOf } from "./kinds.ts";
import type { Draft } from "./object.ts";

/** A draft as a typed client writes it out: unknown fields dropped, empty parts as the types have them, nothing defaulted. */
export function canonicalDraft(draft: Draft): Draft {
  const struct = rulesOf(draft)?.struct;
  if (struct === undefined) return draft;
  return { apiVersion: draft.apiVersion, kind: draft.kind, ...decodeStruct(struct, draft).value } as unknown as Draft;
}
