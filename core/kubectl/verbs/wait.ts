import type { KubeObject } from "../../kube/mod.ts";
import { CommandError, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { JsonPath, printValue, relaxedPath } from "../print/jsonpath.ts";
import { type Named, objectText } from "../resources.ts";
import type { Session } from "../session.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";
import { parseDuration } from "./watch.ts";

type Condition = (object: KubeObject | undefined) => boolean;

/** `kubectl wait` */
export const wait: Verb = {
  flags: flags(`${OUTPUT_FLAGS} ${FILE_FLAGS} for= timeout= all all-namespaces/A selector/l= field-selector= local`),
  async run(session) {
    const asked = session.flags.value("for");
    if (asked === undefined) throw usageError("unrecognized condition: []");
    const met = conditionOf(asked);
    const end = session.now + parseDuration(session.flags.value("timeout") ?? "30s");
    const targets = session.targets();
    if (targets.length === 0) throw usageError("no matching resources found");
    if (asked === "delete") {
      // Who is gone already is not waited for, and not spoken of.
      const there = targets.filter(({ resource, name }) => session.client.find(session.path(resource, name)));
      targets.splice(0, targets.length, ...there);
    }
    for (const target of targets) await waitFor(session, { target, met, end, gone: asked === "delete" });
    return 0;
  },
};

function conditionOf(text: string): Condition {
  if (text === "delete") return (object) => object === undefined;
  if (text === "create") return (object) => object !== undefined;
  if (text.startsWith("condition=")) {
    const [type = "", value = "true"] = text.slice("condition=".length).split("=");
    return (object) => hasCondition(object, type, value);
  }
  if (text.startsWith("jsonpath=")) {
    const [, path = "", value] = /^jsonpath=(\{.*?\}|[^=]*)(?:=(.*))?$/s.exec(text.replaceAll("'", "")) ?? [];
    const template = new JsonPath(relaxedPath(path));
    return (object) => {
      const [found] = object === undefined ? [] : template.values(object);
      return found !== undefined && (value === undefined || printValue(found) === value);
    };
  }
  throw usageError(`unrecognized condition: ${JSON.stringify(text)}`);
}

function hasCondition(object: KubeObject | undefined, type: string, value: string): boolean {
  const { conditions = [] } =
    (object as { status?: { conditions?: { type: string; status: string }[] } } | undefined)?.status ?? {};
  return conditions.some((one) =>
    one.type.toLowerCase() === type.toLowerCase() && one.status.toLowerCase() === value.toLowerCase()
  );
}

interface Waiting {
  readonly target: Named;
  readonly met: Condition;
  readonly end: number;
  readonly gone: boolean;
}

async function waitFor(session: Session, { target: { resource, name }, met, end, gone }: Waiting): Promise<void> {
  const path = session.path(resource, name);
  if (!gone && session.client.find(path) === undefined) session.client.get(path);
  while (!met(session.client.find(path))) {
    if (session.now >= end || !await session.host.clock.sleep(Math.min(200, Math.max(1, end - session.now)))) {
      throw new CommandError(`error: timed out waiting for the condition on ${resource.plural}/${name}`);
    }
  }
  session.say(`${objectText(resource, name)} ${gone ? "deleted" : "condition met"}`);
}
