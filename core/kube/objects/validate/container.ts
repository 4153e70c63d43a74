import { duplicate, forbidden, invalid, type Issue, required, unsupported } from "../issue.ts";
import type { core } from "../object.ts";
import { nanoOf } from "../quantity.ts";
import { check, dns1123Label, envVarName, nonNegative, portName, portNumber, portNumberOrName } from "./names.ts";

const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

/** What containers of a pod may refer to. */
export interface ContainerContext {
  readonly volumes: ReadonlySet<string>;
}

/** What is wrong with a pod's containers. */
export function containersIssues(
  field: string,
  containers: readonly core.Container[],
  context: ContainerContext,
): Issue[] {
  if (containers.length === 0) return [required(field)];
  const names = new Set<string>();
  const issues = containers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const found = commonIssues(at, container, context);
    if (names.has(container.name)) found.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    return [...found, ...probesIssues(at, container)];
  });
  return [...issues, ...hostPortIssues(field, containers)];
}

/** What is wrong with a pod's init containers; those that restart always are sidecars. */
export function initContainersIssues(
  field: string,
  containers: readonly core.Container[],
  regular: readonly core.Container[],
  context: ContainerContext,
): Issue[] {
  const names = new Set(regular.map(({ name }) => name));
  return containers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const issues = commonIssues(at, container, context);
    const sidecar = container.restartPolicy === "Always";
    if (names.has(container.name)) issues.push(duplicate(`${at}.name`, container.name));
    else if (container.name !== "") names.add(container.name);
    issues.push(...hostPortIssues(field, [container]));
    return [...issues, ...(sidecar ? probesIssues(at, container) : noProbes(at, container))];
  });
}

function noProbes(at: string, container: core.Container): Issue[] {
  const detail = "may not be set for init containers without restartPolicy=Always";
  return (["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const).flatMap((name) =>
    container[name] === undefined ? [] : [forbidden(`${at}.${name}`, detail)]
  );
}

function commonIssues(at: string, container: core.Container, context: ContainerContext): Issue[] {
  const issues = container.name === "" ? [required(`${at}.name`)] : check(`${at}.name`, container.name, dns1123Label);
  if ((container.image ?? "") === "") issues.push(required(`${at}.image`));
  const policy = container.terminationMessagePolicy ?? "";
  if (!["File", "FallbackToLogsOnError"].includes(policy)) {
    issues.push(unsupported(`${at}.terminationMessagePolicy`, policy, ["File", "FallbackToLogsOnError"]));
  }
  issues.push(...portsIssues(`${at}.ports`, container.ports ?? []));
  issues.push(...envIssues(`${at}.env`, container.env ?? []));
  issues.push(...envFromIssues(`${at}.envFrom`, container.envFrom ?? []));
  issues.push(...mountIssues(`${at}.volumeMounts`, container.volumeMounts ?? [], context));
  const pull = container.imagePullPolicy ?? "";
  if (!PULL_POLICIES.includes(pull)) issues.push(unsupported(`${at}.imagePullPolicy`, pull, PULL_POLICIES));
  return [...issues, ...resourceIssues(`${at}.resources`, container.resources ?? {})];
}

function portsIssues(field: string, ports: readonly core.ContainerPort[]): Issue[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const issues: Issue[] = [];
    if (port.name) {
      const wrong = check(`${at}.name`, port.name, portName);
      issues.push(...wrong);
      if (wrong.length === 0 && names.has(port.name)) issues.push(duplicate(`${at}.name`, port.name));
      else if (wrong.length === 0) names.add(port.name);
    }
    if (port.containerPort === 0) issues.push(required(`${at}.containerPort`));
    else issues.push(...portNumber(`${at}.containerPort`, port.containerPort));
    if (port.hostPort) issues.push(...portNumber(`${at}.hostPort`, port.hostPort));
    if (!port.protocol) issues.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) issues.push(unsupported(`${at}.protocol`, port.protocol, PROTOCOLS));
    return issues;
  });
}

function hostPortIssues(field: string, containers: readonly core.Container[]): Issue[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ protocol, hostIP = "", hostPort }, number) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${field}[${index}].ports[${number}].hostPort`, key)];
      taken.add(key);
      return [];
    })
  );
}

function envIssues(field: string, variables: readonly core.EnvVar[]): Issue[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const issues = variable.name === "" ? [required(`${at}.name`)] : check(`${at}.name`, variable.name, envVarName);
    return [...issues, ...valueFromIssues(`${at}.valueFrom`, variable)];
  });
}

const DOWNWARD = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

function valueFromIssues(field: string, { value = "", valueFrom }: core.EnvVar): Issue[] {
  if (valueFrom === undefined) return [];
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  const issues: Issue[] = [];
  const { fieldPath: path, apiVersion = "v1" } = valueFrom.fieldRef ?? {};
  if (path && apiVersion !== "v1") {
    const detail = `error converting fieldPath: unsupported pod version: ${apiVersion}`;
    issues.push(invalid(`${field}.fieldRef.fieldPath`, path, detail));
  } else if (path === "") issues.push(required(`${field}.fieldRef.fieldPath`));
  else if (path !== undefined && !DOWNWARD.includes(path) && !/^metadata\.(labels|annotations)\[/.test(path)) {
    const detail = `error converting fieldPath: field label not supported: ${path}`;
    issues.push(invalid(`${field}.fieldRef.fieldPath`, path, detail));
  }
  for (const name of ["configMapKeyRef", "secretKeyRef"] as const) {
    const ref = valueFrom[name];
    if (ref === undefined) continue;
    if (!ref.name) issues.push(required(`${field}.${name}.name`));
    if (ref.key === "") issues.push(required(`${field}.${name}.key`));
  }
  if (sources === 0) {
    const list = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    issues.push(invalid(field, "", `must specify one of: ${list}`));
  } else if (value !== "") issues.push(invalid(field, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) issues.push(invalid(field, "", "may not have more than one field specified at a time"));
  return issues;
}

function envFromIssues(field: string, sources: readonly core.EnvFromSource[]): Issue[] {
  return sources.flatMap(({ prefix = "", configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`;
    const issues = prefix === "" ? [] : check(`${at}.prefix`, prefix, envVarName);
    if (configMapRef !== undefined && !configMapRef.name) issues.push(required(`${at}.configMapRef.name`));
    if (secretRef !== undefined && !secretRef.name) issues.push(required(`${at}.secretRef.name`));
    if (configMapRef === undefined && secretRef === undefined) {
      issues.push(invalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      issues.push(invalid(field, "", "may not have more than one field specified at a time"));
    }
    return issues;
  });
}

