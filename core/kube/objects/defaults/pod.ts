import type { core } from "../object.ts";

/** A container and what containers share with init and ephemeral ones. */
export type Container = core.Container;

/** What the server fills in for a pod template's spec. */
export function defaultPodSpec(spec: core.PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  spec.dnsPolicy ??= "ClusterFirst";
  spec.securityContext ??= {};
  spec.schedulerName ??= "default-scheduler";
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined) {
    spec.serviceAccountName = spec.serviceAccount;
  }
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  spec.volumes?.forEach(defaultVolume);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    defaultContainer(container);
    if (spec.hostNetwork) container.ports?.forEach((port) => port.hostPort ??= port.containerPort);
  }
}

/** What the server fills in for a Pod of its own, beyond its spec's defaults. */
export function defaultPod(pod: { spec: core.PodSpec; status: core.PodStatus }): void {
  defaultPodSpec(pod.spec);
  pod.spec.enableServiceLinks ??= true;
  for (const container of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]) {
    defaultRequests(container);
  }
}

/** Requests default to limits, resource by resource. */
function defaultRequests({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  const missing = Object.entries(resources.limits).filter(([name]) => resources.requests?.[name] === undefined);
  if (missing.length > 0) resources.requests = { ...resources.requests, ...Object.fromEntries(missing) };
}

function defaultContainer(container: Container): void {
  container.resources ??= {};
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= isLatest(container.image ?? "") ? "Always" : "IfNotPresent";
  container.ports?.forEach((port) => port.protocol ??= "TCP");
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= "v1";
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler?.httpGet !== undefined) defaultHttpGet(handler.httpGet);
  }
}

/** An image reference: a host (it has a dot, a port or a capital letter, or is `localhost`), lower-case names, a tag, a digest. */
const IMAGE =
  /^(?:(?:localhost|(?=[^/]*[.:A-Z])[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?)\/)?(?<name>[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*)(?::(?<tag>\w[\w.-]{0,127}))?(?<digest>@.+)?$/;

/** Whether an image reference has no tag and no digest, or the tag `latest`; one that is no reference has neither. */
function isLatest(image: string): boolean {
  const { name = "", tag, digest } = IMAGE.exec(image)?.groups ?? {};
  if (name === "" || /^[0-9a-f]{64}$/.test(image)) return false;
  return tag === undefined ? digest === undefined : tag === "latest";
}

function defaultProbe(probe: core.Probe): void {
  if (probe.httpGet !== undefined) defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
}

function defaultHttpGet(get: core.HTTPGetAction): void {
  get.path ??= "/";
  get.scheme ??= "HTTP";
}

const SOURCE_DEFAULT_MODE = 0o644;

function defaultVolume(volume: core.Volume): void {
  if (volume.secret !== undefined) volume.secret.defaultMode ??= SOURCE_DEFAULT_MODE;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= SOURCE_DEFAULT_MODE;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= SOURCE_DEFAULT_MODE;
    defaultDownward(volume.downwardAPI.items);
  }
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= SOURCE_DEFAULT_MODE;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
      defaultDownward(source.downwardAPI?.items);
    }
  }
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
}

function defaultDownward(items: core.DownwardAPIVolumeFile[] | undefined): void {
  for (const item of items ?? []) if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= "v1";
}

/** The quality of service class of a pod, from its containers' requests and limits of cpu and memory. */
export function qosClass(spec: core.PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const kinds = ["cpu", "memory"];
  const asks = containers.some(({ resources }) =>
    kinds.some((kind) => !isNone(resources?.requests?.[kind]) || !isNone(resources?.limits?.[kind]))
  );
  if (!asks) return "BestEffort";
  const sure = containers.every(({ resources }) =>
    kinds.every((kind) => {
      const limit = resources?.limits?.[kind];
      return !isNone(limit) && (resources?.requests?.[kind] ?? limit) === limit;
    })
  );
  return sure ? "Guaranteed" : "Burstable";
}

function isNone(quantity: string | undefined): boolean {
  return quantity === undefined || quantity === "0";
}
