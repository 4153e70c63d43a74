/** `kubectl explain`: what the server's OpenAPI documents say of a kind and its fields. */
import type { OpenApiDocument, OpenApiSchema } from "../../kube/mod.ts";
import { CommandError, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { indent, wrap } from "../print/wrap.ts";
import type { Resource } from "../resources.ts";
import type { Verb } from "./verb.ts";

/** The verb. */
export const explain: Verb = {
  flags: flags("recursive api-version= output/o="),
  run(session) {
    const [text, ...more] = session.flags.args;
    if (text === undefined) {
      throw usageError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    }
    if (more.length > 0) throw usageError(`We accept only this format: explain RESOURCE`);
    const [kind = "", ...path] = text.split(".");
    const resource = session.resources.find(kind);
    if (resource === undefined) {
      throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(kind)}`);
    }
    const name = resource.group === "" ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`;
    const document = JSON.parse(JSON.stringify(session.client.get(`/openapi/v3/${name}`))) as OpenApiDocument;
    session.write(head(resource));
    session.write(new Explainer(document, session.flags.is("recursive")).explain(resource, path));
    return 0;
  },
};

function head({ group, kind, version }: Resource): string {
  return `${group === "" ? "" : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`;
}

/** Reads one document. */
class Explainer {
  readonly #schemas: Readonly<Record<string, OpenApiSchema>>;

  constructor(document: OpenApiDocument, readonly recursive: boolean) {
    this.#schemas = document.components?.schemas ?? {};
  }

  /** What is said of a field of a resource; the empty path is the resource itself. */
  explain({ group, version, kind }: Resource, path: readonly string[]): string {
    const schema = Object.values(this.#schemas).find((one) =>
      one["x-kubernetes-group-version-kind"]?.some((is) =>
        is.group === group && is.version === version && is.kind === kind
      )
    );
    if (schema === undefined) throw usageError(`GVR (${group}/${version}) not found in OpenAPI schema`);
    const found = this.#follow(schema, path);
    if (found === undefined) throw usageError(`field ${JSON.stringify(path.at(-1))} does not exist`);
    return `${found}\n`;
  }

  #resolve(schema: OpenApiSchema): OpenApiSchema {
    const name = schema.$ref?.split("/").at(-1);
    return name === undefined ? schema : this.#schemas[name] ?? schema;
  }

  /** The text for what a path leads to; undefined where it leads nowhere. */
  #follow(schema: OpenApiSchema, path: readonly string[]): string | undefined {
    const resolved = this.#resolve(schema);
    const [first, ...rest] = path;
    if (first === undefined) return this.#describe(resolved);
    const field = resolved.properties?.[first];
    if (field !== undefined) {
      const title = rest.length === 0 ? `FIELD: ${first} <${this.#type(field)}>\n${longEnum(field)}\n\n` : "";
      const inner = this.#follow(field, rest);
      return inner === undefined ? undefined : title + inner;
    }
    for (const inner of this.#inner(resolved)) {
      const found = this.#follow(inner, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The schemas that stand for one: of list items, of map values, of alternatives. */
  #inner({ items, additionalProperties, allOf = [] }: OpenApiSchema): readonly OpenApiSchema[] {
    return [
      ...(items === undefined ? [] : [items]),
      ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
      ...allOf,
    ];
  }

  #describe(schema: OpenApiSchema): string {
    const fields = this.#fields(schema, 1, new Set());
    const text = this.#description(schema) || "<empty>";
    return `DESCRIPTION:\n${indent(wrap(text, 76), 4)}\n${fields === "" ? "" : `FIELDS:\n${fields}`}`;
  }

  /** Its own description and those of what it is made of, a line each. */
  #description(schema: OpenApiSchema): string {
    const { description, ...resolved } = this.#resolve(schema);
    const own = description === undefined || description === "" ? "" : `${description}\n`;
    return own +
      [...resolved.allOf ?? [], ...this.#inner({ ...resolved, allOf: [] })].map((one) => this.#description(one)).join(
        "",
      );
  }

  #fields(schema: OpenApiSchema, level: number, seen: ReadonlySet<string>): string {
    const ref = schema.$ref ?? "";
    if (ref !== "" && seen.has(ref)) return "";
    const now = new Set([...seen, ref]);
    const resolved = this.#resolve(schema);
    const own = Object.keys(resolved.properties ?? {}).sort().map((name) => {
      const deeper = this.recursive ? this.#fields(resolved.properties?.[name] as OpenApiSchema, level + 1, now) : "";
      return this.#field(resolved, name, level) + deeper;
    });
    const { items, additionalProperties, allOf = [] } = resolved;
    const more = [
      ...allOf,
      ...this.#inner({ ...(items ? { items } : {}), ...(additionalProperties ? { additionalProperties } : {}) }),
    ];
    return own.join("") + more.map((one) => this.#fields(one, level, now)).join("");
  }

  #field(schema: OpenApiSchema, name: string, level: number): string {
    const field = schema.properties?.[name] as OpenApiSchema;
    const width = 2 * level;
    const required = schema.required?.includes(name) ? " -required-" : "";
    const line = `${" ".repeat(width)}${name}\t<${this.#type(field)}>${required}${shortEnum(field, width)}\n`;
    if (this.recursive) return line;
    return `${line}${indent(wrap(field.description || "<no description>", 78 - width), width + 2)}\n\n`;
  }

  #type(schema: OpenApiSchema): string {
    const { items, additionalProperties, allOf = [], properties, $ref, type } = schema;
    if (items !== undefined) return `[]${this.#type(items)}`;
    if (typeof additionalProperties === "object") return `map[string]${this.#type(additionalProperties)}`;
    if (allOf[0] !== undefined && allOf.length === 1 && properties === undefined) return this.#type(allOf[0]);
    if ($ref === undefined) return type === undefined || type === "object" ? "Object" : type;
    const resolved = this.#resolve(schema);
    if (resolved.type !== undefined && resolved.type !== "object") return resolved.type;
    return $ref.split("/").at(-1)?.split(".").at(-1) ?? "Object";
  }
}

const shown = (value: unknown): string => value === "" ? '""' : String(value);

function longEnum({ enum: values }: OpenApiSchema): string {
  return values === undefined ? "" : `ENUM:${values.map((one) => `\n    ${shown(one)}`).join("")}`;
}

/** At most four of them. */
function shortEnum({ enum: values }: OpenApiSchema, width: number): string {
  if (values === undefined) return "";
  const list = values.slice(0, 4).map(shown).join(", ");
  return `\n${" ".repeat(width)}enum: ${list}${values.length > 4 ? ", ...." : ""}`;
}