function mountIssues(field: string, mounts: readonly core.VolumeMount[], { volumes }: ContainerContext): Issue[] {
  const paths = new Set<string>();
  return mounts.flatMap(({ name, mountPath, subPath = "" }, index) => {
    const at = `${field}[${index}]`;
    const issues: Issue[] = [];
    if (name === "") issues.push(required(`${at}.name`));
    if (!volumes.has(name)) {
      issues.push({ field: `${at}.name`, reason: "FieldValueNotFound", message: `Not found: ${JSON.stringify(name)}` });
    }
    if (mountPath === "") issues.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) issues.push(invalid(`${at}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
    if (subPath.startsWith("/")) issues.push(invalid(`${field}.subPath`, subPath, "must be a relative path"));
    if (subPath.split("/").includes("..")) issues.push(invalid(`${field}.subPath`, subPath, "must not contain '..'"));
    return issues;
  });
}

function resourceIssues(field: string, { limits = {}, requests = {} }: core.ResourceRequirements): Issue[] {
  const issues: Issue[] = [];
  for (const [part, list] of [["limits", limits], ["requests", requests]] as const) {
    for (const [name, value] of Object.entries(list)) {
      if (nanoOf(value) < 0n) {
        issues.push(invalid(`${field}.${part}[${name}]`, value, "must be greater than or equal to 0"));
      }
      if (part === "limits") continue;
      const limit = limits[name];
      if (limit !== undefined && nanoOf(value) > nanoOf(limit)) {
        issues.push(invalid(`${field}.requests`, value, `must be less than or equal to ${name} limit of ${limit}`));
      }
    }
  }
  return issues;
}

function probesIssues(at: string, container: core.Container): Issue[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...(lifecycle?.postStart === undefined ? [] : handlerIssues(`${at}.lifecycle.postStart`, lifecycle.postStart)),
    ...(lifecycle?.preStop === undefined ? [] : handlerIssues(`${at}.lifecycle.preStop`, lifecycle.preStop)),
    ...(livenessProbe === undefined ? [] : probeIssues(`${at}.livenessProbe`, livenessProbe, "once")),
    ...(readinessProbe === undefined ? [] : probeIssues(`${at}.readinessProbe`, readinessProbe, "readiness")),
    ...(startupProbe === undefined ? [] : probeIssues(`${at}.startupProbe`, startupProbe, "once")),
  ];
}

const COUNTS = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

function probeIssues(at: string, probe: core.Probe, kind: "once" | "readiness"): Issue[] {
  const issues = handlerIssues(at, probe);
  for (const name of COUNTS) issues.push(...nonNegative(`${at}.${name}`, probe[name]));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    issues.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  }
  if (kind === "once" && probe.successThreshold !== 1) {
    issues.push(invalid(`${at}.successThreshold`, probe.successThreshold, "must be 1"));
  }
  if (kind === "readiness" && grace !== undefined) {
    issues.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, "must not be set for readinessProbes"));
  }
  return issues;
}

type Handler = Pick<core.Probe, "exec" | "httpGet" | "tcpSocket" | "grpc">;

function handlerIssues(at: string, handler: Handler): Issue[] {
  const given = (["exec", "httpGet", "tcpSocket", "grpc"] as const).filter((name) => handler[name] !== undefined);
  const [first, ...more] = given;
  if (first === undefined) return [required(at, "must specify a handler type")];
  return [
    ...oneHandlerIssues(at, handler),
    ...more.map((name) => forbidden(`${at}.${name}`, "may not specify more than 1 handler type")),
  ];
}

function oneHandlerIssues(at: string, { exec, httpGet, tcpSocket, grpc }: Handler): Issue[] {
  if (exec !== undefined) return (exec.command ?? []).length === 0 ? [required(`${at}.exec.command`)] : [];
  if (httpGet !== undefined) {
    const issues = httpGet.path ? [] : [required(`${at}.httpGet.path`)];
    issues.push(...portNumberOrName(`${at}.httpGet.port`, httpGet.port as number | string));
    if (!["HTTP", "HTTPS"].includes(httpGet.scheme ?? "")) {
      issues.push(unsupported(`${at}.httpGet.scheme`, httpGet.scheme, ["HTTP", "HTTPS"]));
    }
    return issues;
  }
  if (tcpSocket !== undefined) return portNumberOrName(`${at}.tcpSocket.port`, tcpSocket.port as number | string);
  return grpc === undefined ? [] : portNumber(`${at}.grpc.port`, grpc.port);
}
