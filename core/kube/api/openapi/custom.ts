/** OpenAPI documents of CustomResourceDefinitions: the paths every resource has, and the schema the definition gives. */
import type { CustomResourceDefinition } from "../../objects/definition.ts";
import type { Store } from "../../store/store.ts";
import { builtinDocument, type OpenApiDocument, type OpenApiSchema } from "./documents.ts";

/** A resource of the same scope whose document shows what paths a resource has. */
const MODELS = {
  Namespaced: {
    document: "apis/coordination.k8s.io/v1",
    group: "coordination.k8s.io",
    plural: "leases",
    kind: "Lease",
  },
  Cluster: { document: "apis/node.k8s.io/v1", group: "node.k8s.io", plural: "runtimeclasses", kind: "RuntimeClass" },
} as const;

/** Documents by name: one for each group and version that definitions serve. */
export function customDocuments(store: Store): ReadonlyMap<string, OpenApiDocument> {
  const documents = new Map<string, OpenApiDocument>();
  for (const definition of store.list("CustomResourceDefinition") as unknown as CustomResourceDefinition[]) {
    const { group, versions } = definition.spec;
    for (const { name, served } of versions ?? []) {
      if (!served) continue;
      const path = `apis/${group}/${name}`;
      const made = documentOf(definition, name);
      const known = documents.get(path);
      documents.set(path, known === undefined ? made : merged(known, made));
    }
  }
  return documents;
}

function documentOf({ spec }: CustomResourceDefinition, version: string): OpenApiDocument {
  const model = MODELS[spec.scope === "Cluster" ? "Cluster" : "Namespaced"];
  const { group, names: { plural, kind } } = spec;
  const name = `${group.split(".").reverse().join(".")}.${version}.${kind}`;
  const modelName = new RegExp(`io\\.k8s\\.api\\.\\w+\\.v1\\.${model.kind}(List)?(?=")`, "g");
  const text = JSON.stringify(builtinDocument(model.document))
    .replace(modelName, (_all, list = "") => `${name}${list}`)
    .replaceAll(`${model.group}/v1`, `${group}/${version}`)
    .replaceAll(`"group":"${model.group}"`, `"group":${JSON.stringify(group)}`)
    .replace(new RegExp(`(/|\\{name\\}/)${model.plural}\\b`, "g"), (_all, lead) => `${lead}${plural}`)
    .replaceAll(`"kind":"${model.kind}"`, `"kind":${JSON.stringify(kind)}`)
    .replaceAll(`"kind":"${model.kind}List"`, `"kind":${JSON.stringify(`${kind}List`)}`);
  const document = JSON.parse(text) as OpenApiDocument;
  const given = (spec.versions ?? []).find(({ name }) => name === version)?.schema?.openAPIV3Schema as OpenApiSchema;
  const gvk = [{ group, version, kind }];
  const meta = (builtinDocument(model.document)?.components?.schemas ?? {})[LEASE]?.properties ?? {};
  const { apiVersion, kind: kindField, metadata } = Object.keys(meta).length > 0 ? meta : given.properties ?? {};
  const schema = {
    ...given,
    type: given.type ?? "object",
    properties: { ...given.properties, ...defined({ apiVersion, kind: kindField, metadata }) },
    "x-kubernetes-group-version-kind": gvk,
  };
  return withSchema(document, name, schema);
}

const LEASE = "io.k8s.api.coordination.v1.Lease";

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;
}

function withSchema(document: OpenApiDocument, name: string, schema: OpenApiSchema): OpenApiDocument {
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, [name]: schema } },
  };
}

function merged(a: OpenApiDocument, b: OpenApiDocument): OpenApiDocument {
  return {
    ...a,
    components: { ...a.components, schemas: { ...a.components?.schemas, ...b.components?.schemas } },
    paths: { ...a.paths, ...b.paths },
  };
}
