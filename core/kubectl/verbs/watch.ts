import { TABLE } from "../client.ts";
import { usageError } from "../errors.ts";
import type { ServerTable } from "../print/table.ts";
import type { Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import type { Rows, Wanted } from "./get.ts";

const FOREVER = 365 * 86_400_000;

/** `5s`, `2m`, `1h30m`, `500ms` in milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text) * 1000;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text) {
    throw usageError(`invalid argument ${JSON.stringify(text)}: time: invalid duration ${JSON.stringify(text)}`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit as string] as number), 0);
}

/** `get -w`: what there is, then a row for every change, until time runs out or the command is ended. */
export async function watchRows(
  session: Session,
  wanted: Wanted,
  print: (session: Session, rows: Rows) => void,
): Promise<number> {
  const [first, ...more] = wanted.items;
  if (first === undefined || more.length > 0) throw usageError("you may only specify a single resource type");
  const { resource, name } = first;
  const collection = session.path(resource);
  const query = session.selectorQuery(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` });
  const table = session.client.get(
    name === undefined ? collection + query : session.path(resource, name),
    TABLE,
  ) as ServerTable;
  if (!session.flags.is("watch-only")) print(session, { resource, table, several: false });
  let version = session.api.store.version;
  const timeout = session.flags.value("request-timeout");
  const end = session.now + (timeout === undefined ? FOREVER : parseDuration(timeout));
  while (session.now < end) {
    if (!await session.host.clock.sleep(Math.min(200, end - session.now))) return 0;
    version = showChanges(session, { resource, query, since: version }, print);
  }
  return 0;
}

interface Since {
  readonly resource: Resource;
  readonly query: string;
  readonly since: number;
}

interface Event {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly namespace?: string } };
}

function showChanges(
  session: Session,
  { resource, query, since }: Since,
  print: (session: Session, rows: Rows) => void,
): number {
  const now = session.api.store.version;
  if (now === since) return since;
  const joined = `${query}${query === "" ? "?" : "&"}watch=true&resourceVersion=${since}`;
  const events = session.client.get(session.path(resource) + joined) as Event[];
  for (const { type, object } of events) {
    const { name, namespace } = object.metadata;
    const path = session.path(resource, name).replace(
      /\/namespaces\/[^/]+/,
      namespace === undefined ? "" : `/namespaces/${namespace}`,
    );
    const answer = session.client.send({ method: "GET", path, accept: TABLE });
    if (type !== "DELETED" && answer.code < 300) {
      print(session, { resource, table: answer.body as ServerTable, several: false, headers: false });
    }
  }
  return now;
}
