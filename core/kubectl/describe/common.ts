/** Parts most descriptions have: labels, annotations, times, owners, events. */
import { order } from "../../base/mod.ts";
import {
  age,
  type core,
  type KubeEvent,
  type KubeObject,
  type LabelSelector,
  LAST_APPLIED,
  printSelector,
  selectorOf,
} from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import type { Writer } from "./writer.ts";

/** Describes one object of a kind. */
export type Describer = (object: never, session: Session) => string;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time as descriptions show it: `Sat, 21 Nov 2026 09:30:59 +0000`. */
export function longTime(time: string | null | undefined): string {
  const date = new Date(Date.parse(time ?? "0001-01-01T00:00:00Z"));
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${day} ${String(date.getUTCFullYear()).padStart(4, "0")} ${clock} +0000`;
}

/** `Labels:` and the like: one pair a line, in order. */
export function labelLines(writer: Writer, title: string, labels: Readonly<Record<string, string>> | undefined): void {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) writer.line(`${title}:\t<none>`);
  pairs.forEach(([key, value], index) => writer.line(`${index === 0 ? `${title}:` : ""}\t${key}=${value}`));
}

const HIDDEN = [LAST_APPLIED];
const LONGEST = 140;

/** `Annotations:`; long and many-lined values stand below their key. */
export function annotationLines(
  writer: Writer,
  title: string,
  annotations: Readonly<Record<string, string>> | undefined,
): void {
  const pairs = Object.entries(annotations ?? {}).filter(([key]) => !HIDDEN.includes(key)).sort((
    [a],
    [b],
  ) => (a < b ? -1 : 1));
  if (pairs.length === 0) writer.line(`${title}:\t<none>`);
  pairs.forEach(([key, raw], index) => {
    const value = raw.replace(/\n$/, "");
    const head = `${index === 0 ? `${title}:` : ""}\t`;
    if (value.length + key.length + 2 <= LONGEST && !value.includes("\n")) {
      return writer.line(`${head}${key}: ${value}`);
    }
    writer.line(`${head}${key}:`);
    for (const line of value.split("\n")) {
      const limit = LONGEST - 2;
      writer.line(`\t  ${line.length > limit ? `${line.slice(0, limit)}...` : line}`);
    }
  });
}

/** `ReplicaSet/web-5d9f`: who controls an object; empty for nobody. */
export function controllerText({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return owner === undefined ? "" : `${owner.kind}/${owner.name}`;
}

/** A selector as descriptions show it. */
export function selectorText(selector: LabelSelector | undefined): string {
  return printSelector(selectorOf(selector) ?? []) || "<none>";
}

/** A label map in one line. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "<none>" : pairs.map(([key, value]) => `${key}=${value}`).join(",");
}

/** The Events of an object, newest last. */
export function eventsOf(session: Session, { kind, metadata }: KubeObject): KubeEvent[] {
  const namespace = metadata.namespace;
  const fields = [
    `involvedObject.name=${metadata.name}`,
    `involvedObject.namespace=${namespace ?? ""}`,
    ...(kind === "Pod" ? [] : [`involvedObject.kind=${kind}`]),
    `involvedObject.uid=${metadata.uid}`,
  ];
  const where = namespace === undefined ? "/api/v1/events" : `/api/v1/namespaces/${namespace}/events`;
  const events = session.client.list<KubeEvent>(
    `${where}?fieldSelector=${encodeURIComponent(fields.join(","))}&limit=500`,
  );
  return events.sort((a, b) => order(a.lastTimestamp ?? "", b.lastTimestamp ?? ""));
}

/** `Events:` at the end of a description. */
export function eventLines(writer: Writer, session: Session, object: KubeObject): void {
  if (!session.showEvents) return;
  const events = eventsOf(session, object);
  if (events.length === 0) return writer.line("Events:\t<none>");
  writer.flush();
  writer.lines("Events:", "  Type\tReason\tAge\tFrom\tMessage", "  ----\t------\t----\t----\t-------");
  for (const event of events) {
    const path = event.involvedObject.fieldPath ?? "";
    const message = (event.message ?? "").trim();
    const cells = [event.type, event.reason, interval(event, session.now), event.source?.component ?? ""];
    writer.line([...cells, path === "" ? message : `${path}: ${message}`].join("\t"), 1);
  }
}

function interval({ firstTimestamp, lastTimestamp, eventTime, count = 1 }: KubeEvent, now: number): string {
  const first = age(eventTime ?? firstTimestamp, now);
  return count > 1 ? `${age(lastTimestamp, now)} (x${count} over ${first})` : first;
}

/** How many pods of a controller run, wait, succeeded, failed. */
export function podCounts(session: Session, owner: KubeObject, selector: LabelSelector | undefined): string {
  const query = `labelSelector=${encodeURIComponent(printSelector(selectorOf(selector) ?? []))}&limit=500`;
  const pods = session.client.list<KubeObject & { status: core.PodStatus }>(
    `/api/v1/namespaces/${owner.metadata.namespace}/pods?${query}`,
  ).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === owner.metadata.uid)
  );
  const count = (phase: string) => pods.filter(({ status }) => status.phase === phase).length;
  return `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${
    count("Failed")
  } Failed`;
}

/** Type, status and reason of conditions under their header. */
export function conditionLines(
  writer: Writer,
  conditions: readonly { type: string; status: string; reason?: string }[] = [],
): void {
  if (conditions.length === 0) return;
  writer.lines("Conditions:", "  Type\tStatus\tReason", "  ----\t------\t------");
  for (const { type, status, reason = "" } of conditions) writer.line(`${type} \t${status}\t${reason}`, 1);
}
