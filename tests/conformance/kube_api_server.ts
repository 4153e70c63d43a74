/** The parts of the suite that speak to the API server: rows, stories, discovery, tables. */
import { Random, VirtualClock } from "../../core/base/mod.ts";
import { type ApiRequest, type ApiResponse, ApiServer, JsonText, type KubeObject, Store } from "../../core/kube/mod.ts";
import type {
  Answer,
  Case,
  RecordedObject,
  RecordedRequest,
  RecordedTable,
  Recording,
  Row,
  Story,
} from "./kube_api_types.ts";
import { difference } from "./match.ts";

const START = Date.parse("2026-11-21T09:30:00Z");

/** A server as the recordings' was: dual stack, no ServiceAccount admission; `small` has few addresses and ports. */
export function recordedServer(
  store: Store,
  kind: "normal" | "small" = "normal",
  clock = new VirtualClock(START),
): ApiServer {
  return new ApiServer({
    store,
    clock,
    random: new Random(1),
    serviceCIDRs: kind === "small" ? ["10.96.0.0/28"] : ["10.96.0.0/12", "fd00:10:96::/112"],
    nodePorts: kind === "small" ? [30000, 30003] : [30000, 32767],
    admission: { serviceAccount: false },
    version: "v1.36.3",
    address: "https://192.168.7.10:46443",
  });
}

/** A server with nothing but the namespaces and the Service `kubernetes`. */
function freshServer(kind: "normal" | "small" = "normal"): ApiServer {
  const server = recordedServer(new Store(), kind);
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    server.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  const labels = { component: "apiserver", provider: "kubernetes" };
  server.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels },
    spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, targetPort: 46443 }] },
  } as never);
  return server;
}

function toRequest({ method, path, contentType, body }: RecordedRequest): ApiRequest {
  const text = body === undefined ? undefined : typeof body === "string" ? body : repeated(JSON.stringify(body));
  return {
    method,
    path,
    accept: "application/json",
    contentType: contentType ?? "application/json",
    ...(text === undefined ? {} : { body: text }),
  };
}

/** Long texts stand in recordings as `x repeated N times`. */
function repeated(text: string): string {
  return text.replace(
    /"(.) repeated (\d+) times"/g,
    (_all, one: string, times: string) => JSON.stringify(one.repeat(Number(times))),
  );
}

/** Rows of wrong and of small objects, one after the other on one server. */
export function rowCases(recording: Recording): Case[] {
  const server = freshServer();
  return [...recording.validation, ...recording.defaulting].map((row) => ({
    id: row.id,
    problem: playRow(server, row),
  }));
}

function playRow(server: ApiServer, row: Row): string | undefined {
  const made: string[] = [];
  let { request } = row;
  if (row.first !== undefined) {
    const collection = request.path.split("?")[0]?.replace(/\/[^/]+$/, "") ?? "";
    const first = server.handle(toRequest({ method: "POST", path: collection, body: row.first }));
    if (first.code >= 300) return `first: ${JSON.stringify(first.body)}`;
    made.push(pathOf(collection, first));
    request = { ...request, body: filled(request.body, first.body) };
  }
  const answer = server.handle(toRequest(request));
  if (answer.code === 201) made.push(pathOf(request.path, answer));
  for (const path of made) server.handle({ method: "DELETE", path, body: '{"gracePeriodSeconds":0}' });
  return compare(row.response, answer);
}

function pathOf(path: string, answer: ApiResponse): string {
  return `${path.split("?")[0]}/${(answer.body as KubeObject).metadata.name}`;
}

/** `*` in a request stands for what the first answer had. */
function filled(body: unknown, first: unknown): unknown {
  if (body === "*") return first;
  if (Array.isArray(body)) return body.map((item, index) => filled(item, (first as unknown[] | undefined)?.[index]));
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map((
      [key, value],
    ) => [key, filled(value, (first as Record<string, unknown> | undefined)?.[key])]),
  );
}

function compare(
  expected: { code: number; body?: unknown; warnings?: readonly string[] },
  answer: ApiResponse,
): string | undefined {
  const found = { code: answer.code, body: answer.body, warnings: answer.warnings };
  return difference({ code: expected.code, body: expected.body, warnings: expected.warnings ?? [] }, found);
}

/** Stories of several requests about addresses and ports: codes and messages. */
export function allocationCases({ allocation = [] }: Recording): Case[] {
  return allocation.map((story) => ({ id: story.id, problem: playStory(story) }));
}

function playStory({ steps, server: kind }: Story): string | undefined {
  const server = freshServer(kind);
  for (const [index, { request, response }] of steps.entries()) {
    const answer = server.handle(toRequest(request));
    const expected = response.body as { message?: string; details?: unknown } | undefined;
    const found = answer.body as { message?: string; details?: unknown };
    const problem = difference(
      { code: response.code, message: expected?.message, details: expected?.details },
      { code: answer.code, message: found.message, details: found.details },
    );
    if (problem !== undefined) return `step ${index} ${problem}`;
  }
  return undefined;
}

/** Left out: an answer that came from a limit of the recording's old etcd, not from the API. */
const LIMITED = ["sendInitialEvents=true&allowWatchBookmarks=true"];

