/**
 * Which fields of an object somebody set, as `fieldsV1` of managedFields has them:
 *
 *     set  = "{" *( step ":" set ) "}"                ; the empty set: the field itself, whole
 *     step = "f:" NAME / "k:" KEYS-AS-JSON / "v:" VALUE-AS-JSON / "."
 */
import type { Field, Struct, TypeRef } from "../objects/schema.ts";

/** A tree of steps. */
export interface FieldSet {
  readonly [step: string]: FieldSet;
}

type Json = Record<string, unknown>;

/** How the items of a list are told apart: by keys, by themselves, or not at all: the list is one value. */
type ListKind = { readonly keys: readonly string[] } | "set" | "atomic";

function listKind(field: Field | undefined): ListKind {
  if (field === undefined || field.atomic) return "atomic";
  if (field.keys.length > 0) return { keys: field.keys };
  if (field.merge !== undefined && field.merge !== "") return { keys: [field.merge] };
  return field.set || field.merge === "" ? "set" : "atomic";
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys that have a default count with it: of two ports without protocol, both are TCP. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };

/** The step to an item of a list. */
function stepOf(item: unknown, keys: readonly string[]): string {
  const value = (key: string) => (isMap(item) ? item[key] : undefined) ?? KEY_DEFAULTS[key];
  const picked = keys.filter((key) => value(key) !== undefined).map((key) => [key, value(key)]);
  return `k:${JSON.stringify(Object.fromEntries(picked))}`;
}

/** Where a value stands: its type and the field that holds it. */
interface Place {
  readonly ref?: TypeRef;
  readonly field?: Field;
}

function child({ ref }: Place, name: string): Place {
  if (ref?.type === "struct") {
    const field = ref.struct.fields.get(name);
    return field === undefined ? {} : { ref: field.ref, field };
  }
  return ref?.type === "map" ? { ref: ref.of } : {};
}

function itemPlace({ ref }: Place): Place {
  return ref?.type === "list" ? { ref: ref.of } : {};
}

function isWhole({ ref, field }: Place): boolean {
  return field?.atomic === true || (ref?.type === "struct" && ref.struct.atomic);
}

/** The place of a whole object of a type. */
export function rootPlace(struct: Struct | undefined): Place {
  return struct === undefined ? {} : { ref: { type: "struct", struct, go: "" } };
}

/** The fields that a value sets. */
export function fieldsOf(value: unknown, at: Place): FieldSet {
  if (isWhole(at)) return {};
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [`f:${name}`, fieldsOf(item, child(at, name))]),
    );
  }
  const kind = listKind(at.field);
  if (!Array.isArray(value) || kind === "atomic") return {};
  if (kind === "set") return Object.fromEntries(value.map((item) => [`v:${JSON.stringify(item)}`, {}]));
  return Object.fromEntries(
    value.map((item) => [stepOf(item, kind.keys), { ".": {}, ...fieldsOf(item, itemPlace(at)) }]),
  );
}

/** A value with what another one sets put over it: maps and lists by keys are merged, everything else is replaced. */
export function mergeApplied(live: unknown, applied: unknown, at: Place): unknown {
  if (applied === null) return live;
  if (isWhole(at) || live === undefined || live === null) return applied;
  if (isMap(applied) && isMap(live)) {
    const merged = { ...live };
    for (const [name, item] of Object.entries(applied)) merged[name] = mergeApplied(live[name], item, child(at, name));
    return merged;
  }
  const kind = listKind(at.field);
  if (!Array.isArray(applied) || !Array.isArray(live) || kind === "atomic") return applied;
  if (kind === "set") return [...live, ...applied.filter((item) => !live.includes(item))];
  const rest = new Map(applied.map((item) => [stepOf(item, kind.keys), item as unknown]));
  const merged = live.map((item) => {
    const step = stepOf(item, kind.keys);
    const wanted = rest.get(step);
    rest.delete(step);
    return wanted === undefined ? item : mergeApplied(item, wanted, itemPlace(at));
  });
  return [...merged, ...rest.values()];
}

