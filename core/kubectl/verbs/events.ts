/** `kubectl events`: what happened, the oldest first. */
import { humanDuration, type KubeObject } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { isTable, printObjects } from "../output.ts";
import { alignTabs, TABLE_TABS } from "../print/tabs.ts";
import type { Session } from "../session.ts";
import { OUTPUT_FLAGS, type Verb } from "./verb.ts";

interface Event extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
}

/** The verb. */
export const events: Verb = {
  flags: flags(`${OUTPUT_FLAGS} all-namespaces/A for= types= no-headers watch/w chunk-size=`),
  run(session) {
    const found = session.client.list<Event>(session.path(session.resources.named("events"))).filter(wanted(session));
    found.sort((a, b) => lastSeen(a) - lastSeen(b));
    const all = session.flags.is("all-namespaces");
    if (found.length === 0) {
      session.complain(all ? "No events found." : `No events found in ${session.namespace} namespace.`);
      return 0;
    }
    if (!isTable(session.flags.value("output"))) {
      printObjects(session, found, { list: true });
      return 0;
    }
    const header = [...(all ? ["NAMESPACE"] : []), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
    const rows = found.map((event) => [...(all ? [event.metadata.namespace ?? ""] : []), ...cells(event, session.now)]);
    const shown = session.flags.is("no-headers") ? rows : [header, ...rows];
    session.say(alignTabs(shown.map((row) => row.join("\t")).join("\n"), TABLE_TABS));
    return 0;
  },
};

/** Which events the flags ask for: those about one object, those of some types. */
function wanted(session: Session): (event: Event) => boolean {
  const about = session.flags.value("for");
  const types = session.flags.has("types") ? session.flags.list("types").map((one) => one.toLowerCase()) : undefined;
  const bad = types?.find((one) => !["normal", "warning"].includes(one));
  if (bad !== undefined) throw usageError(`valid --types are Normal or Warning`);
  const [kind = "", name = ""] = about?.split("/") ?? [];
  const resource = about === undefined ? undefined : session.resources.named(kind);
  return ({ involvedObject, type = "" }) =>
    (resource === undefined || (involvedObject.kind === resource.kind && involvedObject.name === name)) &&
    (types === undefined || types.includes(type.toLowerCase()));
}

function lastSeen({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp || eventTime || metadata.creationTimestamp);
}

function cells(event: Event, now: number): string[] {
  const { type = "", reason = "", message = "", involvedObject, count = 1, firstTimestamp } = event;
  const last = humanDuration(now - lastSeen(event));
  const since = count > 1 && firstTimestamp
    ? `${last} (x${count} over ${humanDuration(now - Date.parse(firstTimestamp))})`
    : last;
  return [since, type, reason, `${involvedObject.kind}/${involvedObject.name}`, message.trim()];
}
