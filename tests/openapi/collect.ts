/**
 * Writes core/kube/api/openapi/data.ts and core/kube/api/protobuf/data.ts from the sources of a Kubernetes release:
 *
 *     deno run -A tests/openapi/collect.ts KUBERNETES API APIMACHINERY
 *
 * The folders are the Go modules k8s.io/kubernetes, k8s.io/api and k8s.io/apimachinery of that release. Descriptions
 * are part of the documents, as `kubectl explain` shows them.
 */
import { encodeBase64 } from "@std/encoding";
import { deflateSync } from "fflate";
import { RESOURCES } from "../../core/kube/objects/resources.ts";

interface Document {
  readonly paths: Record<string, unknown>;
  readonly info: object;
  readonly components?: { readonly schemas?: Record<string, unknown>; readonly securitySchemes?: object };
}

const GROUP_VERSIONS = RESOURCES.split("\n").filter((line) => /^\S/.test(line));

/** The paths under which the server has documents: `api/v1`, `apis/apps`, `apis/apps/v1`, `version`. */
function documentNames(): string[] {
  const names = GROUP_VERSIONS.map((one) => one.includes("/") ? `apis/${one}` : `api/${one}`);
  const groups = names.filter((name) => name.startsWith("apis/")).map((name) => name.split("/").slice(0, 2).join("/"));
  return [...new Set(["api", "apis", "version", ...names, ...groups])].sort();
}

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema };

/**
 * Enumerations, which the documents in the repository lack and a server has: from the generated Go source, property by property,
 * with the description that lists their meanings.
 */
function addEnums(schemas: Record<string, Schema>, source: string): void {
  let [type, property, description, inItems] = ["", "", "", false];
  for (const line of source.split("\n")) {
    const func = /^func schema_(\w+)\(/.exec(line);
    const named = /^\t{5}"([^"]+)": \{$/.exec(line);
    const says = /^\t+Description: +("(?:[^"\\]|\\.)*"),$/.exec(line);
    const list = /^\t+Enum: +\[\]interface\{\}\{(.*)\},$/.exec(line);
    if (func !== null) type = typeName(func[1] as string);
    else if (named !== null) [property, description, inItems] = [named[1] as string, "", false];
    else if (/^\t+Items: /.test(line)) inItems = true;
    else if (says !== null) description = JSON.parse(says[1] as string) as string;
    else if (list !== null) {
      const found = schemas[type]?.properties?.[property];
      if (found === undefined) continue;
      (inItems ? found.items as Schema : found)["enum"] = JSON.parse(`[${list[1]}]`);
      if (description !== "") found["description"] = description;
    }
  }
}

/** `k8sio_api_core_v1_PodSpec` is `io.k8s.api.core.v1.PodSpec`. */
function typeName(func: string): string {
  return func.replace(/^k8sio_/, "io.k8s.").replace(/^pkg_apis_/, "io.k8s.apimachinery.pkg.apis.").replaceAll("_", ".");
}

function collectDocuments(folder: string): object {
  const schemas: Record<string, Schema> = {};
  const documents: Record<string, unknown> = {};
  let common = {};
  for (const name of documentNames()) {
    const file = `${folder}/api/openapi-spec/v3/${name.replaceAll("/", "__")}_openapi.json`;
    const { paths, components, info } = JSON.parse(Deno.readTextFileSync(file)) as Document;
    for (const [key, schema] of Object.entries(components?.schemas ?? {})) {
      schemas[key] ??= schema as Schema;
    }
    documents[name] = { paths, schemas: Object.keys(components?.schemas ?? {}) };
    common = { info, securitySchemes: components?.securitySchemes };
  }
  addEnums(schemas, Deno.readTextFileSync(`${folder}/pkg/generated/openapi/zz_generated.openapi.go`));
  return { ...common, schemas, documents };
}

const WORTH = 40;

