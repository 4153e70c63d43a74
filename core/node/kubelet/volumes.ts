/** Files that a pod's volumes put into a container: ConfigMaps, Secrets, the downward API. */
import type { core, Pod, Store } from "../../kube/mod.ts";
import { fieldValue } from "./downward.ts";
import { fromBase64 } from "./environment.ts";

/** Files by absolute path for one container, or what keeps it from starting. */
export function volumeFiles(
  store: Store,
  pod: Pod,
  container: core.Container,
): Readonly<Record<string, string>> | string {
  const files: Record<string, string> = {};
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    if (volume === undefined) continue;
    const content = contentOf(store, pod, volume);
    if (typeof content === "string") return content;
    for (const [path, text] of content) {
      if (subPath === undefined) files[`${mountPath.replace(/\/$/, "")}/${path}`] = text;
      else if (path === subPath) files[mountPath] = text;
    }
  }
  return files;
}

/** Whether a pod has a volume or variable from that object: then a change of it reaches the pod's files. */
export function usesObject(pod: Pod, kind: string, name: string): boolean {
  return (pod.spec.volumes ?? []).some((volume) =>
    sourcesOf(volume).some((source) =>
      kind === "ConfigMap" ? source.configMap?.name === name : source.secret?.name === name
    )
  );
}

/** A volume's sources in one form: plain volumes have one, projected ones a list. */
interface Source {
  readonly configMap?: {
    readonly name?: string;
    readonly items?: readonly core.KeyToPath[];
    readonly optional?: boolean;
  };
  readonly secret?: { readonly name?: string; readonly items?: readonly core.KeyToPath[]; readonly optional?: boolean };
  readonly downwardAPI?: { readonly items?: readonly core.DownwardAPIVolumeFile[] };
}

function sourcesOf({ configMap, secret, downwardAPI, projected }: core.Volume): readonly Source[] {
  if (projected !== undefined) return projected.sources ?? [];
  const plainSecret = secret === undefined ? undefined : { ...secret, name: secret.secretName };
  return [{
    ...(configMap === undefined ? {} : { configMap }),
    ...(plainSecret === undefined ? {} : { secret: plainSecret }),
    ...(downwardAPI === undefined ? {} : { downwardAPI }),
  }] as readonly Source[];
}

function contentOf(store: Store, pod: Pod, volume: core.Volume): readonly [string, string][] | string {
  const all: [string, string][] = [];
  for (const { configMap, secret, downwardAPI } of sourcesOf(volume)) {
    const keyed = configMap === undefined
      ? secret && keyedFiles(store, pod, "Secret", secret)
      : keyedFiles(store, pod, "ConfigMap", configMap);
    if (typeof keyed === "string") return `MountVolume.SetUp failed for volume "${volume.name}" : ${keyed}`;
    all.push(...keyed ?? []);
    for (const { path, fieldRef } of downwardAPI?.items ?? []) {
      if (fieldRef !== undefined) all.push([path, fieldValue(pod, fieldRef.fieldPath)]);
    }
  }
  return all;
}

function keyedFiles(
  store: Store,
  pod: Pod,
  kind: "ConfigMap" | "Secret",
  ref: NonNullable<Source["configMap"]>,
): readonly [string, string][] | string {
  const object = store.get(kind, ref.name ?? "", pod.metadata.namespace);
  if (object === undefined) return ref.optional === true ? [] : `${kind.toLowerCase()} "${ref.name}" not found`;
  const data = Object.entries(object.data ?? {}).map((
    [key, value],
  ): [string, string] => [key, kind === "Secret" ? fromBase64(value) : value]);
  if (ref.items === undefined) return data;
  const byKey = new Map(data);
  return ref.items.flatMap((
    { key, path },
  ): [string, string][] => (byKey.has(key) ? [[path, byKey.get(key) as string]] : []));
}
