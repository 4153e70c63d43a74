/** Objects in the form `-o` asks for. */
import { type KubeObject, printYaml } from "../kube/mod.ts";
import { usageError } from "./errors.ts";
import { printCustomColumns } from "./print/custom_columns.ts";
import { printJson } from "./print/json.ts";
import { JsonPath } from "./print/jsonpath.ts";
import { objectText } from "./resources.ts";
import type { Session } from "./session.ts";

const FORMATS = [
  "custom-columns",
  "custom-columns-file",
  "go-template",
  "go-template-file",
  "json",
  "jsonpath",
  "jsonpath-as-json",
  "jsonpath-file",
  "kyaml",
  "name",
  "template",
  "templatefile",
  "wide",
  "yaml",
];

/** Splits `jsonpath={...}` into format and what it is given. */
function splitFormat(output: string, command = ""): { format: string; given: string } {
  const [format = "", given = ""] = output.split(/=(.*)/s);
  if (!FORMATS.includes(format)) {
    const list = FORMATS.filter((one) => one !== "wide" || command === "get").join(",");
    throw usageError(
      `unable to match a printer suitable for the output format ${
        JSON.stringify(format)
      }, allowed formats are: ${list}`,
    );
  }
  return { format, given };
}

/** Whether a format is a table: none at all, or `wide`. */
export function isTable(output: string | undefined): boolean {
  return output === undefined || output === "" || output === "wide";
}

/** Prints one object, or several as a List, in a format that is no table. */
export function printObjects(
  session: Session,
  objects: readonly KubeObject[],
  options: { readonly list: boolean },
): void {
  const { format, given } = splitFormat(session.flags.value("output") ?? "", session.flags.command);
  const shown = objects.map((object) => withoutManaged(session, object));
  const value = options.list
    ? { apiVersion: "v1", items: shown, kind: "List", metadata: { resourceVersion: "" } }
    : shown[0];
  switch (format) {
    case "name":
      for (const object of objects) session.say(nameOf(session, object));
      return;
    case "yaml":
      return session.write(printYaml(value));
    case "json":
      return session.write(printJson(value));
    case "jsonpath":
      return session.write(new JsonPath(given, session.flags.is("allow-missing-template-keys", true)).print(value));
    case "jsonpath-as-json":
      return session.write(printJson(new JsonPath(given).values(value)));
    case "custom-columns":
      return session.write(printCustomColumns(given, shown, !session.flags.is("no-headers")));
    default:
      throw usageError(`output format ${JSON.stringify(format)} is not modelled here`);
  }
}

/** `deployment.apps/web` of an object. */
export function nameOf(session: Session, { apiVersion, kind, metadata }: KubeObject): string {
  const resource = session.resources.ofKind(apiVersion, kind);
  return resource === undefined ? `${kind.toLowerCase()}/${metadata.name}` : objectText(resource, metadata.name);
}

function withoutManaged(session: Session, object: KubeObject): KubeObject {
  if (session.flags.is("show-managed-fields") || object.metadata === undefined) return object;
  const { managedFields: _managed, ...metadata } = object.metadata;
  return { ...object, metadata } as KubeObject;
}

/** Says what was done to an object, or prints it where `-o` asks for that. `dryRun` is added in brackets. */
export function report(session: Session, object: KubeObject, done: string): void {
  const output = session.flags.value("output");
  if (output !== undefined && output !== "") return printObjects(session, [object], { list: false });
  session.say(`${nameOf(session, object)} ${done}${dryRunText(session)}`);
}

/** What is said behind a change that was not made. */
export function dryRunText(session: Session): string {
  const dry = dryRunOf(session);
  return dry === "none" ? "" : dry === "client" ? " (dry run)" : " (server dry run)";
}

/** How `--dry-run` was given. */
export function dryRunOf(session: Session): "none" | "client" | "server" {
  const value = session.flags.value("dry-run") ?? "none";
  if (value === "none" || value === "client" || value === "server") return value;
  if (value === "unchanged") return "client";
  throw usageError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}
