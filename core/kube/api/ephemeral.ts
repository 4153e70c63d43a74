/** `pods/NAME/ephemeralcontainers`: containers put beside those of a pod that runs. */
import { copyJson, sameJson } from "../../base/mod.ts";
import { forbidden, type Issue, required } from "../objects/issue.ts";
import type { core, KubeObject, Pod } from "../objects/object.ts";
import { kindKey } from "./registry.ts";
import type { Resource } from "../objects/resource.ts";
import type { ApiServer } from "./server.ts";
import { invalidStatus, notFound } from "./status.ts";
import type { Status } from "./types.ts";
import { checkVersion } from "./update.ts";

/** Stores a pod's ephemeral containers as a changed pod has them; nothing else of it changes. */
export function storeEphemeral(
  server: ApiServer,
  resource: Resource,
  changed: KubeObject,
  { dryRun, patched }: { readonly dryRun: boolean; readonly patched: boolean },
): KubeObject | Status {
  const { name, namespace } = changed.metadata;
  const old = server.store.get("Pod", name, namespace);
  if (old === undefined) return notFound(resource, name);
  const stale = checkVersion(resource, changed.metadata, old, patched ? "" : undefined);
  if (stale !== undefined) return stale;
  const containers = ((changed as Pod).spec.ephemeralContainers ?? []).map(filled);
  const issues = ephemeralIssues(containers, old);
  if (issues.length > 0) return invalidStatus(resource, name, issues);
  if (sameJson(containers, old.spec.ephemeralContainers ?? [])) return old;
  const pod = copyJson(old);
  pod.spec.ephemeralContainers = containers;
  pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
  return dryRun ? pod : server.store.put(pod, kindKey(resource));
}

function filled(container: core.EphemeralContainer): core.EphemeralContainer {
  const latest = !/:[^/]+$/.test(container.image ?? "") || /:latest$/.test(container.image ?? "");
  return {
    ...container,
    resources: container.resources ?? {},
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy: container.terminationMessagePolicy ?? "File",
    imagePullPolicy: container.imagePullPolicy ?? (latest ? "Always" : "IfNotPresent"),
  };
}

const FIELD = "spec.ephemeralContainers";

/** What containers have that are there from the beginning. */
const NOT_HERE = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources"] as const;

function isSet(value: object | undefined): boolean {
  return value !== undefined && Object.keys(value).length > 0;
}

function ephemeralIssues(containers: readonly core.EphemeralContainer[], { spec }: Pod): Issue[] {
  const gone = (spec.ephemeralContainers ?? []).filter((old) => !containers.some(({ name }) => name === old.name));
  const others = (spec.ephemeralContainers ?? []).filter((old) =>
    containers.some((one) => one.name === old.name && !sameJson(filled(old), one))
  );
  const taken = new Set([...spec.containers, ...spec.initContainers ?? []].map(({ name }) => name));
  return [
    ...containers.flatMap(({ name, image = "", targetContainerName = "" }, i) => [
      ...(name ? [] : [required(`${FIELD}[${i}].name`)]),
      ...(image === "" ? [required(`${FIELD}[${i}].image`)] : []),
      ...(taken.has(name)
        ? [
          {
            field: `${FIELD}[${i}].name`,
            reason: "FieldValueDuplicate",
            message: `Duplicate value: ${JSON.stringify(name)}`,
          } as const,
        ]
        : []),
      ...(targetContainerName === "" || taken.has(targetContainerName) ? [] : [
        {
          field: `${FIELD}[${i}].targetContainerName`,
          reason: "FieldValueNotFound",
          message: `Not found: ${JSON.stringify(targetContainerName)}`,
        } as const,
      ]),
    ]),
    ...containers.flatMap((container, i) =>
      NOT_HERE.filter((field) => isSet(container[field])).map((field) =>
        forbidden(`${FIELD}[${i}].${field}`, "cannot be set for an Ephemeral Container")
      )
    ),
    ...gone.map(({ name }) =>
      forbidden(FIELD, `existing ephemeral containers ${JSON.stringify(name)} may not be removed\n`)
    ),
    ...others.map(({ name }) =>
      forbidden(FIELD, `existing ephemeral containers ${JSON.stringify(name)} may not be changed\n`)
    ),
  ];
}