/** The value with every larger part that occurs twice as `{"@": number}`, and those parts in order, each only with earlier ones in it. */
function share(value: unknown): { readonly parts: unknown[]; readonly value: unknown } {
  const counts = new Map<string, number>();
  const count = (one: unknown): void => {
    if (typeof one !== "object" || one === null) return;
    const text = JSON.stringify(one);
    const seen = counts.get(text) ?? 0;
    counts.set(text, seen + 1);
    if (seen === 0) Object.values(one).forEach(count);
  };
  count(value);
  const parts: unknown[] = [];
  const numbers = new Map<string, number>();
  const inner = (one: object): unknown =>
    Array.isArray(one)
      ? one.map(pack)
      : Object.fromEntries(Object.entries(one).map(([key, item]) => [key, pack(item)]));
  const pack = (one: unknown): unknown => {
    if (typeof one !== "object" || one === null) return one;
    const text = JSON.stringify(one);
    if (text.length < WORTH || (counts.get(text) ?? 0) < 2) return inner(one);
    const known = numbers.get(text);
    if (known !== undefined) return { "@": known };
    const packed = inner(one);
    numbers.set(text, parts.length);
    parts.push(packed);
    return { "@": parts.length - 1 };
  };
  return { value: pack(value), parts };
}

const MODULES = [
  [
    "api",
    "admissionregistration/v1",
    "apps/v1",
    "authentication/v1",
    "authorization/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
  ],
  [
    "api",
    "certificates/v1",
    "coordination/v1",
    "core/v1",
    "discovery/v1",
    "events/v1",
    "flowcontrol/v1",
    "networking/v1",
  ],
  ["api", "node/v1", "policy/v1", "rbac/v1", "resource/v1", "scheduling/v1", "storage/v1"],
  ["apimachinery", "pkg/apis/meta/v1", "pkg/runtime", "pkg/api/resource", "pkg/util/intstr"],
] as const;

/** Messages as lines: `PACKAGE.NAME` then `  NUMBER FIELD TYPE` with `*` behind repeated and `map` types as `KEY:VALUE`. */
function collectMessages(folders: Readonly<Record<string, string>>): string {
  return MODULES.flatMap(([module, ...paths]) =>
    paths.map((path) => messagesOf(Deno.readTextFileSync(`${folders[module]}/${path}/generated.proto`)))
  ).join("");
}

function messagesOf(text: string): string {
  const space = (/^package (.*);/m.exec(text)?.[1] ?? "").replace(/^k8s\.io\./, "");
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const message = /^message (\w+)/.exec(line);
    if (message !== null) lines.push(`${space}.${message[1]}`);
    const field = /^ {2}(?:(optional|repeated) )?(map<(.*), (.*)>|[\w.]+) (\w+) = (\d+);/.exec(line);
    if (field === null) continue;
    const [, how, plain = "", key, value = "", name = "", number] = field;
    const type = key === undefined ? full(plain, space) : `${key}:${full(value, space)}`;
    lines.push(`  ${number} ${name} ${type}${how === "repeated" ? "*" : ""}`);
  }
  return `${lines.join("\n")}\n`;
}

const SCALARS = ["string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double"];

function full(type: string, space: string): string {
  if (SCALARS.includes(type)) return type;
  return type.includes(".") ? type.replace(/^\.?k8s\.io\./, "") : `${space}.${type}`;
}

function write(
  path: string,
  { name, says, text }: { readonly name: string; readonly says: string; readonly text: string },
): void {
  const packed = encodeBase64(deflateSync(new TextEncoder().encode(text), { level: 9, mem: 12 }));
  const lines = packed.match(/.{1,4000}/g) ?? [];
  Deno.writeTextFileSync(
    path,
    `/** ${says}, deflated, in base64. Made by tests/openapi/collect.ts. */\nexport const ${name} =\n  "${
      lines.join('" +\n  "')
    }";\n`,
  );
  console.log(`${path}: ${text.length} characters, ${packed.length} packed`);
}

const [kubernetes = "", api = "", apimachinery = ""] = Deno.args;
write("core/kube/api/openapi/data.ts", {
  name: "DOCUMENTS",
  says: "The OpenAPI documents of the API server 1.36.3",
  text: JSON.stringify(share(collectDocuments(kubernetes))),
});
write("core/kube/api/protobuf/data.ts", {
  name: "MESSAGES",
  says: "The protobuf messages of the API server 1.36.3",
  text: collectMessages({ api, apimachinery }),
});
