import { sameJson, unifiedDiff } from "../../../base/mod.ts";
import { duplicate, forbidden, invalid, type Issue, required, unsupported } from "../issue.ts";
import { printInternalSpec } from "../internal_print.ts";
import { SCHEMAS } from "../kinds.ts";
import type { core, Pod } from "../object.ts";
import { ipIssues } from "./addresses.ts";
import { containersIssues, initContainersIssues } from "./container.ts";
import {
  check,
  dns1123Label,
  dns1123Subdomain,
  dns1123SubdomainWithUnderscore,
  labelIssues,
  labelValue,
  qualifiedName,
} from "./names.ts";

/** What is wrong with a pod's spec; `field` is where it stands. In the server's order. */
export function podSpecIssues(field: string, spec: core.PodSpec): Issue[] {
  const volumes = spec.volumes ?? [];
  const context = { volumes: new Set(volumes.map(({ name }) => name)) };
  const containers = spec.containers ?? [];
  return [
    ...volumeIssues(`${field}.volumes`, volumes),
    ...containersIssues(`${field}.containers`, containers, context),
    ...initContainersIssues(`${field}.initContainers`, spec.initContainers ?? [], containers, context),
    ...hostNetworkIssues(field, spec),
    ...enumIssues(`${field}.restartPolicy`, spec.restartPolicy, ["Always", "OnFailure", "Never"]),
    ...enumIssues(`${field}.dnsPolicy`, spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
    ...labelIssues(`${field}.nodeSelector`, spec.nodeSelector),
    ...dnsIssues(`${field}.dnsConfig`, spec),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      check(`${field}.readinessGates[${index}].conditionType`, conditionType, qualifiedName)
    ),
    ...spreadIssues(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints ?? []),
    ...named(`${field}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain),
    ...named(`${field}.nodeName`, spec.nodeName, dns1123Subdomain),
    ...deadlineIssues(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds),
    ...named(`${field}.hostname`, spec.hostname, dns1123Label),
    ...named(`${field}.subdomain`, spec.subdomain, dns1123Label),
    ...tolerationIssues(`${field}.tolerations`, spec.tolerations ?? []),
    ...hostAliasIssues(`${field}.hostAliases`, spec.hostAliases ?? []),
    ...named(`${field}.priorityClassName`, spec.priorityClassName, dns1123Subdomain),
    ...(spec.preemptionPolicy === undefined
      ? []
      : enumIssues(`${field}.preemptionPolicy`, spec.preemptionPolicy, ["PreemptLowerPriority", "Never"])),
  ];
}

function named(field: string, value: string | undefined, rule: Parameters<typeof check>[2]): Issue[] {
  return value ? check(field, value, rule) : [];
}

function enumIssues(field: string, value: string | undefined, supported: readonly string[]): Issue[] {
  if (!value) return [required(field)];
  return supported.includes(value) ? [] : [unsupported(field, value, supported)];
}

function deadlineIssues(field: string, value: number | undefined): Issue[] {
  if (value === undefined || (value >= 1 && value <= 2147483647)) return [];
  return [invalid(field, value, "must be between 1 and 2147483647, inclusive")];
}

function hostNetworkIssues(field: string, spec: core.PodSpec): Issue[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort, containerPort }, number) => {
      if (hostPort === containerPort) return [];
      const detail = "must match `containerPort` when `hostNetwork` is true";
      return [invalid(`${field}.containers[${index}].ports[${number}].hostPort`, hostPort, detail)];
    })
  );
}

/** Volume types in the order in which a second one is noticed. */
const VOLUME_TYPES = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

function volumeIssues(field: string, volumes: readonly core.Volume[]): Issue[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const given = VOLUME_TYPES.filter((type) => (volume as unknown as Record<string, unknown>)[type] !== undefined);
    const issues: Issue[] = given.slice(1).map((type) =>
      forbidden(`${at}.${type}`, "may not specify more than 1 volume type")
    );
    if (given.length === 0) issues.push(required(at, "must specify a volume type"));
    issues.push(...sourceIssues(at, volume, given[0]));
    if (volume.name === "") issues.push(required(`${at}.name`));
    else issues.push(...check(`${at}.name`, volume.name, dns1123Label));
    if (names.has(volume.name)) issues.push(duplicate(`${at}.name`, volume.name));
    names.add(volume.name);
    return issues;
  });
}

function sourceIssues(at: string, volume: core.Volume, type: string | undefined): Issue[] {
  if (type === "hostPath") {
    const path = volume.hostPath?.path ?? "";
    if (path === "") return [required(`${at}.hostPath.path`)];
    return path.split("/").includes("..") ? [invalid(`${at}.hostPath.path`, path, "must not contain '..'")] : [];
  }
  if (type === "secret" && !volume.secret?.secretName) return [required(`${at}.secret.secretName`)];
  if (type === "configMap" && !volume.configMap?.name) return [required(`${at}.configMap.name`)];
  if (type === "persistentVolumeClaim" && !volume.persistentVolumeClaim?.claimName) {
    return [required(`${at}.persistentVolumeClaim.claimName`)];
  }
  return [];
}

const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;
const LONGEST_SEARCHES = 2048;

function dnsIssues(field: string, { dnsPolicy, dnsConfig }: core.PodSpec): Issue[] {
  if (dnsPolicy === "None") {
    if (dnsConfig === undefined) return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if ((dnsConfig.nameservers ?? []).length === 0) {
      return [required(`${field}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
    }
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const issues: Issue[] = [];
  if (nameservers.length > MOST_NAMESERVERS) {
    issues.push(
      invalid(`${field}.nameservers`, nameservers, `must not have more than ${MOST_NAMESERVERS} nameservers`),
    );
  }
  nameservers.forEach((server, index) => issues.push(...ipIssues(`${field}.nameservers[${index}]`, server)));
  if (searches.length > MOST_SEARCHES) {
    issues.push(invalid(`${field}.searches`, searches, `must not have more than ${MOST_SEARCHES} search paths`));
  }
  if (searches.join(" ").length > LONGEST_SEARCHES) {
    const detail = `must not have more than ${LONGEST_SEARCHES} characters (including spaces) in the search list`;
    issues.push(invalid(`${field}.searches`, searches, detail));
  }
  searches.forEach((search, index) => {
    if (search === ".") return;
    issues.push(...check(`${field}.searches[${index}]`, search.replace(/\.$/, ""), dns1123SubdomainWithUnderscore));
  });
  options.forEach(({ name }, index) => {
    if (!name) issues.push(required(`${field}.options[${index}]`, "must not be empty"));
  });
  return issues;
}

function spreadIssues(field: string, constraints: readonly core.TopologySpreadConstraint[]): Issue[] {
  return constraints.flatMap(({ maxSkew, topologyKey, whenUnsatisfiable }, index) => {
    const at = `${field}[${index}]`;
    const issues: Issue[] = [];
    if (!(maxSkew > 0)) issues.push(invalid(`${at}.maxSkew`, maxSkew, "must be greater than 0"));
    if (!topologyKey) issues.push(required(`${at}.topologyKey`, "can not be empty"));
    const supported = ["DoNotSchedule", "ScheduleAnyway"];
    if (!supported.includes(whenUnsatisfiable)) {
      issues.push(unsupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, supported));
    }
    const same = (other: core.TopologySpreadConstraint) =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable;
    for (const _again of constraints.slice(index + 1).filter(same)) {
      issues.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    return issues;
  });
}

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function tolerationIssues(field: string, tolerations: readonly core.Toleration[]): Issue[] {
  return tolerations.flatMap((one, index) => {
    const at = `${field}[${index}]`;
    const issues: Issue[] = one.key ? check(`${at}.key`, one.key, qualifiedName) : [];
    if (!one.key && one.operator !== "Exists") {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      issues.push(invalid(`${at}.operator`, one.operator ?? "", detail));
    }
    if (one.tolerationSeconds !== undefined && one.effect !== "NoExecute") {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      issues.push(invalid(`${at}.effect`, one.effect ?? "", detail));
    }
    issues.push(...operatorIssues(at, one));
    if (one.effect && !EFFECTS.includes(one.effect)) issues.push(unsupported(`${at}.effect`, one.effect, EFFECTS));
    return issues;
  });
}

function operatorIssues(at: string, { operator, value = "" }: core.Toleration): Issue[] {
  if (operator === "Exists") {
    return value === "" ? [] : [invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'")];
  }
  if (operator === undefined || operator === "Equal") {
    const problems = labelValue(value);
    return problems.length === 0 ? [] : [invalid(`${at}.operator`, value, problems.join(";"))];
  }
  return [unsupported(`${at}.operator`, operator, ["Equal", "Exists"])];
}

function hostAliasIssues(field: string, aliases: readonly core.HostAlias[]): Issue[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...ipIssues(`${field}[${index}].ip`, ip ?? ""),
    ...hostnames.flatMap((name, number) => check(`${field}[${index}].hostnames[${number}]`, name, dns1123Subdomain)),
  ]);
}

