/** Stories of requests, played against a server: what each is answered, but for what no two servers say alike. */
import { ApiServer, type KubeObject, Store } from "../../core/kube/mod.ts";
import { kubeRoutes } from "../../http/kube/routes.ts";
import type { Held } from "../../http/pace.ts";
import { recordedServer } from "./kube_api_server.ts";

/**
 * One request of a story: its line, its body, its headers (a text: the type of the body). In them `$ns` stands for the
 * story's namespace, `$N` and `$A` for its paths, and `<-1.metadata.uid>` for what the request before was answered.
 */
export type Step = readonly [line: string, body?: unknown, headers?: string | Readonly<Record<string, string>>];

/** What a request is answered. */
export interface Answered {
  readonly code: number;
  readonly type: string;
  readonly body: unknown;
  readonly warnings: readonly string[];
}

/** Where requests go: a path, and what `fetch` takes. */
export type Send = (path: string, init: RequestInit) => Promise<Answered>;

type Json = Record<string, unknown>;

const JSON_TYPE = "application/json";

/** Plays a story in a namespace of its own. */
export async function playStory(send: Send, namespace: string, steps: readonly Step[]): Promise<Answered[]> {
  const answers: Answered[] = [];
  const headers = { accept: JSON_TYPE, "content-type": JSON_TYPE };
  const body = JSON.stringify({ metadata: { name: namespace } });
  await send("/api/v1/namespaces", { method: "POST", headers, body });
  for (const step of steps) answers.push(await ask(send, step, (text) => filledIn(text, namespace, answers)));
  return answers;
}

function ask(send: Send, [line, body, more]: Step, fill: (text: string) => string): Promise<Answered> {
  const space = line.indexOf(" ");
  const own = typeof more === "string" ? { "content-type": `application/${more}` } : more ?? {};
  const headers = { accept: JSON_TYPE, ...(body == null ? {} : { "content-type": JSON_TYPE }), ...own };
  const path = fill(line.slice(space + 1)).replaceAll(" ", "%20");
  const text = body == null ? {} : { body: fill(typeof body === "string" ? body : JSON.stringify(body)) };
  return send(path, { method: line.slice(0, space), headers, ...text });
}

function filledIn(text: string, namespace: string, answers: readonly Answered[]): string {
  const filled = text.replaceAll("$N", `/api/v1/namespaces/${namespace}`)
    .replaceAll("$A", `/apis/apps/v1/namespaces/${namespace}`).replaceAll("$ns", namespace);
  return filled.replace(/<(-?\d+)\.([^>]+)>/g, (_all, index: string, path: string) => {
    const start: unknown = answers.at(Number(index))?.body;
    return String(path.split(".").reduce((value, step) => (value as Json | undefined)?.[step], start));
  });
}

const SECONDS = 2.5;

/** An answer as it is compared; a stream as far as it comes in a while. */
export async function readAnswer(response: Response): Promise<Answered> {
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => void reader?.cancel(), SECONDS * 1000);
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
  clearTimeout(timer);
  return {
    code: response.status,
    type: response.headers.get("content-type") ?? "",
    body: parsed(text),
    warnings: warningsOf(response.headers.get("warning") ?? ""),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const lines = text.trim().split("\n");
    return lines.every((line) => line.startsWith('{"type"')) ? lines.map((line) => JSON.parse(line) as unknown) : text;
  }
}

function warningsOf(header: string): string[] {
  const parts = header.split(/, (?=299 )/).filter((part) => part !== "");
  return parts.map((part) => JSON.parse(part.replace(/^299 - /, "")) as string);
}

/** Who set which field is only said of what is applied here. */
const LEFT_OUT = ["managedFields", "description"];

const ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "U"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "T"],
  [/current: \d+/g, "current: N"],
  [/ in object meta: \d+/g, " in object meta: N"],
  [/\(\d+\)\./g, "(N)."],
  [/((?:gen|BAD)-)[a-z0-9]{5}/g, "$1XXXXX"],
  [/resourceVersion(\\*)":(\\*)"\d+/g, 'resourceVersion":"N'],
  [/,?\\*"managedFields\\*":\[\{.*?\}\]/g, ""],
];

/** A value without what no two servers say alike: names that are made up, times, versions, addresses. */
export function masked(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    if (["resourceVersion", "continue"].includes(key) && value !== "") return "R";
    if (key.startsWith("clusterIP") && /^10\.|^fd/.test(value)) return "IP";
    return ALIKE.reduce((text, [pattern, by]) => text.replace(pattern, by), value);
  }
  if (Array.isArray(value)) return value.map((item) => masked(item, key));
  if (typeof value !== "object" || value === null) return /nodePort/i.test(key) ? "P" : value;
  const kept = Object.entries(value).filter(([name]) => !LEFT_OUT.includes(name));
  return Object.fromEntries(kept.map(([name, item]) => [masked(name), masked(item, name)]));
}

/** The server here, asked over HTTP: the one of the recordings, with the namespaces and the Service it began with. */
export function serverHere(): Send {
  const server = recordedServer(new Store());
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    server.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  const door = { api: server, handle: ApiServer.prototype.handle.bind(server), missing: () => undefined };
  const labs = { get: () => ({ kube: () => door }) };
  const pace = { touch: () => {}, hold: () => () => {} };
  const app = kubeRoutes({ labs, pace } as unknown as Held);
  const kubernetes = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, targetPort: 46443 }] },
  };
  server.create(kubernetes as unknown as KubeObject);
  return async (path, init) => readAnswer(await app.fetch(new Request(`http://x/v1/labs/x/kube${path}`, init)));
}
