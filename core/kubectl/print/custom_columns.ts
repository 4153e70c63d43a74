import { usageError } from "../errors.ts";
import { JsonPath, printValue, relaxedPath } from "./jsonpath.ts";
import { alignTabs, TABLE_TABS } from "./tabs.ts";

/** A table of fields: `NAME:.metadata.name,IP:.spec.clusterIP`. */
export function printCustomColumns(spec: string, objects: readonly unknown[], headers = true): string {
  if (spec === "") throw usageError("custom-columns format specified but no custom columns given");
  const columns = spec.split(",").map((part) => {
    const [header = "", ...path] = part.split(":");
    if (path.length === 0) {
      throw usageError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return { header, path: new JsonPath(relaxedPath(path.join(":"))) };
  });
  const rows = objects.map((object) => columns.map(({ path }) => cell(path.values(object))));
  const all = headers ? [columns.map(({ header }) => header), ...rows] : rows;
  return `${alignTabs(all.map((row) => row.join("\t")).join("\n"), TABLE_TABS)}\n`;
}

function cell(values: readonly unknown[]): string {
  return values.length === 0
    ? "<none>"
    : values.map((value) => (value === null ? "<nil>" : printValue(value))).join(",");
}
