/** Objects out of the flags of `kubectl create`: budgets, quotas, priorities, roles and who has them. */
import type { Draft } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Generator } from "./create.ts";
import { draft, nameOf } from "./draft.ts";

const RBAC = "rbac.authorization.k8s.io";

/** `app=a,tier=b` as labels. */
function labels(text: string): Record<string, string> {
  return Object.fromEntries(text.split(",").map((pair) => pair.split("=") as [string, string]));
}

const numberOrShare = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** `kubectl create poddisruptionbudget` */
export const budget: Generator = {
  flags: "min-available= max-unavailable= selector=",
  make(session) {
    const name = nameOf(session);
    const { flags } = session;
    const [selector, min, max] = ["selector", "min-available", "max-unavailable"].map((one) => flags.value(one));
    if (!selector) throw usageError("a selector must be specified");
    if (min === undefined && max === undefined) {
      throw usageError("one of min-available or max-unavailable must be specified");
    }
    if (min !== undefined && max !== undefined) {
      throw usageError("min-available and max-unavailable cannot be both specified");
    }
    const amount = min === undefined
      ? { maxUnavailable: numberOrShare(max as string) }
      : { minAvailable: numberOrShare(min) };
    const status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    const spec = { ...amount, selector: { matchLabels: labels(selector) } };
    return draft("policy/v1", "PodDisruptionBudget", { name }, { spec, status });
  },
};

/** `kubectl create quota` */
export const quota: Generator = {
  flags: "hard= scopes=",
  make(session) {
    const name = nameOf(session);
    const [hard, scopes] = [session.flags.value("hard"), session.flags.value("scopes")];
    const spec = {
      ...(hard === undefined ? {} : { hard: labels(hard) }),
      ...(scopes === undefined ? {} : { scopes: scopes.split(",") }),
    };
    return draft("v1", "ResourceQuota", { name }, { spec, status: {} });
  },
};

/** `kubectl create priorityclass` */
export const priorityClass: Generator = {
  flags: "value= description= global-default preemption-policy=",
  make(session) {
    const name = nameOf(session);
    const { flags } = session;
    const description = flags.value("description") ?? "";
    return draft("scheduling.k8s.io/v1", "PriorityClass", { name }, {
      value: Number(flags.value("value") ?? 0),
      ...(description === "" ? {} : { description }),
      ...(flags.is("global-default") ? { globalDefault: true } : {}),
      preemptionPolicy: flags.value("preemption-policy") ?? "PreemptLowerPriority",
    });
  },
};

/** Rules of a role: resources of a group stand together, in the order in which the groups came. */
function rulesOf(session: Session): object[] {
  const { flags } = session;
  const [verbs, resources] = [flags.list("verb"), flags.list("resource")];
  const urls = flags.list("non-resource-url");
  if (verbs.length === 0) throw usageError("at least one verb must be specified");
  if (resources.length === 0 && urls.length === 0) throw usageError("at least one resource must be specified");
  if (urls.length > 0) return [{ nonResourceURLs: urls, verbs }];
  const groups = new Map<string, string[]>();
  for (const text of resources) {
    const resource = session.resources.named(text.split("/")[0] as string);
    const [, sub] = text.split("/");
    groups.set(resource.group, [
      ...groups.get(resource.group) ?? [],
      sub === undefined ? resource.plural : `${resource.plural}/${sub}`,
    ]);
  }
  const resourceNames = flags.all("resource-name");
  return [...groups].map(([group, plurals]) => ({
    apiGroups: [group],
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    resources: plurals,
    verbs,
  }));
}

function role(kind: "Role" | "ClusterRole"): Generator {
  return {
    flags: "verb=* resource=* resource-name=* non-resource-url=* aggregation-rule=",
    make: (session): Draft => draft(`${RBAC}/v1`, kind, { name: nameOf(session) }, { rules: rulesOf(session) }),
  };
}

function binding(kind: "RoleBinding" | "ClusterRoleBinding"): Generator {
  return {
    flags: "role= clusterrole= user=* group=* serviceaccount=*",
    make(session) {
      const name = nameOf(session);
      const { flags } = session;
      const [own, cluster] = [flags.value("role"), flags.value("clusterrole")];
      if (kind === "ClusterRoleBinding" && cluster === undefined) {
        throw usageError('required flag(s) "clusterrole" not set');
      }
      if ((own === undefined) === (cluster === undefined)) {
        throw usageError("exactly one of clusterrole or role must be specified");
      }
      const roleRef = { apiGroup: RBAC, kind: own === undefined ? "ClusterRole" : "Role", name: own ?? cluster };
      return draft(`${RBAC}/v1`, kind, { name }, { roleRef, subjects: subjectsOf(session) });
    },
  };
}

function subjectsOf({ flags }: Session): object[] {
  return [
    ...flags.list("user").map((name) => ({ apiGroup: RBAC, kind: "User", name })),
    ...flags.list("group").map((name) => ({ apiGroup: RBAC, kind: "Group", name })),
    ...flags.list("serviceaccount").map((text) => {
      const [namespace = "", name] = text.split(":");
      if (!name) throw usageError("serviceaccount must be <namespace>:<name>");
      return { kind: "ServiceAccount", name, namespace };
    }),
  ];
}

/** `kubectl create role|clusterrole|rolebinding|clusterrolebinding` */
export const RBAC_GENERATORS: Readonly<Record<string, Generator>> = {
  role: role("Role"),
  clusterrole: role("ClusterRole"),
  rolebinding: binding("RoleBinding"),
  clusterrolebinding: binding("ClusterRoleBinding"),
};
