/** Rows of CoreDNS's own tables: a directive read, an argument taken apart, and what is to come of it. */
import type { Dispenser } from "../../core/addons/coredns/corefile/dispenser.ts";
import { PLUGINS } from "../../core/addons/coredns/mod.ts";
import { attempt, type Bench, bench, dispenser } from "./coredns_bench.ts";
import { equal } from "./coredns_equal.ts";
import type { Fixture, Json, JsonObject } from "./coredns_format.ts";
import { BEHAVIOURS } from "./coredns_behaviours.ts";
import { READINGS } from "./coredns_readings.ts";
import type { Problem } from "./coredns_vectors.ts";

/** How the rows of a table about a directive are read. */
export interface Reading {
  /** The field with the directive; `input` where it is not told. */
  readonly input?: string;
  /** What the directive is wrapped in. */
  readonly wrap?: (text: string) => string;
  /** What is read, by the names of the fields that it is compared with; a field that is absent is not compared. */
  read(corefile: Dispenser, at: Bench): unknown;
  values?(value: never, row: JsonObject): JsonObject | { readonly [field: string]: unknown };
  /** What stands around. */
  readonly bench?: () => Bench;
}

/** Checks a row of any other kind. */
export type RowCheck = (row: Json, fixture: Fixture) => Problem | Promise<Problem>;

/** Checks a row of a table. */
export function checkRow(table: string, row: Json, fixture: Fixture): Problem | Promise<Problem> {
  const behaviour = BEHAVIOURS[table];
  if (behaviour !== undefined) return behaviour(row, fixture);
  const reading = READINGS[table] ?? plainReading(table);
  if (reading === undefined) return `nobody checks ${table}`;
  return checkReading(reading, typeof row === "string" ? { input: row, shouldErr: true } : row as JsonObject);
}

/** A table nobody wrote down: its directive is set up, and whether that fails is all that counts. */
function plainReading(table: string): Reading | undefined {
  const plugin = PLUGINS.get(/^plugin\/(\w+)\//.exec(table)?.[1] ?? "");
  return plugin === undefined ? undefined : { read: (corefile, { context }) => plugin.setup(corefile, context) };
}

const INPUTS = ["input", "inputFileRules", "inputErrorsRules", "inputLogRules", "inputUpstreams", "config"];
const FAILS = ["shouldErr", "shouldError", "wantErr", "failing", "expectedFail"];
const TEXTS = ["expectedErrContent", "expectedErr", "errContains", "wantError"];

function checkReading(reading: Reading, row: JsonObject): Problem {
  const field = reading.input ?? INPUTS.find((name) => typeof row[name] === "string");
  const given = String(row[field ?? ""] ?? "");
  const at = reading.bench?.() ?? bench();
  const read = attempt(() => reading.read(dispenser(reading.wrap?.(given) ?? given), at));
  const text = TEXTS.map((name) => row[name]).find((value) => typeof value === "string" && value !== "") as
    | string
    | undefined;
  const failField = FAILS.find((name) => row[name] !== undefined);
  const fails = failField === undefined ? text !== undefined : row[failField] === true;
  if ("error" in read) {
    if (!fails) return `refused: ${read.error}`;
    return text === undefined || read.error.includes(text) ? undefined : `${text} expected, got ${read.error}`;
  }
  if (fails) return "accepted, expected to be refused";
  const values = reading.values?.(read.value as never, row) ?? {};
  const wrong = Object.entries(values).filter(([name, value]) => row[name] !== undefined && !equal(row[name], value));
  return wrong.length === 0
    ? undefined
    : wrong.map(([name, value]) => `${name}: expected ${JSON.stringify(row[name])}, got ${JSON.stringify(value)}`).join(
      "; ",
    );
}
