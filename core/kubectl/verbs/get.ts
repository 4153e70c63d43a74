import type { KubeObject, Status } from "../../kube/mod.ts";
import { TABLE } from "../client.ts";
import { CommandError, refused, seeHelp, statusText, usageError } from "../errors.ts";
import { namesFiles, readFiles } from "../files.ts";
import { flags } from "../flags.ts";
import { isTable, printObjects } from "../output.ts";
import { JsonPath, relaxedPath } from "../print/jsonpath.ts";
import { printTable, type ServerTable, type TableRow } from "../print/table.ts";
import { kindText, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";
import { watchRows } from "./watch.ts";

/** `kubectl get` */
export const get: Verb = {
  flags: flags(
    `${OUTPUT_FLAGS} ${FILE_FLAGS} all-namespaces/A selector/l= field-selector= show-labels label-columns/L=* sort-by=
    no-headers ignore-not-found watch/w watch-only output-watch-events show-kind raw= chunk-size= server-print subresource=`,
  ),
  run(session) {
    const raw = session.flags.value("raw");
    if (raw !== undefined) return getRaw(session, raw);
    const wanted = selectionOf(session);
    if (session.flags.is("watch") || session.flags.is("watch-only")) return watchRows(session, wanted, printRows);
    return isTable(session.flags.value("output")) ? getTables(session, wanted) : getObjects(session, wanted);
  },
};

/** What `get` is asked for: each request that must be made. */
export interface Wanted {
  readonly items: readonly { readonly resource: Resource; readonly name?: string; readonly namespace?: string }[];
  readonly kinds: number;
  readonly single: boolean;
}

function selectionOf(session: Session): Wanted {
  const { args } = session.flags;
  if (namesFiles(session)) return fromFiles(session);
  if (args.length === 0) {
    throw new CommandError(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n' +
        'error: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource ' +
        "(e.g. kubectl explain pods)." + seeHelp(session),
    );
  }
  const selection = session.select(args);
  if (selection.type === "kinds") {
    return {
      items: selection.resources.map((resource) => ({ resource })),
      kinds: selection.resources.length,
      single: false,
    };
  }
  if (session.flags.is("all-namespaces")) {
    throw usageError("a resource cannot be retrieved by name across all namespaces");
  }
  const kinds = new Set(selection.items.map(({ resource }) => kindText(resource))).size;
  return { items: selection.items, kinds, single: selection.items.length === 1 };
}

function fromFiles(session: Session): Wanted {
  const items = readFiles(session).map(({ draft }) => {
    const resource = session.resources.ofKind(draft.apiVersion, draft.kind) ?? session.resources.named(draft.kind);
    const namespace = draft.metadata.namespace ?? session.namespace;
    return { resource, name: draft.metadata.name ?? "", namespace };
  });
  return { items, kinds: new Set(items.map(({ resource }) => resource.kind)).size, single: items.length === 1 };
}

function getRaw(session: Session, path: string): number {
  const answer = session.client.send({ method: "GET", path, accept: "application/json, */*" });
  if (answer.code >= 300) {
    const missing = { reason: "NotFound", message: "the server could not find the requested resource" } as Status;
    throw new CommandError(statusText(typeof answer.body === "string" ? missing : answer.body as Status));
  }
  if (typeof answer.body === "string") session.write(answer.body);
  else {session.write(
      answer.indent === undefined
        ? `${JSON.stringify(answer.body)}\n`
        : JSON.stringify(answer.body, null, answer.indent),
    );}
  return 0;
}

interface Fetched<T> {
  readonly resource: Resource;
  readonly body: T;
}

/** Asks for everything wanted; what is missing is told at the end. */
function fetchAll<T>(session: Session, { items }: Wanted, accept: string, query: Readonly<Record<string, string>>) {
  const found: Fetched<T>[] = [];
  const errors: CommandError[] = [];
  const sub = session.flags.value("subresource");
  const inner = sub === undefined ? "" : `/${sub}`;
  for (const { resource, name, namespace } of items) {
    const path = namespace === undefined ? session.path(resource, name) : pathIn(session, resource, namespace, name);
    const full = name === undefined ? path + session.selectorQuery(query) : `${path}${inner}${nameQuery(query)}`;
    const answer = session.client.send({ method: "GET", path: full, accept });
    if (answer.code < 300) found.push({ resource, body: answer.body as T });
    else if (!(answer.code === 404 && session.flags.is("ignore-not-found"))) {
      errors.push(listError(session, resource, name, answer.body as Status));
    }
  }
  return { found, errors };
}

function pathIn(session: Session, resource: Resource, namespace: string, name: string | undefined): string {
  const path = session.path(resource, name);
  return path.replace(/\/namespaces\/[^/]+/, `/namespaces/${namespace}`);
}

function nameQuery(query: Readonly<Record<string, string>>): string {
  return query.includeObject === undefined ? "" : `?includeObject=${query.includeObject}`;
}

function listError(session: Session, resource: Resource, name: string | undefined, status: Status): CommandError {
  if (name !== undefined || (status.code !== 400 && status.code !== 404)) return refused(status);
  const version = `${resource.group === "" ? "" : resource.group}/${resource.version}`;
  const labels = JSON.stringify(session.flags.value("selector") ?? "");
  const fields = JSON.stringify(session.flags.value("field-selector") ?? "");
  const message =
    `Unable to find ${
      JSON.stringify(`${version}, Resource=${resource.plural}`)
    } that match label selector ${labels}, ` +
    `field selector ${fields}: ${status.message}`;
  return refused({ ...status, message });
}

function getTables(session: Session, wanted: Wanted): number {
  const sortBy = session.flags.value("sort-by");
  const query: Record<string, string> = sortBy === undefined ? { limit: "500" } : { includeObject: "Object" };
  const { found, errors } = fetchAll<ServerTable>(session, wanted, TABLE, query);
  const groups = joinTables(found);
  let printed = 0;
  for (const { resource, body } of groups) {
    if (body.rows.length === 0) continue;
    if (printed++ > 0 && wanted.kinds > 1) session.say("");
    printRows(session, {
      resource,
      table: sortBy === undefined ? body : sorted(body, sortBy),
      several: wanted.kinds > 1,
    });
  }
  if (printed === 0 && errors.length === 0 && !session.flags.is("ignore-not-found")) {
    session.complain(nothingFound(session, wanted));
  }
  return finish(session, errors);
}

/** Rows of the same kind asked for one after the other stand under one header. */
function joinTables(found: readonly Fetched<ServerTable>[]): Fetched<ServerTable>[] {
  const groups: Fetched<ServerTable>[] = [];
  for (const { resource, body } of found) {
    const last = groups.at(-1);
    if (last?.resource === resource) {
      groups[groups.length - 1] = { resource, body: { ...body, rows: [...last.body.rows, ...body.rows] } };
    } else groups.push({ resource, body });
  }
  return groups;
}

/** Some rows of one kind, to be printed. */
export interface Rows {
  readonly resource: Resource;
  readonly table: ServerTable;
  readonly several: boolean;
  readonly headers?: boolean;
}

/** Prints rows as the flags say. */
export function printRows(session: Session, { resource, table, several, headers = true }: Rows): void {
  const { flags } = session;
  session.write(printTable(table, {
    wide: flags.value("output") === "wide",
    headers: headers && !flags.is("no-headers"),
    namespaces: flags.is("all-namespaces") && resource.namespaced,
    showLabels: flags.is("show-labels"),
    labelColumns: flags.list("label-columns"),
    ...(several || flags.is("show-kind") ? { kind: kindText(resource) } : {}),
  }));
}

function nothingFound(session: Session, { items }: Wanted): string {
  const cluster = items.every(({ resource }) => !resource.namespaced);
  return session.flags.is("all-namespaces") || cluster
    ? "No resources found"
    : `No resources found in ${session.namespace} namespace.`;
}

function sorted(table: ServerTable, by: string): ServerTable {
  const path = new JsonPath(relaxedPath(by));
  const keyed = table.rows.map((row) => ({ row, key: path.values(row.object)[0] }));
  if (table.rows.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw usageError(`couldn't find any field with path ${JSON.stringify(relaxedPath(by))} in the list of objects`);
  }
  return { ...table, rows: keyed.sort((a, b) => compare(a.key, b.key)).map(({ row }): TableRow => row) };
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return natural(String(a), String(b));
}

/** Numbers inside texts count by value: `node-2` before `node-10`. */
function natural(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []) as unknown as [string[], string[]];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x, y] = [left[index] as string, right[index] as string];
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    return numbers !== 0 ? numbers : x < y ? -1 : 1;
  }
  return left.length - right.length;
}

interface List {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: readonly KubeObject[];
}

function getObjects(session: Session, wanted: Wanted): number {
  const { found, errors } = fetchAll<KubeObject | List>(session, wanted, "application/json", { limit: "500" });
  const objects = found.flatMap(({ body }) => ("items" in body ? headed(body) : [body]));
  const isList = !wanted.single;
  if (objects.length > 0 || isList) printObjects(session, sortedObjects(session, objects), { list: isList });
  return finish(session, errors);
}

function sortedObjects(session: Session, objects: readonly KubeObject[]): KubeObject[] {
  const by = session.flags.value("sort-by");
  if (by === undefined) return [...objects];
  const path = new JsonPath(relaxedPath(by));
  return [...objects].sort((a, b) => compare(path.values(a)[0], path.values(b)[0]));
}

function headed({ kind, apiVersion, items }: List): KubeObject[] {
  return items.map((item) => ({ ...item, kind: kind.replace(/List$/, ""), apiVersion }));
}

/** Says what went wrong, and with which exit status to end. */
export function finish(session: Session, errors: readonly CommandError[]): number {
  for (const error of errors) session.complain(error.text);
  return errors.length > 0 ? 1 : 0;
}
