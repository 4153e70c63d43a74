/** Request bodies by their type: JSON as it is, YAML as the JSON it stands for, anything else refused. */
import { type Document, isPair, isScalar, LineCounter, parseAllDocuments, visit } from "yaml";
import { yamlWords } from "../yaml/problem.ts";
import { cannotHandle, notAnObject, unrecognized, type Wanted } from "./decode.ts";
import type { Route } from "./route.ts";
import { requestTooLarge, unknownFormat } from "./status.ts";
import type { ApiRequest, Status } from "./types.ts";

/** A request whose body is JSON, and what to warn of besides. */
export interface Readable {
  readonly request: ApiRequest;
  readonly warnings: readonly string[];
}

/** Bytes that a body may have. */
const LARGEST = 3 * 1024 * 1024;

const TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** The request with a body that can be read; patches have types of their own. */
export function readableBody(route: Route, request: ApiRequest): Readable | Status {
  const { body = "", method, contentType = "" } = request;
  if (body.length > LARGEST) return requestTooLarge(`limit is ${LARGEST}`);
  const plain = { request, warnings: [] };
  if (method === "PATCH" || method === "GET" || (method === "DELETE" && body === "")) return plain;
  const [type = ""] = contentType.toLowerCase().split(";");
  if (type.trim() === "application/yaml") return fromYaml(route, request);
  return ["", "application/json"].includes(type.trim()) ? plain : unknownFormat(TYPES);
}

function fromYaml(route: Route, request: ApiRequest): Readable | Status {
  const { body = "" } = request;
  const wanted = wantedBy(route);
  const counter = new LineCounter();
  const options = {
    version: "1.1",
    merge: true,
    uniqueKeys: false,
    lineCounter: counter,
    prettyErrors: false,
  } as const;
  const [document] = parseAllDocuments(body, options) as Document[];
  const [error] = document?.errors ?? [];
  if (error !== undefined) return unrecognized(wanted.kind, body, `yaml: ${yamlWords(error)}`);
  const value = document?.toJS() as unknown ?? {};
  if (typeof value !== "object" || Array.isArray(value)) return unrecognized(wanted.kind, body, notAnObject(value));
  const repeated = document === undefined ? [] : repeatedKeys(document, counter);
  if (repeated.length > 0 && route.query.get("fieldValidation") === "Strict") {
    return cannotHandle(wanted, `strict decoding error: yaml: unmarshal errors:\n  ${repeated.join("\n  ")}`);
  }
  const warned = route.query.get("fieldValidation") !== "Ignore";
  const json = { ...request, contentType: "application/json", body: JSON.stringify(value) };
  return { request: json, warnings: warned ? repeated : [] };
}

/** What a body posted or put there is meant to be. */
function wantedBy({ resource, subresource }: Route): Wanted {
  const part = resource.subresources.find(({ name }) => name === subresource);
  if (part === undefined || part.group === "") return resource;
  return { group: part.group, version: part.version, kind: part.kind };
}

function repeatedKeys(document: Document, counter: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const pair of map.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const { value, range } = pair.key;
        const { line } = counter.linePos(range?.[0] ?? 0);
        if (seen.has(value)) found.push(`line ${line}: key ${JSON.stringify(value)} already set in map`);
        seen.add(value);
      }
    },
  });
  return found;
}
