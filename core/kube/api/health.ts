import type { ApiResponse } from "./types.ts";

/** The server's health checks by name, in the order in which it lists them. */
const START_HOOKS = [
  "start-apiserver-admission-initializer",
  "generic-apiserver-start-informers",
  "priority-and-fairness-config-consumer",
  "priority-and-fairness-filter",
  "storage-object-count-tracker-hook",
  "start-apiextensions-informers",
  "start-apiextensions-controllers",
  "crd-informer-synced",
  "start-system-namespaces-controller",
  "peer-endpoint-reconciler-controller",
  "start-cluster-authentication-info-controller",
  "start-kube-apiserver-identity-lease-controller",
  "start-kube-apiserver-identity-lease-garbage-collector",
  "storage-readiness",
  "start-legacy-token-tracking-controller",
  "start-service-ip-repair-controllers",
  "scheduling/bootstrap-system-priority-classes",
  "priority-and-fairness-config-producer",
  "bootstrap-controller",
  "start-kubernetes-service-cidr-controller",
  "start-kube-aggregator-informers",
  "apiservice-status-local-available-controller",
  "apiservice-status-remote-available-controller",
  "apiservice-registration-controller",
  "apiservice-discovery-controller",
  "kube-apiserver-autoregistration",
].map((name) => `poststarthook/${name}`);

const END = [
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
];

/** The checks behind `/healthz`, `/livez` and `/readyz`. */
export const CHECKS: Readonly<Record<"healthz" | "livez" | "readyz", readonly string[]>> = {
  healthz: ["ping", "log", "loopback-serving-certificate", "etcd", ...START_HOOKS, ...END],
  livez: ["ping", "log", "loopback-serving-certificate", "etcd", ...START_HOOKS, ...END],
  readyz: ["ping", "log", "etcd", "etcd-readiness", "informer-sync", ...START_HOOKS, ...END, "shutdown"],
};

/** The answer of `/livez`, `/readyz`, `/healthz`, and of one of their checks; undefined for other paths. */
export function healthAnswer(path: string, query: URLSearchParams): ApiResponse | undefined {
  const [, name = "", check] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? [];
  const checks = CHECKS[name as keyof typeof CHECKS];
  if (checks === undefined || (check !== undefined && !checks.includes(check))) return undefined;
  const body = check === undefined && query.has("verbose") ? verboseText(name, checks, query.getAll("exclude")) : "ok";
  return { code: 200, contentType: "text/plain; charset=utf-8", body, warnings: [] };
}

/** A line for each check. */
function verboseText(name: string, checks: readonly string[], excluded: readonly string[]): string {
  const lines = checks.map((check) => `[+]${check} ${excluded.includes(check) ? "excluded: " : ""}ok\n`);
  const unknown = excluded.filter((one) => !checks.includes(one)).map((one) => JSON.stringify(one));
  const warning = unknown.length === 0
    ? ""
    : `warn: some health checks cannot be excluded: no matches for ${unknown.join(", ")}\n`;
  return `${lines.join("")}${warning}${name} check passed\n`;
}
