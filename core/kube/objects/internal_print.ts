/**
 * Objects as the server's own, versionless types print them (pkg/apis/core): Go's field names in the order of declaration,
 * nothing left out. Refused updates of pods show what differs in this form.
 */
import { wasGivenEmpty } from "./codec.ts";
import type { Field, Struct, TypeRef } from "./schema.ts";

/** Fields whose order or owner is another one than in v1; all others are as the schema has them. */
const INTERNAL: Readonly<Record<string, readonly string[]>> = {
  PodSpec: [
    ..."volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds".split(" "),
    ..."activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName".split(
      " ",
    ),
    ..."securityContext imagePullSecrets hostname subdomain setHostnameAsFQDN affinity schedulerName".split(" "),
    ..."tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates".split(" "),
    ..."runtimeClassName overhead enableServiceLinks topologySpreadConstraints os schedulingGates".split(" "),
    ..."resourceClaims resources hostnameOverride schedulingGroup".split(" "),
  ],
  Volume: [
    ..."name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs".split(" "),
    ..."persistentVolumeClaim rbd quobyte flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap".split(
      " ",
    ),
    ..."vsphereVolume azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi".split(" "),
    ..."ephemeral image".split(" "),
  ],
  PodSecurityContext: [
    ..."seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups".split(" "),
    ..."supplementalGroupsPolicy fsGroup fsGroupChangePolicy sysctls seccompProfile appArmorProfile".split(" "),
    "seLinuxChangePolicy",
  ],
};

/** Fields of a pod's spec that stand in its security context. */
const HOST_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] as const;

/** Names of which Go capitalizes more than the first letter, and those that are others (of one struct: `STRUCT.FIELD`). */
const NAMES: Readonly<Record<string, string>> = {
  apiGroup: "APIGroup",
  apiVersion: "APIVersion",
  awsElasticBlockStore: "AWSElasticBlockStore",
  cephfs: "CephFS",
  chapAuthDiscovery: "DiscoveryCHAPAuth",
  chapAuthSession: "SessionCHAPAuth",
  csi: "CSI",
  diskURI: "DataDiskURI",
  dnsConfig: "DNSConfig",
  dnsPolicy: "DNSPolicy",
  fc: "FC",
  fsGroup: "FSGroup",
  fsGroupChangePolicy: "FSGroupChangePolicy",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  gmsaCredentialSpec: "GMSACredentialSpec",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  grpc: "GRPC",
  httpGet: "HTTPGet",
  httpHeaders: "HTTPHeaders",
  ip: "IP",
  iqn: "IQN",
  iscsi: "ISCSI",
  iscsiInterface: "ISCSIInterface",
  nfs: "NFS",
  os: "OS",
  pdName: "PDName",
  rbd: "RBD",
  seLinuxChangePolicy: "SELinuxChangePolicy",
  seLinuxOptions: "SELinuxOptions",
  sslEnabled: "SSLEnabled",
  storageos: "StorageOS",
  tcpSocket: "TCPSocket",
  tty: "TTY",
  wwids: "WWIDs",
  "GlusterfsVolumeSource.endpoints": "EndpointsName",
  "RBDVolumeSource.image": "RBDImage",
  "RBDVolumeSource.monitors": "CephMonitors",
  "RBDVolumeSource.pool": "RBDPool",
  "RBDVolumeSource.user": "RadosUser",
};

/** A pod's spec as the server prints its own: indented by one blank. */
export function printInternalSpec(struct: Struct, spec: object): string {
  const text = JSON.stringify(structValue(struct, spec as Record<string, unknown>), undefined, 1);
  return text.replace(/[<>&]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function structValue(struct: Struct, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = INTERNAL[struct.name] ?? [...struct.fields.keys()];
  const own = names.map((name) => {
    const field = struct.fields.get(name);
    if (field === undefined) throw new Error(`${struct.name} has no field ${name}`);
    const shown = NAMES[`${struct.name}.${name}`] ?? NAMES[name] ?? capital(name);
    return [shown, wasGivenEmpty(value, name) ? empty(field.ref) : fieldValue(field, value[name])] as const;
  });
  const result = Object.fromEntries(own);
  if (struct.name === "PodSpec") result["SecurityContext"] = securityContext(struct, value, result["SecurityContext"]);
  return result;
}

function securityContext(struct: Struct, spec: Readonly<Record<string, unknown>>, context: unknown): unknown {
  const host = HOST_FIELDS.map((name) => [capital(name), fieldValue(struct.fields.get(name) as Field, spec[name])]);
  return context === null ? null : { ...Object.fromEntries(host), ...context as object };
}

const empty = (ref: TypeRef): unknown => (ref.type === "list" ? [] : {});

function fieldValue({ ref, pointer }: Field, value: unknown): unknown {
  if (value === undefined || value === null) return pointer ? null : zero(ref);
  return typed(ref, value);
}

/** LabelSelectors and the like keep the names they have on the wire. */
const WIRE = new Set(["LabelSelector"]);

function typed(ref: TypeRef, value: unknown): unknown {
  switch (ref.type) {
    case "list":
      return (value as unknown[]).map((item) => typed(ref.of, item));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)).map((
          [key, item],
        ) => [key, typed(ref.of, item)]),
      );
    case "struct":
      return WIRE.has(ref.struct.name) ? value : structValue(ref.struct, value as Record<string, unknown>);
    case "scalar":
      return value;
  }
}

function zero(ref: TypeRef): unknown {
  if (ref.type === "struct") return structValue(ref.struct, {});
  if (ref.type !== "scalar") return null;
  if (ref.scalar === "string") return "";
  if (ref.scalar === "bool") return false;
  return ["int", "int32", "int64", "intstr"].includes(ref.scalar) ? 0 : ref.scalar === "quantity" ? "0" : null;
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