/** What is wrong with a Pod beyond its metadata. */
export function validatePod({ spec }: Pod): Issue[] {
  const issues = podSpecIssues("spec", spec);
  for (const list of ["containers", "initContainers"] as const) {
    (spec[list] ?? []).forEach(({ image = "" }, index) => {
      if (image !== image.trim()) {
        issues.push(invalid(`spec.${list}[${index}].image`, image, "must not have leading or trailing whitespace"));
      }
    });
  }
  return issues;
}

const POD_SPEC = SCHEMAS.core.struct("PodSpec");
const FIXED =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
  "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` " +
  "(allow it to be set to 1 if it was previously negative)";

/** What an update of a Pod may not do: almost everything of its spec stays. */
export function validatePodUpdate(pod: Pod, old: Pod): Issue[] {
  const issues = validatePod(pod);
  for (const list of ["containers", "initContainers"] as const) {
    if ((pod.spec[list] ?? []).length !== (old.spec[list] ?? []).length) {
      return [...issues, forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    }
  }
  const lost = (old.spec.tolerations ?? []).some((one) =>
    !(pod.spec.tolerations ?? []).some((now) => sameJson({ ...one, tolerationSeconds: now.tolerationSeconds }, now))
  );
  if (lost) {
    issues.push(forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"));
  } else issues.push(...tolerationIssues("spec.tolerations", pod.spec.tolerations ?? []));
  const munged = changeable(pod, old);
  if (sameJson(munged, old.spec)) return issues;
  const [before, after] = [old.spec, munged].map((spec) => printInternalSpec(POD_SPEC, spec));
  return [...issues, forbidden("spec", `${FIXED}\n${unifiedDiff(`${before}\n`, `${after}\n`)}`)];
}

/** The new spec with everything that may change taken back. */
function changeable({ spec }: Pod, { spec: old }: Pod): core.PodSpec {
  const images = (now: core.Container[] | undefined, then: core.Container[] | undefined) =>
    now?.map((container, index) => ({ ...container, image: then?.[index]?.image as string }));
  const { activeDeadlineSeconds: _now, ...rest } = spec;
  return {
    ...rest,
    containers: images(spec.containers, old.containers) ?? [],
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: images(spec.initContainers, old.initContainers) ?? [] }),
    ...(old.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: old.activeDeadlineSeconds }),
    ...(old.tolerations === undefined ? {} : { tolerations: old.tolerations }),
    ...(old.schedulingGates === undefined ? {} : { schedulingGates: old.schedulingGates }),
  };
}
