/** Containers, volumes and templates in descriptions. */
import type { core } from "../../kube/mod.ts";
import { annotationLines, labelLines, longTime } from "./common.ts";
import type { Writer } from "./writer.ts";

/** What containers are described with: their statuses, and values of fields their environment refers to. */
export interface ContainerContext {
  readonly statuses?: readonly core.ContainerStatus[];
  fieldValue?(path: string): string;
  /** Two blanks within a template. */
  readonly space: string;
}

/** `Containers:` and everything below. */
export function containerLines(
  writer: Writer,
  label: string,
  containers: readonly core.Container[],
  context: ContainerContext,
): void {
  writer.line(`${context.space}${label}:`);
  for (const container of containers) {
    const status = context.statuses?.find(({ name }) => name === container.name);
    basics(writer, container, status, context.space);
    commandLines(writer, "Command", container.command);
    commandLines(writer, "Args", container.args);
    if (status !== undefined) stateLines(writer, status);
    resourceLines(writer, container.resources ?? {});
    probeLines(writer, container);
    envFromLines(writer, container.envFrom ?? []);
    envLines(writer, container, context);
    mountLines(writer, container.volumeMounts ?? []);
  }
}

function basics(
  writer: Writer,
  container: core.Container,
  status: core.ContainerStatus | undefined,
  space: string,
): void {
  writer.line(`${space === "" ? "" : " "}${container.name}:`, 1);
  if (status !== undefined) writer.line(`Container ID:\t${status.containerID ?? ""}`, 2);
  writer.line(`Image:\t${container.image ?? ""}`, 2);
  if (status !== undefined) writer.line(`Image ID:\t${status.imageID ?? ""}`, 2);
  const ports = (container.ports ?? []).map((port) => named(`${port.containerPort}/${port.protocol}`, port.name));
  const hosts = (container.ports ?? []).map((port) => named(`${port.hostPort ?? 0}/${port.protocol}`, port.name));
  writer.line(`${ports.length > 1 ? "Ports" : "Port"}:\t${ports.join(", ") || "<none>"}`, 2);
  writer.line(`${hosts.length > 1 ? "Host Ports" : "Host Port"}:\t${hosts.join(", ") || "<none>"}`, 2);
}

function named(text: string, name: string | undefined): string {
  return name ? `${text} (${name})` : text;
}

function commandLines(writer: Writer, title: string, words: readonly string[] = []): void {
  if (words.length === 0) return;
  writer.line(`${title}:`, 2);
  for (const word of words) for (const line of word.split("\n")) writer.line(line, 3);
}

function stateLines(writer: Writer, status: core.ContainerStatus): void {
  oneState(writer, "State", status.state ?? {});
  if (status.lastState?.terminated !== undefined) oneState(writer, "Last State", status.lastState);
  writer.line(`Ready:\t${status.ready ? "True" : "False"}`, 2);
  writer.line(`Restart Count:\t${status.restartCount}`, 2);
}

function oneState(writer: Writer, title: string, { running, waiting, terminated }: core.ContainerState): void {
  if (running !== undefined) {
    writer.line(`${title}:\tRunning`, 2);
    writer.line(`Started:\t${longTime(running.startedAt)}`, 3);
  } else if (terminated !== undefined) {
    writer.line(`${title}:\tTerminated`, 2);
    if (terminated.reason) writer.line(`Reason:\t${terminated.reason}`, 3);
    if (terminated.message) writer.line(`Message:\t${terminated.message}`, 3);
    writer.line(`Exit Code:\t${terminated.exitCode}`, 3);
    if (terminated.signal) writer.line(`Signal:\t${terminated.signal}`, 3);
    writer.line(`Started:\t${longTime(terminated.startedAt)}`, 3);
    writer.line(`Finished:\t${longTime(terminated.finishedAt)}`, 3);
  } else {
    writer.line(`${title}:\tWaiting`, 2);
    if (waiting?.reason) writer.line(`Reason:\t${waiting.reason}`, 3);
  }
}

function resourceLines(writer: Writer, { limits = {}, requests = {} }: core.ResourceRequirements): void {
  for (const [title, list] of [["Limits", limits], ["Requests", requests]] as const) {
    const names = Object.keys(list).sort();
    if (names.length > 0) writer.line(`${title}:`, 2);
    for (const name of names) writer.line(`${name}:\t${list[name]}`, 3);
  }
}

