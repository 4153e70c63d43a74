/** The objects a kubeadm cluster has from its first minute. */
import type { Api, ObjectName } from "./api/api.ts";
import { isStatus } from "./api/types.ts";
import type { NodeSpec } from "./control_plane.ts";
import type { core, Draft, Node } from "./objects/object.ts";

type NodeStatus = core.NodeStatus;

/** What the first objects say. */
export interface Bootstrap {
  readonly nodes: readonly NodeSpec[];
  readonly version: string;
  readonly clusterDomain: string;
  /** Address of the Service `kube-dns`. */
  readonly dnsAddress: string;
  /** Address of the Service `kubernetes`. */
  readonly apiAddress: string;
  readonly coredns: boolean;
  /** The CoreDNS release its Deployment runs. */
  readonly coreDnsVersion: string;
}

const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** The port the API server listens on at the first node. */
export const API_PORT = 6443;

/** Creates them all, in the order a cluster comes up. */
export function bootstrap(api: Api, options: Bootstrap): void {
  for (const name of NAMESPACES) create(api, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  options.nodes.forEach((node, index) => createNode(api, node, { first: index === 0, version: options.version }));
  createKubernetes(api, options);
  if (options.coredns) { for (const draft of coreDns(options)) create(api, draft); }
}

function create(api: Api, draft: object): void {
  const answer = api.create(draft as Draft);
  if (isStatus(answer)) throw new Error(`bootstrap: ${answer.message}`);
}

interface NodeOptions {
  readonly first: boolean;
  readonly version: string;
}

function createNode(api: Api, node: NodeSpec, { first, version }: NodeOptions): void {
  const metadata = {
    name: node.name,
    labels: nodeLabels(node, first),
    annotations: {
      "node.alpha.kubernetes.io/ttl": "0",
      "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    },
  };
  create(api, {
    apiVersion: "v1",
    kind: "Node",
    metadata,
    spec: { ...(node.taints === undefined || node.taints.length === 0 ? {} : { taints: node.taints }) },
    status: nodeStatus(api, node, version),
  });
  create(api, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: node.name, namespace: "kube-node-lease", ownerReferences: [ownerOf(api, { name: node.name })] },
    spec: {
      holderIdentity: node.name,
      leaseDurationSeconds: 40,
      renewTime: new Date(api.clock.now()).toISOString().replace(/Z$/, "000Z"),
    },
  });
}

function ownerOf(api: Api, { name }: ObjectName) {
  const node = api.store.get("Node", name) as Node;
  return { apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid };
}

function nodeLabels({ name, zone, region, labels }: NodeSpec, first: boolean): Record<string, string> {
  const all: Record<string, string> = {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
  };
  if (first) all["node-role.kubernetes.io/control-plane"] = "";
  if (region !== undefined) all["topology.kubernetes.io/region"] = region;
  if (zone !== undefined) all["topology.kubernetes.io/zone"] = zone;
  return { ...all, ...labels };
}

const RESOURCES = { cpu: "4", "ephemeral-storage": "40Gi", memory: "8Gi", pods: "110" };

function nodeStatus(api: Api, { name, addresses }: NodeSpec, version: string): NodeStatus {
  const hex = (length: number) => api.random.text(length, "0123456789abcdef");
  return {
    addresses: [
      ...addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: name },
    ],
    capacity: RESOURCES,
    allocatable: RESOURCES,
    conditions: nodeConditions(new Date(api.clock.now()).toISOString().replace(/\.\d+Z$/, "Z")),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: hex(32),
      systemUUID: api.random.uuid(),
      bootID: api.random.uuid(),
      kernelVersion: "6.1.0-28-amd64",
      osImage: "Debian GNU/Linux 12 (bookworm)",
      containerRuntimeVersion: "containerd://2.1.4",
      kubeletVersion: version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: "amd64",
    },
  };
}

function nodeConditions(time: string): NonNullable<NodeStatus["conditions"]> {
  const one = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason,
    message,
  });
  return [
    one("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    one("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    one("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    one("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
  ];
}

/** The Service `kubernetes`, and where it leads: the API server on the first node. */
function createKubernetes(api: Api, { nodes, apiAddress }: Bootstrap): void {
  const name = "kubernetes";
  const port = { name: "https", protocol: "TCP", port: API_PORT };
  create(api, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      clusterIP: apiAddress,
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: API_PORT }],
    },
  });
  const ip = nodes[0]?.addresses[0];
  if (ip === undefined) return;
  create(api, {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name, namespace: "default", labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip }], ports: [port] }],
  });
  create(api, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": name } },
    addressType: ip.includes(":") ? "IPv6" : "IPv4",
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [port],
  });
}

/** kubeadm's Corefile. */
export function defaultCorefile(clusterDomain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${clusterDomain}
       disable denial ${clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;
}

const DNS_LABELS = { "k8s-app": "kube-dns" };

function coreDns({ clusterDomain, dnsAddress, coreDnsVersion }: Bootstrap): object[] {
  const metadata = { name: "coredns", namespace: "kube-system" };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: defaultCorefile(clusterDomain) } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "kube-dns",
        namespace: "kube-system",
        labels: { ...DNS_LABELS, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
        annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
      },
      spec: {
        clusterIP: dnsAddress,
        selector: DNS_LABELS,
        ports: [
          { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
          { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
          { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
        ],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels: DNS_LABELS },
      spec: coreDnsSpec(coreDnsVersion),
    },
  ];
}

function coreDnsSpec(version: string) {
  const affinity = {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{
        weight: 100,
        podAffinityTerm: {
          labelSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns"] }] },
          topologyKey: "kubernetes.io/hostname",
        },
      }],
    },
  };
  return {
    replicas: 2,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
    selector: { matchLabels: DNS_LABELS },
    template: {
      metadata: { labels: DNS_LABELS },
      spec: {
        priorityClassName: "system-cluster-critical",
        serviceAccountName: "coredns",
        affinity,
        tolerations: [
          { key: "CriticalAddonsOnly", operator: "Exists" },
          { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
        ],
        nodeSelector: { "kubernetes.io/os": "linux" },
        containers: [coreDnsContainer(version)],
        dnsPolicy: "Default",
        volumes: [{
          name: "config-volume",
          configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] },
        }],
      },
    },
  };
}

function coreDnsContainer(version: string) {
  const probe = { initialDelaySeconds: 60, timeoutSeconds: 5, successThreshold: 1, failureThreshold: 5 };
  return {
    name: "coredns",
    image: `registry.k8s.io/coredns/coredns:v${version}`,
    imagePullPolicy: "IfNotPresent",
    resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
    args: ["-conf", "/etc/coredns/Corefile"],
    volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
    ports: [
      { containerPort: 53, name: "dns", protocol: "UDP" },
      { containerPort: 53, name: "dns-tcp", protocol: "TCP" },
      { containerPort: 9153, name: "metrics", protocol: "TCP" },
      { containerPort: 8080, name: "liveness-probe", protocol: "TCP" },
      { containerPort: 8181, name: "readiness-probe", protocol: "TCP" },
    ],
    livenessProbe: { httpGet: { path: "/health", port: "liveness-probe", scheme: "HTTP" }, ...probe },
    readinessProbe: { httpGet: { path: "/ready", port: "readiness-probe", scheme: "HTTP" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
  };
}
