/** The environment of a container: Services of its namespace, envFrom, env; later ones win and may use earlier ones as $(NAME). */
import type { core, Pod, Service, Store } from "../../kube/mod.ts";
import { fieldValue, resourceValue } from "./downward.ts";

/** What a container's environment is made from. */
export interface EnvironmentSource {
  readonly store: Store;
  readonly pod: Pod;
  readonly container: core.Container;
  readonly hostname: string;
}

/** The variables; a reference to a ConfigMap or Secret that is missing (and not optional) is a failure's text. */
export function containerEnvironment(
  { store, pod, container, hostname }: EnvironmentSource,
): Readonly<Record<string, string>> | string {
  const services = serviceVariables(store, pod);
  const own = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const problem = addAll(own, source, store, pod);
    if (problem !== undefined) return problem;
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom === undefined
      ? expand(variable.value ?? "", own, services)
      : sourceValue(variable.valueFrom, { store, pod, container, hostname });
    if (typeof value === "object") return value.missing;
    if (value !== undefined) own.set(variable.name, value);
  }
  return { HOSTNAME: hostname, ...Object.fromEntries(services), ...Object.fromEntries(own) };
}

/** `$(NAME)` is a variable's value, `$$` a dollar sign; unknown names stay as they are. */
export function expand(text: string, ...scopes: readonly ReadonlyMap<string, string>[]): string {
  return text.replace(/\$(\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))/g, (whole, dollar: string, name?: string) => {
    if (dollar === "$") return "$";
    return scopes.map((scope) => scope.get(name as string)).find((value) => value !== undefined) ?? whole;
  });
}

/**
 * `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT` and the Docker links form, for every Service with an address in the pod's
 * namespace (unless enableServiceLinks is false) and for default/kubernetes.
 */
function serviceVariables(store: Store, pod: Pod): Map<string, string> {
  const own = pod.spec.enableServiceLinks === false
    ? []
    : store.list("Service", { namespace: pod.metadata.namespace ?? "default" });
  const kubernetes = store.get("Service", "kubernetes", "default");
  const services = [...(kubernetes === undefined || own.includes(kubernetes) ? [] : [kubernetes]), ...own];
  return new Map(services.filter(hasAddress).flatMap(variablesOf));
}

function hasAddress({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && spec.clusterIP !== undefined && spec.clusterIP !== "" &&
    spec.clusterIP !== "None";
}

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const prefix = variableName(metadata.name);
  const host = spec.clusterIP as string;
  const ports = spec.ports ?? [];
  const [first] = ports;
  if (first === undefined) return [];
  return [
    [`${prefix}_SERVICE_HOST`, host],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap((
      { name, port },
    ): [
      string,
      string,
    ][] => (name === undefined ? [] : [[`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)]])),
    [`${prefix}_PORT`, `${protocolOf(first)}://${hostPort(host, first.port)}`],
    ...ports.flatMap((port) => linkVariables(prefix, host, port)),
  ];
}

function linkVariables(prefix: string, host: string, port: core.ServicePort): [string, string][] {
  const name = `${prefix}_PORT_${port.port}_${protocolOf(port).toUpperCase()}`;
  return [
    [name, `${protocolOf(port)}://${hostPort(host, port.port)}`],
    [`${name}_PROTO`, protocolOf(port)],
    [`${name}_PORT`, String(port.port)],
    [`${name}_ADDR`, host],
  ];
}

function protocolOf({ protocol }: core.ServicePort): string {
  return (protocol ?? "TCP").toLowerCase();
}

function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function addAll(
  into: Map<string, string>,
  { prefix = "", configMapRef, secretRef }: core.EnvFromSource,
  store: Store,
  pod: Pod,
): string | undefined {
  const ref = configMapRef ?? secretRef;
  const kind = configMapRef === undefined ? "Secret" : "ConfigMap";
  if (ref?.name === undefined) return undefined;
  const object = store.get(kind, ref.name, pod.metadata.namespace);
  if (object === undefined) return ref.optional === true ? undefined : `${kind.toLowerCase()} "${ref.name}" not found`;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    into.set(prefix + key, kind === "Secret" ? fromBase64(value) : value);
  }
  return undefined;
}

type Missing = { readonly missing: string };

function sourceValue(from: core.EnvVarSource, source: EnvironmentSource): string | Missing | undefined {
  const { store, pod, container } = source;
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) return resourceValue(container, from.resourceFieldRef);
  const [kind, ref] = from.configMapKeyRef === undefined
    ? ["Secret", from.secretKeyRef] as const
    : ["ConfigMap", from.configMapKeyRef] as const;
  if (ref?.name === undefined) return undefined;
  const object = store.get(kind, ref.name, pod.metadata.namespace);
  const value = object?.data?.[ref.key];
  if (value !== undefined) return kind === "Secret" ? fromBase64(value) : value;
  if (ref.optional === true) return undefined;
  const what = kind.toLowerCase();
  return {
    missing: object === undefined
      ? `${what} "${ref.name}" not found`
      : `couldn't find key ${ref.key} in ${kind} ${pod.metadata.namespace}/${ref.name}`,
  };
}

/** Base64 to text. */
export function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}