function probeLines(writer: Writer, { livenessProbe, readinessProbe, startupProbe }: core.Container): void {
  const probes = [["Liveness", livenessProbe], ["Readiness", readinessProbe], ["Startup", startupProbe]] as const;
  for (const [title, probe] of probes) if (probe !== undefined) writer.line(`${title}:\t${probeText(probe)}`, 2);
}

function probeText(probe: core.Probe): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 0, periodSeconds = 0, successThreshold = 0, failureThreshold = 0 } =
    probe;
  const attributes = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s ` +
    `#success=${successThreshold} #failure=${failureThreshold}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(" ")}] ${attributes}`;
  if (httpGet !== undefined) {
    const { scheme = "HTTP", host = "", port, path = "" } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path} ${attributes}`;
  }
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port} ${attributes}`;
  if (grpc !== undefined) return `grpc <pod>:${grpc.port} ${grpc.service ?? ""} ${attributes}`;
  return `unknown ${attributes}`;
}

function envFromLines(writer: Writer, sources: readonly core.EnvFromSource[]): void {
  if (sources.length === 0) return;
  writer.line("Environment Variables from:", 2);
  for (const { prefix, configMapRef, secretRef } of sources) {
    const [kind, ref] = configMapRef === undefined ? ["Secret", secretRef] : ["ConfigMap", configMapRef];
    const from = prefix ? `${kind} with prefix '${prefix}'` : kind;
    writer.line(`${ref?.name ?? ""}\t${from}\tOptional: ${ref?.optional === true}`, 3);
  }
}

function envLines(writer: Writer, { env = [], resources }: core.Container, context: ContainerContext): void {
  writer.line(`Environment:${env.length === 0 ? "\t<none>" : ""}`, 2);
  for (const { name, value = "", valueFrom } of env) {
    if (valueFrom === undefined) {
      value.split("\n").forEach((line, index) => writer.line(`${index === 0 ? `${name}:` : ""}\t${line}`, 3));
    } else if (valueFrom.fieldRef !== undefined) {
      const { fieldPath, apiVersion } = valueFrom.fieldRef;
      writer.line(`${name}:\t${context.fieldValue?.(fieldPath) ?? ""} (${apiVersion}:${fieldPath})`, 3);
    } else if (valueFrom.resourceFieldRef !== undefined) {
      const { resource } = valueFrom.resourceFieldRef;
      const [part = "", key = ""] = resource.split(".");
      const found = part === "limits" ? resources?.limits?.[key] : resources?.requests?.[key];
      writer.line(`${name}:\t${found ?? (part === "limits" ? "node allocatable" : "0")} (${resource})`, 3);
    } else if (valueFrom.secretKeyRef !== undefined) {
      const { key, name: secret, optional } = valueFrom.secretKeyRef;
      writer.line(`${name}:\t<set to the key '${key}' in secret '${secret}'>\tOptional: ${optional === true}`, 3);
    } else if (valueFrom.configMapKeyRef !== undefined) {
      const { key, name: map, optional } = valueFrom.configMapKeyRef;
      writer.line(`${name}:\t<set to the key '${key}' of config map '${map}'>\tOptional: ${optional === true}`, 3);
    }
  }
}

