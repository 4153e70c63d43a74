/** Bodies of patches, refused as Go's decoder refuses them. */
import { jsonType } from "../objects/codec.ts";
import { isMap } from "../patch/json_patch.ts";
import { duplicateFields } from "./duplicates.ts";
import { syntaxProblem } from "./json_syntax.ts";
import { badRequest, requestTooLarge } from "./status.ts";
import type { Status } from "./types.ts";

/** A patch, and what of it is superfluous. */
export interface ReadPatch {
  readonly value: unknown;
  readonly problems: readonly string[];
}

/** The patch in a body. */
export function readPatch(type: string, body: string): ReadPatch | { readonly refused: Status } {
  const lead = type.startsWith("strategic") ? "" : "error decoding patch: ";
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { refused: badRequest(`${lead}${syntaxProblem(body) ?? "unexpected end of JSON input"}`) };
  }
  if (type.startsWith("json")) return readOperations(value, body, lead);
  if (value === null) return type.startsWith("merge") ? { refused: badRequest("Invalid JSON Patch") } : read({}, body);
  if (!isMap(value)) {
    return { refused: badRequest(`${lead}${mismatch(value, "value of type map[string]interface {}")}`) };
  }
  return read(value, body);
}

function read(value: unknown, body: string): ReadPatch {
  return { value, problems: duplicateFields(body).map((path) => `duplicate field "${path}"`) };
}

function mismatch(value: unknown, into: string): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go ${into}`;
}

/** Operations that one JSON Patch may have. */
const MOST = 10_000;

const FIELDS = ["op", "from", "path"];

function readOperations(value: unknown, body: string, lead: string): ReadPatch | { readonly refused: Status } {
  const operations = value ?? [];
  const why = operationsProblem(operations);
  if (why !== undefined) return { refused: badRequest(`${lead}${why}`) };
  const { length } = operations as readonly unknown[];
  if (length > MOST) {
    return { refused: requestTooLarge(`The allowed maximum operations in a JSON patch is ${MOST}, got ${length}`) };
  }
  return { value: operations, problems: superfluous(body, operations as readonly unknown[]) };
}

/** Fields that operations have twice, or that none has. */
function superfluous(body: string, operations: readonly unknown[]): string[] {
  const known = [...FIELDS, "value"];
  const unknown = operations.flatMap((operation, index) =>
    Object.keys(operation ?? {}).filter((key) => !known.includes(key)).map((key) => `[${index}].${key}`)
  );
  return [
    ...duplicateFields(body).filter((path) => /^\[\d+\]\.[^.[]+$/.test(path)).map((path) =>
      `json patch duplicate field "${path}"`
    ),
    ...unknown.map((path) => `json patch unknown field "${path}"`),
  ];
}

function operationsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return mismatch(value, "value of type []handlers.jsonPatchOp");
  for (const operation of value) {
    if (operation === null) continue;
    if (!isMap(operation)) return mismatch(operation, "value of type handlers.jsonPatchOp");
    const wrong = FIELDS.find((field) => operation[field] != null && typeof operation[field] !== "string");
    if (wrong !== undefined) return mismatch(operation[wrong], `struct field jsonPatchOp.${wrong} of type string`);
  }
  return undefined;
}
