import { isStatus } from "../api/types.ts";
import type { Draft, Namespace } from "../objects/object.ts";
import type { Controller, ControllerApi } from "./controller.ts";

/** Gives every namespace its default ServiceAccount and the cluster's root certificate, and empties namespaces that end. */
export const namespaces: Controller = ({ type, object }, api) => {
  if (object.kind === "Namespace" && type !== "DELETED") api.later(syncNamespace, object.metadata.name);
  else if (type === "DELETED" && object.metadata.namespace) api.later(syncNamespace, object.metadata.namespace);
};

const CA = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

function syncNamespace(name: string, api: ControllerApi): void {
  const namespace = api.store.get("Namespace", name);
  if (namespace === undefined) return;
  if (namespace.metadata.deletionTimestamp !== undefined) return empty(namespace, api);
  if (api.store.get("ServiceAccount", "default", name) === undefined) {
    api.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } });
  }
  if (api.store.get("ConfigMap", "kube-root-ca.crt", name) === undefined) {
    const description =
      "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints " +
      "such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of " +
      "Kubernetes clusters.";
    const metadata = {
      name: "kube-root-ca.crt",
      namespace: name,
      annotations: { "kubernetes.io/description": description },
    };
    api.create({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": CA } } as Draft);
  }
}

/** Deletes everything in a namespace; once it is empty the namespace goes. */
function empty(namespace: Namespace, api: ControllerApi): void {
  const { name } = namespace.metadata;
  let left = 0;
  for (const kind of api.store.kinds()) {
    for (const object of api.store.list(kind, { namespace: name })) {
      const answer = api.delete(kind, { name: object.metadata.name, namespace: name });
      const gone = isStatus(answer) || api.store.get(kind, object.metadata.name, name) === undefined;
      if (!gone) left++;
    }
  }
  const rest = (namespace.spec.finalizers ?? []).filter((one) => one !== "kubernetes");
  if (left === 0) api.finalize(namespace, rest);
}
