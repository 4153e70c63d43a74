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

/** The text of a health check: `ok`, or with `verbose` a line for each check. */
export function healthText(name: keyof typeof CHECKS, verbose: boolean): string {
  if (!verbose) return "ok";
  return `${CHECKS[name].map((check) => `[+]${check} ok\n`).join("")}${name} check passed\n`;
}
