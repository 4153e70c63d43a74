/** The `log` subresource of pods: which lines, and the words of server and kubelet where there are none. */
import type { LogLine } from "../container/mod.ts";
import type { core, Pod, Status } from "../kube/mod.ts";
import type { Cluster } from "./cluster.ts";

/** Whose log; without a container's name the only one's. */
export interface LogTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/** Which lines: the query of the request. */
export interface LogQuery {
  readonly tail?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly previous?: boolean;
  readonly limitBytes?: number;
}

/** The text, or the refusal. */
export function logText(
  cluster: Cluster,
  { namespace, pod: name, container }: LogTarget,
  query: LogQuery,
): string | Status {
  const pod = cluster.pod(namespace, name);
  if (pod === undefined) return refusal(404, "NotFound", `pods "${name}" not found`);
  const names = containersOf(pod).map((one) => one.name);
  if (container === undefined && names.length > 1) {
    return badRequest(`a container name must be specified for pod ${name}, choose one of: ${listOf(pod)}`);
  }
  const wanted = container ?? names[0] ?? "";
  const others = (pod.spec.ephemeralContainers ?? []).map((one) => one.name);
  if (![...names, ...others].includes(wanted)) return badRequest(`container ${wanted} is not valid for pod ${name}`);
  const waiting = whyNone(pod, wanted, query.previous ?? false);
  if (waiting !== undefined) return badRequest(waiting);
  const lines = cluster.logOf(pod, wanted, query.previous ?? false) ?? [];
  return printLog(lines, query, cluster.world.clock.now());
}

function containersOf({ spec }: Pod): core.Container[] {
  return [...spec.containers, ...spec.initContainers ?? []];
}

function listOf({ spec }: Pod): string {
  const init = spec.initContainers ?? [];
  const main = `[${spec.containers.map(({ name }) => name).join(" ")}]`;
  return init.length === 0
    ? main
    : `${main} or one of the init containers: [${init.map(({ name }) => name).join(" ")}]`;
}

function whyNone(pod: Pod, container: string, previous: boolean): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status;
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) =>
    name === container
  );
  if (previous) {
    return status?.lastState?.terminated === undefined
      ? `previous terminated container ${JSON.stringify(container)} in pod ${
        JSON.stringify(pod.metadata.name)
      } not found`
      : undefined;
  }
  const waiting = status?.state?.waiting?.reason;
  if (waiting === undefined || status?.lastState?.terminated !== undefined) return undefined;
  const head = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  return `${head} is waiting to start: ${IMAGE_WORDS[waiting] ?? waiting}`;
}

/** The kubelet's words for an image that did not come. */
const IMAGE_WORDS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: "trying and failing to pull image",
};

/** Lines as the log shows them. */
export function printLog(lines: readonly LogLine[], query: LogQuery, now: number): string {
  const { tail, sinceSeconds, sinceTime, timestamps = false, limitBytes } = query;
  const since = sinceTime !== undefined
    ? Date.parse(sinceTime)
    : sinceSeconds === undefined
    ? -Infinity
    : now - sinceSeconds * 1000;
  const recent = lines.filter(({ time }) => time >= since);
  const last = tail === undefined || tail < 0 ? recent : recent.slice(recent.length - Math.min(tail, recent.length));
  const text = last.map((line) => printLine(line, timestamps)).join("");
  return limitBytes === undefined ? text : text.slice(0, limitBytes);
}

/** One line, with the time it was written where asked for. */
export function printLine({ time, text }: LogLine, timestamps: boolean): string {
  return timestamps ? `${new Date(time).toISOString().replace("Z", "000000Z")} ${text}\n` : `${text}\n`;
}

function badRequest(message: string): Status {
  return refusal(400, "BadRequest", message);
}

function refusal(code: number, reason: string, message: string): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}
