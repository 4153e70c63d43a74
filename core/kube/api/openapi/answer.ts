/** `/openapi/v3`, its documents, and `/openapi/v2`. */
import type { Store } from "../../store/store.ts";
import type { ApiRequest, ApiResponse } from "../types.ts";
import { customDocuments } from "./custom.ts";
import { builtinDocument, documentNames, type OpenApiDocument } from "./documents.ts";
import { openApiV2 } from "./v2.ts";
import { openApiV2Protobuf } from "./v2_protobuf.ts";

/** As clients ask for it, and as the server names it: `@` may not stand in a media type. */
const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V2_PROTOBUF_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const texts = new Map<string, string>();
let protobuf: Uint8Array<ArrayBuffer> | undefined;

/** The answer to a path under `/openapi/`; undefined where there is nothing. */
export function openApiAnswer(store: Store, path: string, { accept = "" }: ApiRequest): ApiResponse | undefined {
  if (path === "/openapi/v2") return v2(accept);
  if (path === "/openapi/v3" || path === "/openapi/v3/") return index(store);
  const name = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1] ?? "";
  const custom = customDocuments(store).get(name);
  if (custom !== undefined) return document(JSON.stringify(custom));
  const text = builtinText(name);
  return text === undefined ? undefined : document(text);
}

function v2(accept: string): ApiResponse {
  if (accept.split(",").every((one) => one.trim().startsWith(V2_PROTOBUF))) {
    protobuf ??= openApiV2Protobuf();
    return { code: 200, contentType: V2_PROTOBUF_TYPE, body: protobuf, warnings: [] };
  }
  const text = texts.get("v2") ?? JSON.stringify(openApiV2());
  texts.set("v2", text);
  return document(text);
}

function document(text: string): ApiResponse {
  return { code: 200, contentType: "application/json", body: new JsonText(text), warnings: [], etag: true };
}

/** JSON that is text already; it is parsed only where somebody wants the value. */
export class JsonText {
  constructor(readonly text: string) {}

  /** The value: what JSON.stringify writes. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

function builtinText(name: string): string | undefined {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const found = builtinDocument(name);
  if (found === undefined) return undefined;
  const text = goText(found);
  texts.set(name, text);
  return text;
}

/** JSON as Go writes it: `<`, `>` and `&` escaped. */
function goText(value: OpenApiDocument): string {
  const escapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  return JSON.stringify(value).replace(/[<>&]/g, (one) => escapes[one] as string);
}

function index(store: Store): ApiResponse {
  const custom = customDocuments(store);
  const names = [...new Set([...documentNames(), ...custom.keys()])].sort();
  const entries = names.map((name) => {
    const text = custom.has(name) ? JSON.stringify(custom.get(name)) : builtinText(name) ?? "";
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hashOf(text)}` }];
  });
  return {
    code: 200,
    contentType: "application/json",
    body: { paths: Object.fromEntries(entries) },
    warnings: [],
    etag: true,
  };
}

const hashes = new Map<string, string>();

/** A hash that changes with the text: FNV-1a over four lanes, as 32 hexadecimal digits. */
function hashOf(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const lanes = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  for (let at = 0; at < text.length; at++) {
    const lane = at & 3;
    lanes[lane] = Math.imul((lanes[lane] as number) ^ text.charCodeAt(at), 0x01000193);
  }
  const hash = lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("").toUpperCase();
  hashes.set(text, hash);
  return hash;
}
