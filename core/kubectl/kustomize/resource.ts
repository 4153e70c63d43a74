import { CommandError } from "../errors.ts";

/** An object on its way through kustomizations, changed in place. */
export interface Resource {
  object: ResourceObject;
  /** Every name it has had: references may use any of them. */
  readonly names: Set<string>;
  /** Its name gets a hash of what is in it at the end. */
  hashed: boolean;
}

/** The object itself. */
export interface ResourceObject extends Record<string, unknown> {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** A resource from a parsed document. */
export function resourceOf(value: unknown, source: string): Resource {
  const object = value as ResourceObject;
  if (typeof object !== "object" || object === null || !object.kind) {
    throw new CommandError(`error: accumulating resources: accumulation err='missing Resource metadata': ${source}`);
  }
  object.metadata ??= { name: "" };
  return { object, names: new Set([object.metadata.name]), hashed: false };
}

/** Gives it another name; the old one is still meant where others refer to it. */
export function rename(resource: Resource, name: string): void {
  resource.names.add(name);
  resource.object.metadata.name = name;
}

/** Kinds that no namespace holds. */
const CLUSTER_WIDE = new Set([
  ..."APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ComponentStatus".split(" "),
  ..."CustomResourceDefinition FlowSchema IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume"
    .split(" "),
  ..."PriorityClass PriorityLevelConfiguration RuntimeClass SelfSubjectAccessReview StorageClass TokenReview".split(
    " ",
  ),
  ..."ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment".split(
    " ",
  ),
]);

/** Whether an object stands outside of namespaces. */
export function isClusterWide({ kind }: { readonly kind: string }): boolean {
  return CLUSTER_WIDE.has(kind);
}