function mountLines(writer: Writer, mounts: readonly core.VolumeMount[]): void {
  writer.line(`Mounts:${mounts.length === 0 ? "\t<none>" : ""}`, 2);
  const sorted = [...mounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  for (const { mountPath, name, readOnly, subPath } of sorted) {
    const flags = [readOnly ? "ro" : "rw", ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    writer.line(`${mountPath} from ${name} (${flags.join(",")})`, 3);
  }
}

/** `Volumes:` and everything below. */
export function volumeLines(writer: Writer, volumes: readonly core.Volume[] = [], space = ""): void {
  if (volumes.length === 0) return writer.line(`${space}Volumes:\t<none>`);
  writer.line(`${space}Volumes:`);
  for (const volume of volumes) {
    writer.line(`${space === "" ? "" : " "}${volume.name}:`, 1);
    for (const line of sourceLines(volume)) writer.line(line, 2);
  }
}

function sourceLines(volume: core.Volume): string[] {
  const { hostPath, emptyDir, secret, configMap, persistentVolumeClaim: claim, projected, downwardAPI } = volume;
  if (hostPath !== undefined) {
    const type = hostPath.type ?? "<none>";
    return ["Type:\tHostPath (bare host directory volume)", `Path:\t${hostPath.path}`, `HostPathType:\t${type}`];
  }
  if (emptyDir !== undefined) {
    const size = emptyDir.sizeLimit ?? "<unset>";
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${emptyDir.medium ?? ""}`,
      `SizeLimit:\t${size}`,
    ];
  }
  if (secret !== undefined) {
    const optional = `Optional:\t${secret.optional === true}`;
    return ["Type:\tSecret (a volume populated by a Secret)", `SecretName:\t${secret.secretName}`, optional];
  }
  if (configMap !== undefined) {
    const optional = `Optional:\t${configMap.optional === true}`;
    return ["Type:\tConfigMap (a volume populated by a ConfigMap)", `Name:\t${configMap.name}`, optional];
  }
  if (claim !== undefined) {
    const type = "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
    return [type, `ClaimName:\t${claim.claimName}`, `ReadOnly:\t${claim.readOnly === true}`];
  }
  if (projected !== undefined) return projectedLines(projected);
  if (downwardAPI !== undefined) {
    const items = (downwardAPI.items ?? []).map(({ path, fieldRef, resourceFieldRef }) =>
      `  ${fieldRef?.fieldPath ?? resourceFieldRef?.resource} -> ${path}`
    );
    return ["Type:\tDownwardAPI (a volume populated by information about the pod)", "Items:", ...items];
  }
  return ["<unknown>"];
}

function projectedLines({ sources = [] }: core.ProjectedVolumeSource): string[] {
  const type = "Type:\tProjected (a volume that contains injected data from multiple sources)";
  return [
    type,
    ...sources.flatMap(({ secret, downwardAPI, configMap, serviceAccountToken }) => {
      if (secret !== undefined) return [`SecretName:\t${secret.name}`, `Optional:\t${secret.optional === true}`];
      if (downwardAPI !== undefined) return ["DownwardAPI:\ttrue"];
      if (configMap !== undefined) {
        return [`ConfigMapName:\t${configMap.name}`, `Optional:\t${configMap.optional === true}`];
      }
      return serviceAccountToken === undefined
        ? []
        : [`TokenExpirationSeconds:\t${serviceAccountToken.expirationSeconds}`];
    }),
  ];
}

/** `Tolerations:`, by key. */
export function tolerationLines(writer: Writer, title: string, tolerations: readonly core.Toleration[] = []): void {
  if (tolerations.length === 0) return writer.line(`${title}:\t<none>`);
  const sorted = [...tolerations].sort((
    a,
    b,
  ) => ((a.key ?? "") < (b.key ?? "") ? -1 : (a.key ?? "") > (b.key ?? "") ? 1 : 0));
  sorted.forEach((one, index) => writer.line(`${index === 0 ? `${title}:` : ""}\t${tolerationText(one)}`));
}

function tolerationText({ key = "", value = "", effect = "", operator, tolerationSeconds }: core.Toleration): string {
  const head = `${key}${value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;
  const exists = operator === "Exists" && value === "" ? (head === "" ? "op=Exists" : " op=Exists") : "";
  return `${head}${exists}${tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`}`;
}

/** `Topology Spread Constraints:`, where there are any. */
export function spreadLines(
  writer: Writer,
  constraints: readonly core.TopologySpreadConstraint[] = [],
  space = "",
): void {
  if (constraints.length === 0) return;
  const sorted = [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  sorted.forEach(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, index) => {
    const labels = Object.entries(labelSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`).join(",");
    const title = index === 0 ? `${space}Topology Spread Constraints:` : "";
    writer.line(
      `${title}\t${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${
        labels === "" ? "" : ` for selector ${labels}`
      }`,
    );
  });
}

/** `Pod Template:` and everything below. */
export function templateLines(writer: Writer, template: core.PodTemplateSpec | undefined): void {
  writer.line("Pod Template:");
  const { metadata, spec } = template ?? {};
  labelLines(writer, "  Labels", metadata?.labels);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) {
    annotationLines(writer, "  Annotations", metadata?.annotations);
  }
  if (spec?.serviceAccountName) writer.line(`Service Account:\t${spec.serviceAccountName}`, 1);
  if ((spec?.initContainers ?? []).length > 0) {
    containerLines(writer, "Init Containers", spec?.initContainers ?? [], { space: "  " });
  }
  containerLines(writer, "Containers", spec?.containers ?? [], { space: "  " });
  volumeLines(writer, spec?.volumes, "  ");
  spreadLines(writer, spec?.topologySpreadConstraints, "  ");
  if (spec?.priorityClassName) writer.line(`Priority Class Name:\t${spec.priorityClassName}`, 1);
  labelLines(writer, "  Node-Selectors", spec?.nodeSelector);
  tolerationLines(writer, "  Tolerations", spec?.tolerations);
}
