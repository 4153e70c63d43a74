/** The OpenAPI v2 document of all groups, made from those of v3: clients before 1.27 read it. */
import { builtinDocument, builtinSchemas, documentNames, type OpenApiSchema } from "./documents.ts";

type Json = Record<string, unknown>;

/** The document. Parameters stand at their operations, none is shared. */
export function openApiV2(): Json {
  const documents = documentNames().map((name) => builtinDocument(name));
  const paths = Object.fromEntries(documents.flatMap((one) => Object.entries(one?.paths ?? {})));
  const first = builtinDocument("api/v1");
  return {
    definitions: Object.fromEntries(
      Object.entries(builtinSchemas()).map(([name, schema]) => [name, schemaV2(schema)]),
    ),
    info: first?.info,
    parameters: {},
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathV2(item)])),
    security: [{ BearerToken: [] }],
    securityDefinitions: first?.components?.["securitySchemes"],
    swagger: "2.0",
  };
}

/** A schema of v2: references stand alone, and what v3 has as one of several types is a string with a format. */
function schemaV2(schema: OpenApiSchema): Json {
  const { allOf, oneOf, default: preset, ...rest } = schema;
  const mapped = mapRefs(rest) as Json;
  if (allOf !== undefined) return { ...mapped, ...mapRefs(allOf[0]) as Json };
  if (oneOf !== undefined) return { ...mapped, type: "string" };
  const structural = preset !== undefined && typeof preset === "object";
  return { ...mapped, ...(preset === undefined || structural ? {} : { default: preset }) };
}

function mapRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapRefs);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "$ref") return [key, (item as string).replace("#/components/schemas/", "#/definitions/")];
      const nested = ["items", "additionalProperties"].includes(key) && typeof item === "object";
      if (nested) return [key, schemaV2(item as OpenApiSchema)];
      if (key === "properties") {
        return [
          key,
          Object.fromEntries(Object.entries(item as Json).map(([k, v]) => [k, schemaV2(v as OpenApiSchema)])),
        ];
      }
      return [key, mapRefs(item)];
    }),
  );
}

interface Operation extends Json {
  readonly parameters?: readonly (Json & { readonly schema?: Json })[];
  readonly requestBody?: { readonly content: Json; readonly required?: boolean };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
}

function pathV2(item: Json): Json {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => {
      if (key === "parameters") return [key, (value as Json[]).map(parameterV2)];
      return [
        key,
        typeof value === "object" && value !== null && "responses" in value ? operationV2(value as Operation) : value,
      ];
    }),
  );
}

function parameterV2({ schema = {}, ...rest }: Json & { readonly schema?: Json }): Json {
  return { ...rest, ...schema };
}

function operationV2({ parameters = [], requestBody, responses, ...rest }: Operation): Json {
  const [content] = Object.values(requestBody?.content ?? {}) as { schema: OpenApiSchema }[];
  const body = content === undefined ? [] : [{
    in: "body",
    name: "body",
    ...(requestBody?.required ? { required: true } : {}),
    schema: mapRefs(content.schema),
  }];
  const produces = Object.keys(Object.values(responses)[0]?.content ?? {});
  const answers = Object.entries(responses).map(([code, { description, content }]) => {
    const [first] = Object.values(content ?? {}) as { schema?: OpenApiSchema }[];
    return [code, { description, ...(first?.schema === undefined ? {} : { schema: mapRefs(first.schema) }) }];
  });
  const given = [...body, ...parameters.map(parameterV2)];
  return {
    consumes: Object.keys(requestBody?.content ?? { "*/*": {} }),
    ...rest,
    ...(given.length === 0 ? {} : { parameters: given }),
    ...(produces.length === 0 ? {} : { produces }),
    responses: Object.fromEntries(answers),
    schemes: ["https"],
  };
}
