/** The control plane's own pods as kubeadm's manifests on the first node describe them, and their mirrors in the API. */
import type { Api } from "./api/api.ts";
import { isStatus } from "./api/types.ts";
import type { Draft, Pod } from "./objects/object.ts";

/** What the flags of the control plane say. */
export interface StaticPodOptions {
  /** The first node, and its address. */
  readonly node: string;
  readonly address: string;
  /** `v1.36.3` */
  readonly version: string;
  readonly serviceCIDR: string;
  readonly podCIDR: string;
}

const PKI = "/etc/kubernetes/pki";

/** Flags by component, as kubeadm writes them; those that name what podwire has no part of are left out. */
function commands(
  { address, serviceCIDR, podCIDR, node }: StaticPodOptions,
): Readonly<Record<string, readonly string[]>> {
  return {
    etcd: [
      "etcd",
      `--advertise-client-urls=https://${address}:2379`,
      `--cert-file=${PKI}/etcd/server.crt`,
      "--data-dir=/var/lib/etcd",
      `--initial-cluster=${node}=https://${address}:2380`,
      `--listen-client-urls=https://127.0.0.1:2379,https://${address}:2379`,
      `--name=${node}`,
    ],
    "kube-apiserver": [
      "kube-apiserver",
      `--advertise-address=${address}`,
      "--allow-privileged=true",
      "--authorization-mode=Node,RBAC",
      `--client-ca-file=${PKI}/ca.crt`,
      "--enable-admission-plugins=NodeRestriction",
      "--enable-bootstrap-token-auth=true",
      "--etcd-servers=https://127.0.0.1:2379",
      "--secure-port=6443",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${PKI}/sa.pub`,
      `--service-cluster-ip-range=${serviceCIDR}`,
      `--tls-cert-file=${PKI}/apiserver.crt`,
    ],
    "kube-controller-manager": [
      "kube-controller-manager",
      "--allocate-node-cidrs=true",
      "--bind-address=127.0.0.1",
      `--cluster-cidr=${podCIDR}`,
      "--cluster-name=kubernetes",
      "--controllers=*,bootstrapsigner,tokencleaner",
      "--kubeconfig=/etc/kubernetes/controller-manager.conf",
      "--leader-elect=true",
      `--service-cluster-ip-range=${serviceCIDR}`,
      "--use-service-account-credentials=true",
    ],
    "kube-scheduler": [
      "kube-scheduler",
      "--bind-address=127.0.0.1",
      "--kubeconfig=/etc/kubernetes/scheduler.conf",
      "--leader-elect=true",
    ],
  };
}

const REQUESTS: Readonly<Record<string, object>> = {
  etcd: { cpu: "100m", memory: "100Mi" },
  "kube-apiserver": { cpu: "250m" },
  "kube-controller-manager": { cpu: "200m" },
  "kube-scheduler": { cpu: "100m" },
};

/** The manifests, by component: what lies in `/etc/kubernetes/manifests`. */
export function staticPods(options: StaticPodOptions): ReadonlyMap<string, Draft> {
  return new Map(
    Object.entries(commands(options)).map(([name, command]) => [name, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "kube-system", labels: { component: name, tier: "control-plane" } },
      spec: {
        containers: [{
          name,
          command: [...command],
          image: name === "etcd" ? "registry.k8s.io/etcd:3.6.6-0" : `registry.k8s.io/${name}:${options.version}`,
          imagePullPolicy: "IfNotPresent",
          resources: { requests: REQUESTS[name] },
        }],
        hostNetwork: true,
        priorityClassName: "system-node-critical",
      },
    } as Draft]),
  );
}

/** Marks a pod as the mirror of a manifest: kubelets leave it alone. */
const MIRROR = "kubernetes.io/config.mirror";

/** Whether a pod only shows a manifest of its node: nobody schedules, runs or evicts it. */
export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[MIRROR] !== undefined;
}

/** Puts the mirrors into the API, running since the cluster began. */
export function createMirrorPods(api: Api, options: StaticPodOptions, now: string): void {
  for (const [name, draft] of staticPods(options)) {
    const annotations = { [MIRROR]: name, "kubernetes.io/config.source": "file" };
    const metadata = { ...draft.metadata, name: `${name}-${options.node}`, annotations };
    const spec = {
      ...(draft as unknown as { spec: object }).spec,
      nodeName: options.node,
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
    };
    const pod = api.create({ ...draft, metadata, spec } as unknown as Draft);
    if (isStatus(pod)) throw new Error(`${name}: ${pod.message}`);
    run(api, { name, pod: metadata.name, options, now });
  }
}

interface Running {
  readonly name: string;
  readonly pod: string;
  readonly options: StaticPodOptions;
  readonly now: string;
}

function run(api: Api, { name, pod, options, now }: Running): void {
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: now });
  api.changeStatus("Pod", { name: pod, namespace: "kube-system" }, ({ spec, status }) => {
    const { image = "" } = spec.containers[0] ?? {};
    Object.assign(status, {
      phase: "Running",
      hostIP: options.address,
      hostIPs: [{ ip: options.address }],
      podIP: options.address,
      podIPs: [{ ip: options.address }],
      startTime: now,
      conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(
        condition,
      ),
      containerStatuses: [{
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
        lastState: {},
      }],
    });
  });
}
