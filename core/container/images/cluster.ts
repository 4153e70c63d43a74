/** Images a cluster itself runs; what they do beyond their ports comes from higher rooms. */
import type { ImageRow } from "../image.ts";
import { baseImage } from "./bases.ts";
import { untilAsked } from "./serve.ts";

/** A static binary that a higher room hands in, or that only waits for its end. */
function binary(repositories: readonly string[], path: string, borrowed: readonly string[] = []): ImageRow {
  return {
    repositories,
    make: () => ({
      ...baseImage("scratch"),
      entrypoint: [path],
      borrowed,
      programs: { [path]: async (process) => (await untilAsked(process), 0) },
    }),
  };
}

/** The rows. */
export const CLUSTER_ROWS: readonly ImageRow[] = [
  binary(["registry.k8s.io/coredns/coredns", "coredns/coredns", "*/coredns"], "/coredns", ["coredns"]),
  binary(["registry.k8s.io/kube-proxy", "*/kube-proxy"], "/usr/local/bin/kube-proxy", ["kube-proxy"]),
  binary(["registry.k8s.io/kube-apiserver"], "kube-apiserver"),
  binary(["registry.k8s.io/kube-controller-manager"], "kube-controller-manager"),
  binary(["registry.k8s.io/kube-scheduler"], "kube-scheduler"),
  binary(["registry.k8s.io/etcd"], "etcd"),
  binary(["docker.io/flannel/flannel", "flannel/flannel", "ghcr.io/flannel-io/flannel"], "/opt/bin/flanneld"),
];