/** What the server says about itself, and watches and lists. */
export function discoveryCases({ discovery = [] }: Recording): Case[] {
  const server = freshServer();
  const known = discovery.filter(({ path }) => !LIMITED.some((part) => path.includes(part)));
  return known.map((answer) => ({ id: `${answer.path} ${answer.accept}`, problem: playAnswer(server, answer) }));
}

function playAnswer(server: ApiServer, { path, accept, code, body, events }: Answer): string | undefined {
  const answer = server.handle({ method: "GET", path, accept });
  if (events !== undefined) return difference({ code, events }, { code: answer.code, events: answer.body });
  if (path.startsWith("/openapi/")) {
    return difference({ code, body: outline(body) }, { code: answer.code, body: measured(answer.body, body) });
  }
  return difference({ code, body }, { code: answer.code, body: recordedGroups(answer.body, body) });
}

/** How far a document's length may be from the recorded one's: the recorded server also names media types and features of its own. */
const LENGTH_OFF = 0.05;

/** Of a document the recording keeps its keys and its length. */
function outline(body: unknown): unknown {
  return isMeasure(body) ? body.keys : body;
}

function measured(body: unknown, expected: unknown): unknown {
  const value = body instanceof JsonText ? body.toJSON() as object : body as object;
  if (!isMeasure(expected)) {
    return onlyKnown(value as { paths?: Record<string, unknown> }, expected as { paths?: object });
  }
  const length = JSON.stringify(value).length;
  const close = Math.abs(length / expected.bytes - 1) < LENGTH_OFF || "swagger" in value;
  return close ? Object.keys(value).sort() : `${length} bytes, recorded ${expected.bytes}`;
}

function isMeasure(body: unknown): body is { bytes: number; keys: string[] } {
  return typeof body === "object" && body !== null && "bytes" in body;
}

/** Of the index only some documents were recorded. */
function onlyKnown(
  { paths = {} }: { paths?: Record<string, unknown> },
  { paths: known = {} }: { paths?: object },
): object {
  return { paths: Object.fromEntries(Object.keys(known).map((name) => [name, paths[name]])) };
}

/** Aggregated discovery was recorded for some groups only: the others are not compared. */
function recordedGroups(body: unknown, expected: unknown): unknown {
  const names = (expected as { items?: { metadata: { name?: string } }[] } | undefined)?.items?.map(({ metadata }) =>
    metadata.name
  );
  if ((expected as { kind?: string } | undefined)?.kind !== "APIGroupDiscoveryList" || names === undefined) return body;
  const items = (body as { items: { metadata: { name?: string } }[] }).items;
  const kept = names.map((name) => items.find(({ metadata }) => metadata.name === name));
  return { ...body as object, items: kept };
}

/** Every object of a recorded state, as it was. */
export function loadState(server: ApiServer, state: readonly RecordedObject[]): void {
  for (const object of state) server.store.load(object as unknown as KubeObject);
  const system = server.store.get("Namespace", "kube-system");
  for (const name of ["kube-public", "kube-node-lease"]) {
    if (system === undefined || server.store.get("Namespace", name) !== undefined) continue;
    const labels = { "kubernetes.io/metadata.name": name };
    server.store.load({ ...system, metadata: { ...system.metadata, name, labels } });
  }
}

/** Tables as the server printed them. */
export function tableCases({ scene }: Recording): Case[] {
  if (scene === undefined) return [];
  return scene.tables.map((table) => {
    const clock = new VirtualClock(table.now);
    const server = recordedServer(new Store(), "normal", clock);
    loadState(server, scene.tables_state);
    return { id: table.path, problem: playTable(server, table) };
  });
}

function playTable(server: ApiServer, table: RecordedTable): string | undefined {
  const answer = server.handle({ method: "GET", path: table.path, accept: table.accept });
  const body = answer.body as Record<string, unknown>;
  if (table.columnDefinitions === undefined) {
    return difference({ code: table.code, body: undescribed(table.body) }, {
      code: answer.code,
      body: undescribed(body),
    });
  }
  const rows = (body.rows as { cells: unknown[]; conditions?: unknown; object: KubeObject }[]).map((row) => ({
    name: row.object.metadata.name,
    cells: row.cells,
    objectKind: row.object.kind,
    ...(row.conditions === undefined ? {} : { conditions: row.conditions }),
  }));
  return difference(
    undescribed({ rows: table.rows, columnDefinitions: table.columnDefinitions }),
    undescribed({
      rows: rows.map((row, index) => roundAges(row, table.rows?.[index])),
      columnDefinitions: body.columnDefinitions,
    }),
  );
}

/** A second's difference in ages is rounding. */
function roundAges<T extends { cells: unknown[] }>(row: T, expected: { cells: readonly unknown[] } | undefined): T {
  return {
    ...row,
    cells: row.cells.map((cell, index) => (sameAge(cell, expected?.cells[index]) ? expected?.cells[index] : cell)),
  };
}

function sameAge(a: unknown, b: unknown): boolean {
  const [left, right] = [a, b].map((one) => /^(\d+)s$/.exec(String(one))?.[1]);
  return left !== undefined && right !== undefined && Math.abs(Number(left) - Number(right)) <= 1;
}

/** Descriptions of columns are documentation, and resourceVersions of lists depend on what else was written: neither is compared. */
function undescribed(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, item) => (key === "description" ? undefined : item)),
  ) as unknown;
}
