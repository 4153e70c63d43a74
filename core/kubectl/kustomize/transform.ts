/** What a kustomization does to all of its objects: namespace, names, labels, annotations, replicas, images. */
import type { ImageSpec, Kustomization } from "./kustomization.ts";
import { eachPlace, type Place, REFERENCES, SELECTORS, TEMPLATE_META } from "./places.ts";
import { isClusterWide, rename, type Resource, type ResourceObject } from "./resource.ts";

type Pairs = Readonly<Record<string, string>>;

/** Changes the resources in place, in kustomize's order. */
export function transform(resources: readonly Resource[], kustomization: Kustomization): void {
  const { namespace, namePrefix = "", nameSuffix = "", labels = [], commonLabels, commonAnnotations } = kustomization;
  for (const resource of resources) {
    const { object } = resource;
    if (namespace) setNamespace(resource, namespace);
    if (!KEEPS_NAME.has(object.kind)) rename(resource, `${namePrefix}${object.metadata.name}${nameSuffix}`);
    if (commonLabels) addLabels(object, commonLabels, "selectors");
    for (const { pairs, includeSelectors, includeTemplates } of labels) {
      addLabels(object, pairs, includeSelectors ? "selectors" : includeTemplates ? "templates" : "metadata");
    }
    if (commonAnnotations) addAnnotations(object, commonAnnotations);
    for (const { name, count } of kustomization.replicas ?? []) setReplicas(resource, name, count);
    for (const image of kustomization.images ?? []) setImages(object, image);
  }
}

/** Kinds whose names take no prefix or suffix. */
const KEEPS_NAME = new Set(["Namespace", "CustomResourceDefinition", "APIService"]);

function setNamespace(resource: Resource, namespace: string): void {
  const { object } = resource;
  if (object.kind === "Namespace") return rename(resource, namespace);
  if (!isClusterWide(object)) object.metadata.namespace = namespace;
  if (object.kind !== "RoleBinding" && object.kind !== "ClusterRoleBinding") return;
  for (const subject of (object["subjects"] ?? []) as { kind: string; name: string; namespace?: string }[]) {
    if (subject.kind === "ServiceAccount" && subject.name === "default") subject.namespace = namespace;
  }
}

function addLabels(object: ResourceObject, pairs: Pairs, where: "metadata" | "templates" | "selectors"): void {
  object.metadata.labels = { ...object.metadata.labels, ...pairs };
  const add = (place: Place) =>
    eachPlace(object, place, (holder, key) => {
      if (holder[key] !== undefined || place.create) holder[key] = { ...holder[key] as Pairs, ...pairs };
    });
  if (where !== "metadata") { for (const place of TEMPLATE_META) add({ ...place, path: `${place.path}/labels` }); }
  if (where === "selectors") SELECTORS.forEach(add);
}

function addAnnotations(object: ResourceObject, pairs: Pairs): void {
  object.metadata.annotations = { ...object.metadata.annotations, ...pairs };
  for (const place of TEMPLATE_META) {
    eachPlace(object, { ...place, path: `${place.path}/annotations` }, (holder, key) => {
      holder[key] = { ...holder[key] as Pairs, ...pairs };
    });
  }
}

const SCALED = new Set(["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"]);

function setReplicas({ object, names }: Resource, name: string, count: number): void {
  if (SCALED.has(object.kind) && names.has(name)) object["spec"] = { ...object["spec"] as object, replicas: count };
}

/** Every container's image, wherever containers stand. */
function setImages(value: unknown, image: ImageSpec): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (["containers", "initContainers", "ephemeralContainers"].includes(key) && Array.isArray(inner)) {
      for (const container of inner as { image?: string }[]) {
        if (typeof container?.image === "string") container.image = otherImage(container.image, image);
      }
    } else setImages(inner, image);
  }
}

function otherImage(image: string, { name, newName, newTag, digest }: ImageSpec): string {
  const [, base = "", tag, sum] = /^(.+?)(?::([\w.{}-]*))?(?:@(.+))?$/.exec(image) ?? [];
  if (base !== name) return image;
  const called = newName ?? base;
  if (newTag !== undefined && digest !== undefined) return `${called}:${newTag}@${digest}`;
  if (newTag !== undefined) return `${called}:${newTag}`;
  if (digest !== undefined) return `${called}@${digest}`;
  return called + (tag === undefined ? "" : `:${tag}`) + (sum === undefined ? "" : `@${sum}`);
}

/** Gives fields that name other objects the names those have now. */
export function followNames(resources: readonly Resource[]): void {
  const named = (kind: string, name: unknown): string | undefined =>
    resources.find(({ object, names }) => object.kind === kind && names.has(String(name)))?.object.metadata.name;
  for (const { object } of resources) {
    for (const { kind, places } of REFERENCES) {
      for (const place of places) {
        eachPlace(object, place, (holder, key) => {
          if (holder[key] !== undefined) holder[key] = named(kind, holder[key]) ?? holder[key];
        });
      }
    }
    const loose = object as unknown as Loose;
    for (
      const ref of [loose.roleRef, object.kind === "HorizontalPodAutoscaler" ? loose.spec?.scaleTargetRef : undefined]
    ) {
      if (ref !== undefined) ref.name = named(ref.kind, ref.name) ?? ref.name;
    }
    for (const subject of loose.subjects ?? []) followSubject(subject, resources);
  }
}

function followSubject(subject: Ref, resources: readonly Resource[]): void {
  const found = resources.find(({ object, names }) => object.kind === subject.kind && names.has(subject.name));
  if (found === undefined) return;
  const { name, namespace } = found.object.metadata;
  subject.name = name;
  if (namespace !== undefined) subject.namespace = namespace;
}

interface Ref {
  readonly kind: string;
  name: string;
  namespace?: string;
}

interface Loose {
  readonly roleRef?: Ref;
  readonly subjects?: readonly Ref[];
  readonly spec?: { readonly scaleTargetRef?: Ref };
}
