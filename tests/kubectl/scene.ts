/**
 * The recorded scene (`../shared/vectors/kubeapi.json`) served by our handlers for a real kubectl: the recorded objects and
 * controllers, without kubelets, as many seconds ago as they were.
 */
import { Hono } from "hono";
import { requireCidr, VirtualClock } from "../../core/base/mod.ts";
import { type ApiRequest, ControllerManager, CONTROLLERS, Store } from "../../core/kube/mod.ts";
import { kubeconfig } from "../../http/mod.ts";
import { kubeRoutes } from "../../http/kube/routes.ts";
import type { Held } from "../../http/pace.ts";
import { LEFT_OUT, RAN } from "../conformance/kube_api_kubectl.ts";
import { loadState, recordedServer } from "../conformance/kube_api_server.ts";
import type { RecordedCommand, Scene } from "../conformance/kube_api_types.ts";
import { glob } from "../conformance/match.ts";
import { type Answered, runKubectl } from "./real.ts";

/** The recorder's own port. */
const RECORDED_PORT = "127.0.0.1:18001";

/** Types the scene's commands; gives those that answer differently, with what differs. */
export async function playScene(kubectl: string, scene: Scene): Promise<{ equal: number; different: string[] }> {
  const shift = Math.ceil((Date.now() - (scene.kubectl[0]?.now ?? 0)) / 1000) * 1000;
  const { port, close } = serveScene(shifted(scene.state, shift));
  const home = await Deno.makeTempDir({ prefix: "podwire-scene-" });
  await Deno.writeTextFile(`${home}/config`, kubeconfig(`http://127.0.0.1:${port}/v1/labs/scene/kube`, "scene"));
  const different: string[] = [];
  let equal = 0;
  try {
    for (const command of scene.kubectl.filter((one) => !isLeftOut(one))) {
      const got = await type(kubectl, home, command);
      const wanted = shifted(command, shift);
      const place = { home, server: `127.0.0.1:${port}/v1/labs/scene/kube` };
      const found = differences(wanted, got, place);
      if (found === undefined) equal++;
      else different.push(`kubectl ${command.args.join(" ")}\n${found}`);
    }
  } finally {
    await close();
    await Deno.remove(home, { recursive: true });
  }
  return { equal, different };
}

const isLeftOut = ({ args }: RecordedCommand): boolean => LEFT_OUT.some(([word]) => args[0] === word);

function type(kubectl: string, home: string, { args, stdin }: RecordedCommand): Promise<Answered> {
  const env = { HOME: home, KUBECONFIG: `${home}/config`, TZ: "UTC" };
  return runKubectl(kubectl, args, { env, ...(stdin === undefined ? {} : { stdin }) });
}

function serveScene(state: Scene["state"]): { readonly port: number; close(): Promise<void> } {
  const clock = new VirtualClock(Date.now());
  const api = recordedServer(new Store(), "normal", clock);
  loadState(api, state);
  const controllers = RAN.map((name) => CONTROLLERS[name]).filter((one) => one !== undefined);
  const manager = new ControllerManager(api, { podCIDRs: [requireCidr("10.244.0.0/16")] }, controllers);
  const door = {
    api,
    handle(request: ApiRequest) {
      clock.advance(Math.max(clock.now(), Date.now()));
      const response = api.handle(request);
      // Controllers hear of it a moment later, as they do.
      if (request.method !== "GET") setTimeout(() => manager.settle(), 5);
      return response;
    },
    log: ({ namespace, pod, container }: Record<string, string>, query: Record<string, unknown>) =>
      `asked the kubelet: /containerLogs/${namespace}/${pod}/${container}${kubeletQuery(query)}\n`,
  };
  const held = { labs: { get: () => ({ kube: () => door }) }, pace: { touch() {}, hold: () => () => {} } };
  const app = new Hono().route("/", kubeRoutes(held as unknown as Held));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);
  return { port: server.addr.port, close: () => server.shutdown() };
}

/** What the API server asks a kubelet for. */
function kubeletQuery({ sinceSeconds, tail, timestamps }: Record<string, unknown>): string {
  const words = [
    ...(sinceSeconds === undefined ? [] : [`sinceSeconds=${sinceSeconds}`]),
    ...(tail === undefined ? [] : [`tailLines=${tail}`]),
    ...(timestamps === true ? ["timestamps=true"] : []),
  ];
  return words.length === 0 ? "" : `?${words.join("&")}`;
}

const RFC3339 = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
const PLAIN = /20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g;
const RFC1123 = /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000/g;

/** The same value with every time so many milliseconds later. */
function shifted<T>(value: T, shift: number): T {
  const later = (text: string): Date => new Date(Date.parse(text) + shift);
  const text = JSON.stringify(value)
    .replace(RFC3339, (time) => later(time).toISOString().replace(/\.\d+Z$/, "Z"))
    .replace(
      PLAIN,
      (time) => later(time.replace(" UTC", "")).toISOString().replace("T", " ").replace(/\.\d+Z$/, " +0000 UTC"),
    )
    .replace(RFC1123, (time) => later(time).toUTCString().replace("GMT", "+0000"));
  return JSON.parse(text) as T;
}

function differences(
  wanted: RecordedCommand,
  got: Answered,
  { home, server }: { readonly home: string; readonly server: string },
): string | undefined {
  const own = (text: string): string => text.replaceAll(server, RECORDED_PORT).replaceAll(home, "HOME");
  if (got.exit !== wanted.exit) return `  exit ${got.exit}, expected ${wanted.exit}\n${own(got.stdout + got.stderr)}`;
  for (const what of ["stdout", "stderr"] as const) {
    const [left, right] = [comparable(wanted[what]), comparable(own(got[what]))];
    if (left === right || glob(left).test(right)) continue;
    const [a, b] = [left.split("\n"), right.split("\n")];
    const at = a.findIndex((line, n) => line !== b[n] && !glob(line).test(b[n] ?? ""));
    return `  ${what} line ${at + 1}\n    expected ${JSON.stringify(a[at])}\n    got      ${JSON.stringify(b[at])}`;
  }
  return undefined;
}

/** Ages and what they do to the width of columns are not compared, nor the names of `diff`'s folders and its times. */
function comparable(text: string): string {
  return text
    .replace(/^((?:---|\+\+\+) \S+).*$/gm, "$1")
    .replace(/\/?(?:tmp\/)?(LIVE|MERGED)-[*\d]+/g, "$1")
    .replace(/\b(?:\d+[dhms]){1,2}\b/g, "AGE")
    .replace(/ {2,}/g, " ");
}
