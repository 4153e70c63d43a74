import type { KubeObject } from "../../objects/object.ts";
import type { Resource } from "../../objects/resource.ts";
import { age } from "./age.ts";
import { CORE_TABLES } from "./core.ts";
import { customShape } from "./custom.ts";
import { NETWORK_TABLES } from "./network.ts";
import { KEPT_TABLES } from "./kept.ts";
import { type Cell, shape, type TableShape } from "./shape.ts";
import { WORKLOAD_TABLES } from "./workloads.ts";

/** A Table as the server answers it. */
export interface Table {
  readonly kind: "Table";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: object;
  readonly columnDefinitions: readonly ColumnDefinition[];
  readonly rows: readonly Row[];
}

/** One column; those of priority 1 are for `-o wide`. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** One object's cells. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly object[];
  readonly object?: unknown;
}

const SHAPES: Readonly<Record<string, TableShape>> = {
  ...CORE_TABLES,
  ...WORKLOAD_TABLES,
  ...NETWORK_TABLES,
  ...KEPT_TABLES,
};

const PLAIN: TableShape = shape(
  "Name:name Age",
  ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
);

function shapeOf({ kind, columns }: Resource): TableShape {
  return columns === undefined ? SHAPES[kind] ?? PLAIN : customShape(columns);
}

/** What a table is made of. */
export interface TableRequest {
  readonly resource: Resource;
  readonly items: readonly KubeObject[];
  readonly metadata: object;
  readonly now: number;
  /** How much of the object each row carries. */
  readonly include: "Metadata" | "Object" | "None";
}

/** The table of some objects of one kind, as the server prints it. */
export function tableOf({ resource, items, metadata, now, include }: TableRequest): Table {
  const { columns, cells, conditions } = shapeOf(resource);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns,
    rows: items.map((item) => {
      const marks = conditions?.(item);
      return {
        cells: cells(item, now),
        ...(marks === undefined ? {} : { conditions: marks }),
        object: include === "None" ? null : include === "Object" ? item : metadataOnly(item),
      };
    }),
  };
}

function metadataOnly({ metadata }: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
