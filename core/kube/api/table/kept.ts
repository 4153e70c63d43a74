/** Tables of kinds podwire keeps without giving them a meaning: the columns people look for. */
import type { KubeObject } from "../../objects/object.ts";
import { age } from "./age.ts";
import { type Cell, shape, type TableShape } from "./shape.ts";

interface Loose extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

function at(object: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    object,
  );
}

function cell(value: unknown, none: string): Cell {
  if (value === undefined || value === null || value === "") return none;
  return typeof value === "object" ? JSON.stringify(value) : value as Cell;
}

/** A table whose cells are fields: `Column=path` pairs, name first and age last unless said otherwise. */
function fields(columns: string, paths: readonly string[], none = "<none>"): TableShape {
  return shape<Loose>(
    columns,
    (object, now) =>
      paths.map((path) => path === "AGE" ? age(object.metadata.creationTimestamp, now) : cell(at(object, path), none)),
  );
}

const NAME = "metadata.name";
const CLAIM = "Name:name Status Volume Capacity 'Access Modes' StorageClass VolumeAttributesClass Age | VolumeMode";

/** Tables by kind. */
export const KEPT_TABLES: Readonly<Record<string, TableShape>> = {
  ControllerRevision: shape<Loose>("Name:name Controller Revision Age", (object, now) => {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
    const kind = owner === undefined ? "<none>" : ownerText(owner);
    return [object.metadata.name, kind, cell(object.revision, "0"), age(object.metadata.creationTimestamp, now)];
  }),
  PodDisruptionBudget: shape<Loose>(
    "Name:name 'Min Available' 'Max Unavailable' 'Allowed Disruptions':integer Age",
    (object, now) => [
      object.metadata.name,
      cell(at(object, "spec.minAvailable"), "N/A"),
      cell(at(object, "spec.maxUnavailable"), "N/A"),
      cell(at(object, "status.disruptionsAllowed"), "0"),
      age(object.metadata.creationTimestamp, now),
    ],
  ),
  HorizontalPodAutoscaler: shape<Loose>(
    "Name:name Reference Targets MinPods MaxPods:integer Replicas:integer Age",
    (object, now) => [
      object.metadata.name,
      `${cell(at(object, "spec.scaleTargetRef.kind"), "")}/${cell(at(object, "spec.scaleTargetRef.name"), "")}`,
      targetsCell(object),
      String(cell(at(object, "spec.minReplicas"), "<unset>")),
      cell(at(object, "spec.maxReplicas"), "0"),
      cell(at(object, "status.currentReplicas"), "0") === "0" ? 0 : at(object, "status.currentReplicas") as number,
      age(object.metadata.creationTimestamp, now),
    ],
  ),
  Lease: fields("Name:name Holder Age", [NAME, "spec.holderIdentity", "AGE"], ""),
  PriorityClass: fields("Name:name Value:integer Global-Default:boolean Age PreemptionPolicy", [
    NAME,
    "value",
    "globalDefault",
    "AGE",
    "preemptionPolicy",
  ], ""),
  StorageClass: fields("Name:name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age", [
    NAME,
    "provisioner",
    "reclaimPolicy",
    "volumeBindingMode",
    "allowVolumeExpansion",
    "AGE",
  ], "<unset>"),
  PersistentVolumeClaim: fields(CLAIM, [
    NAME,
    "status.phase",
    "spec.volumeName",
    "status.capacity.storage",
    "status.accessModes",
    "spec.storageClassName",
    "spec.volumeAttributesClassName",
    "AGE",
    "spec.volumeMode",
  ], ""),
  RoleBinding: shape<Loose>("Name:name Role Age", bindingCells),
  ClusterRoleBinding: shape<Loose>("Name:name Role Age", bindingCells),
  Role: shape<Loose>("Name:name 'Created At'", roleCells),
  ClusterRole: shape<Loose>("Name:name 'Created At'", roleCells),
  CustomResourceDefinition: shape<Loose>("Name:name 'Created At'", roleCells),
};

/** Each metric's value and goal; there are no values here. */
interface Measured {
  readonly resource?: { readonly name?: string; readonly target?: Goal; readonly current?: Goal };
  readonly containerResource?: { readonly name?: string; readonly target?: Goal; readonly current?: Goal };
}

interface Goal {
  readonly averageUtilization?: number;
  readonly averageValue?: string;
}

function percentOf(goal: Goal | undefined): string | undefined {
  return goal?.averageUtilization === undefined ? undefined : `${goal.averageUtilization}%`;
}

/** Each metric as `NAME: CURRENT/TARGET`. */
function targetsCell(object: Loose): string {
  const metrics = at(object, "spec.metrics") as Measured[] | undefined;
  const current = (at(object, "status.currentMetrics") ?? []) as Measured[];
  const shown = (metrics ?? []).map(({ resource, containerResource }, i) => {
    const of = resource ?? containerResource;
    const is = (current[i]?.resource ?? current[i]?.containerResource)?.current;
    const percent = of?.target?.averageUtilization !== undefined;
    const value = (goal: Goal | undefined, none: string) =>
      String((percent ? percentOf(goal) : goal?.averageValue) ?? none);
    return `${of?.name ?? ""}: ${value(is, "<unknown>")}/${value(of?.target, "<auto>")}`;
  });
  return shown.length === 0 ? "<none>" : shown.join(", ");
}

function ownerText({ apiVersion, kind, name }: { apiVersion: string; kind: string; name: string }): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${name}`;
}

function bindingCells(object: Loose, now: number): Cell[] {
  const role = object.roleRef as { kind?: string; name?: string } | undefined;
  return [object.metadata.name, `${role?.kind}/${role?.name}`, age(object.metadata.creationTimestamp, now)];
}

function roleCells({ metadata }: Loose): Cell[] {
  return [metadata.name, metadata.creationTimestamp];
}