/** A value without the fields of a set. */
export function withoutFields(value: unknown, gone: FieldSet, at: Place): unknown {
  const steps = Object.entries(gone);
  if (isMap(value)) {
    const kept = { ...value };
    for (const [step, inner] of steps) {
      const name = step.slice(2);
      if (!step.startsWith("f:") || !(name in kept)) continue;
      if (Object.keys(inner).length === 0) delete kept[name];
      else kept[name] = withoutFields(kept[name], inner, child(at, name));
    }
    return kept;
  }
  const kind = listKind(at.field);
  if (!Array.isArray(value) || kind === "atomic") return value;
  if (kind === "set") return value.filter((item) => !steps.some(([step]) => step === `v:${JSON.stringify(item)}`));
  return value.flatMap((item) => {
    const inner = gone[stepOf(item, kind.keys)];
    if (inner === undefined) return [item];
    return "." in inner ? [] : [withoutFields(item, inner, itemPlace(at))];
  });
}

/** The fields of `all` that are not in `other`. */
export function minus(all: FieldSet, other: FieldSet): FieldSet {
  const left: Record<string, FieldSet> = {};
  for (const [step, inner] of Object.entries(all)) {
    const known = other[step];
    if (known === undefined) left[step] = inner;
    else if (Object.keys(inner).length > 0) {
      const rest = minus(inner, known);
      if (Object.keys(rest).length > 0) left[step] = rest;
    }
  }
  return left;
}

/** The paths of the fields that two sets share and whose values differ, as the server names them: `.spec.replicas`. */
export function clashes(
  mine: FieldSet,
  theirs: FieldSet,
  values: { readonly applied: unknown; readonly live: unknown },
  path = "",
): string[] {
  return Object.entries(mine).flatMap(([step, inner]) => {
    const known = theirs[step];
    if (known === undefined || step === ".") return [];
    const next = { applied: follow(values.applied, step), live: follow(values.live, step) };
    const here = path + printStep(step);
    if (Object.keys(inner).length > 0) return clashes(inner, known, next, here);
    if (Object.keys(known).length > 0) return [];
    return JSON.stringify(next.applied) === JSON.stringify(next.live) ? [] : [here];
  });
}

/** The same fields as {@link clashes} names, as a set. */
export function clashSet(
  mine: FieldSet,
  theirs: FieldSet,
  values: { readonly applied: unknown; readonly live: unknown },
): FieldSet {
  const found: Record<string, FieldSet> = {};
  for (const [step, inner] of Object.entries(mine)) {
    const known = theirs[step];
    if (known === undefined || step === ".") continue;
    const next = { applied: follow(values.applied, step), live: follow(values.live, step) };
    const [deeper, leaf] = [Object.keys(inner).length > 0, Object.keys(known).length === 0];
    const below = deeper ? clashSet(inner, known, next) : {};
    if (deeper ? Object.keys(below).length > 0 : leaf && JSON.stringify(next.applied) !== JSON.stringify(next.live)) {
      found[step] = below;
    }
  }
  return found;
}

function follow(value: unknown, step: string): unknown {
  const text = step.slice(2);
  if (step.startsWith("f:")) return isMap(value) ? value[text] : undefined;
  if (!Array.isArray(value)) return undefined;
  const wanted = JSON.parse(text) as unknown;
  if (step.startsWith("v:")) return value.find((item) => item === wanted);
  return value.find((item) =>
    Object.entries(wanted as Json).every(([key, one]) => ((item as Json)[key] ?? KEY_DEFAULTS[key]) === one)
  );
}

function printStep(step: string): string {
  const text = step.slice(2);
  if (step.startsWith("f:")) return `.${text}`;
  if (step.startsWith("v:")) return `[=${text}]`;
  return `[${
    Object.entries(JSON.parse(text) as Json).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")
  }]`;
}
