/** Commands that change a field or two of objects: scale, label, annotate, patch, set image, cordon, taint. */
import { sameJson } from "../../base/mod.ts";
import { parse } from "yaml";
import { type core, type KubeObject, type Node } from "../../kube/mod.ts";
import { CommandError, seeHelp, usageError } from "../errors.ts";
import { namesFiles, readFiles } from "../files.ts";
import { flags } from "../flags.ts";
import { dryRunOf, dryRunText, nameOf, printObjects, report } from "../output.ts";
import { type Named, objectText } from "../resources.ts";
import type { Session } from "../session.ts";
import { finish } from "./get.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

/** Flags of all commands that change a field or two. */
export const CHANGE_FLAGS =
  `${OUTPUT_FLAGS} ${FILE_FLAGS} dry-run=?unchanged all all-namespaces/A selector/l= field-selector= local field-manager=`;

/** The query of a change; what a dry run would come to, the server knows. */
export function query(session: Session, manager: string): string {
  return `?${dryRunOf(session) === "none" ? "" : "dryRun=All&"}fieldManager=kubectl-${manager}`;
}

/** What a command is for: files, or the arguments before the changes. */
export function targets(session: Session, args: readonly string[]): Named[] {
  if (namesFiles(session)) {
    return readFiles(session).map(({ draft }) => ({
      resource: session.resources.named(draft.kind),
      name: draft.metadata.name ?? "",
    }));
  }
  if (args.length === 0) {
    throw usageError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
  }
  const selection = session.select(args);
  const narrowed = session.flags.is("all") || session.flags.has("selector") || session.flags.has("field-selector");
  if (selection.type === "kinds" && !narrowed) throw usageError("resource(s) were provided, but no name was specified");
  return session.targets(args);
}

/** `kubectl scale` */
export const scale: Verb = {
  flags: flags(`${CHANGE_FLAGS} replicas= current-replicas= resource-version= timeout=`),
  run(session) {
    const replicas = session.flags.value("replicas");
    if (replicas === undefined) throw usageError('required flag(s) "replicas" not set');
    if (!/^\d+$/.test(replicas)) {
      throw usageError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    }
    const expected = session.flags.value("current-replicas");
    return eachTarget(session, targets(session, session.flags.args), ({ resource, name }) => {
      const path = session.path(resource, name);
      const object = session.client.get(path) as KubeObject & { spec?: { replicas?: number } };
      if (expected !== undefined && Number(expected) !== object.spec?.replicas) {
        throw usageError(`Expected replicas to be ${expected}, was ${object.spec?.replicas}`);
      }
      if (dryRunOf(session) === "none") {
        session.client.patch(`${path}/scale`, { spec: { replicas: Number(replicas) } }, "merge");
      }
      report(session, object, "scaled");
    });
  },
};

/** Does something with every target; goes on after an error, and tells all of them at the end. */
export function eachTarget(session: Session, all: readonly Named[], act: (target: Named) => void): number {
  const errors: CommandError[] = [];
  for (const target of all) {
    try {
      act(target);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push(error);
    }
  }
  return finish(session, errors);
}

/** Changes on a command line: what is set, what goes, and what else stands there. */
export interface Change {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  readonly rest: readonly string[];
}

/** Splits `pod a x=y z-` into what is named and what is changed. */
export function splitChanges(args: readonly string[]): Change {
  const from = args.findIndex((arg, index) => index > 0 && (arg.includes("=") || arg.endsWith("-")));
  const changes = from < 0 ? [] : args.slice(from);
  const set = changes.filter((one) => one.includes("=")).map((one) =>
    one.split(/=(.*)/s).slice(0, 2) as [string, string]
  );
  return {
    set: Object.fromEntries(set),
    unset: changes.filter((one) => !one.includes("=")).map((one) => one.replace(/-$/, "")),
    rest: from < 0 ? args : args.slice(0, from),
  };
}

function metadataVerb(field: "labels" | "annotations", manager: string, done: string): Verb {
  return {
    flags: flags(`${CHANGE_FLAGS} overwrite list resource-version=`),
    run(session) {
      const { set, unset, rest } = splitChanges(session.flags.args);
      if (Object.keys(set).length + unset.length === 0 && !session.flags.is("list")) {
        throw usageError(`at least one ${field === "labels" ? "label" : "annotation"} update is required`);
      }
      return eachTarget(session, targets(session, rest), ({ resource, name }) => {
        const path = session.path(resource, name);
        const object = session.client.get(path) as KubeObject;
        const before = object.metadata[field] ?? {};
        if (session.flags.is("list")) {
          for (const [key, value] of Object.entries(before).sort()) session.say(`${key}=${value}`);
          if (Object.keys(set).length + unset.length === 0) return;
        }
        for (const [key, value] of Object.entries(set)) {
          if (before[key] === undefined || before[key] === value || session.flags.is("overwrite")) continue;
          throw field === "labels"
            ? usageError(`'${key}' already has a value (${before[key]}), and --overwrite is false`)
            : usageError(
              `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${
                before[key]
              })`,
            );
        }
        const removed = unset.filter((key) => key in before);
        for (const key of unset) {
          if (!(key in before)) {
            session.say(`${field === "labels" ? "label" : "annotation"} ${JSON.stringify(key)} not found.`);
          }
        }
        const changed = removed.length > 0 || Object.entries(set).some(([key, value]) => before[key] !== value);
        const patch = { metadata: { [field]: { ...set, ...Object.fromEntries(removed.map((key) => [key, null])) } } };
        const apply = changed && dryRunOf(session) !== "client";
        const after = apply ? session.client.patch(path + query(session, manager), patch, "merge") : object;
        const word = !changed
          ? `not ${done}`
          : Object.keys(set).length === 0 && field === "labels"
          ? `un${done}`
          : done;
        report(session, after, field === "annotations" && !changed ? done : word);
      });
    },
  };
}

/** `kubectl label` */
export const label: Verb = metadataVerb("labels", "label", "labeled");

/** `kubectl annotate` */
export const annotate: Verb = metadataVerb("annotations", "annotate", "annotated");

const PATCH_TYPES = ["json", "merge", "strategic"] as const;

/** `kubectl patch` */
export const patch: Verb = {
  flags: flags(`${CHANGE_FLAGS} patch/p= patch-file= type= subresource=`),
  run(session) {
    const { flags } = session;
    const file = flags.value("patch-file");
    const text = file === undefined ? flags.value("patch") : session.host.files.read(file);
    if (text === undefined) {
      throw usageError("must specify --patch or --patch-file containing the contents of the patch");
    }
    const type = (flags.value("type") ?? "strategic").toLowerCase() as typeof PATCH_TYPES[number];
    if (!PATCH_TYPES.includes(type)) {
      throw usageError(`--type must be one of [json merge strategic], not ${JSON.stringify(type)}`);
    }
    const body = parsePatch(text);
    const [target] = targets(session, flags.args);
    if (target === undefined) {
      throw usageError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    const path = session.path(target.resource, target.name);
    const sub = flags.value("subresource");
    const before = session.client.get(path) as KubeObject;
    const after = session.client.patch(
      path + (sub === undefined ? "" : `/${sub}`) + query(session, "patch"),
      body,
      type,
    );
    const output = flags.value("output") ?? "";
    if (output !== "") printObjects(session, [after], { list: false });
    else session.say(`${nameOf(session, after)} ${sameJson(before, after) ? "patched (no change)" : "patched"}`);
    return 0;
  },
};

function parsePatch(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw usageError(`unable to parse ${JSON.stringify(text)}: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** Cordons a node, or takes that back, and says so. */
export function cordonNode(session: Session, { resource, name }: Named, unschedulable: boolean): void {
  const done = unschedulable ? "cordoned" : "uncordoned";
  const path = session.path(resource, name);
  const node = session.client.get(path) as Node;
  if ((node.spec.unschedulable === true) === unschedulable) {
    return session.say(`${objectText(resource, name)} already ${done}${dryRunText(session)}`);
  }
  const change = { spec: { unschedulable: unschedulable ? true : null } };
  if (dryRunOf(session) === "none") session.client.patch(path, change, "strategic");
  session.say(`${objectText(resource, name)} ${done}${dryRunText(session)}`);
}

function cordonVerb(unschedulable: boolean): Verb {
  return {
    flags: flags("dry-run=?unchanged selector/l="),
    run(session) {
      const { args } = session.flags;
      if (args.length === 0 && !session.flags.has("selector")) {
        throw usageError(`USAGE: ${session.flags.command} NODE [flags]${seeHelp(session)}`);
      }
      const nodes = session.targets(args.length === 0 ? ["nodes"] : ["nodes", ...args]);
      return eachTarget(session, nodes, (node) => cordonNode(session, node, unschedulable));
    },
  };
}

/** `kubectl cordon` */
export const cordon: Verb = cordonVerb(true);

/** `kubectl uncordon` */
export const uncordon: Verb = cordonVerb(false);

/** `kubectl taint` */
export const taint: Verb = {
  flags: flags(`${OUTPUT_FLAGS} dry-run=?unchanged all selector/l= overwrite validate=?strict field-manager=`),
  run(session) {
    const from = session.flags.args.findIndex((arg, index) => index > 0 && /[:=]|-$/.test(arg));
    const changes = from < 0 ? [] : session.flags.args.slice(from);
    if (changes.length === 0) throw usageError("at least one taint update is required");
    return eachTarget(session, targets(session, session.flags.args.slice(0, from)), ({ resource, name }) => {
      const path = session.path(resource, name);
      const node = session.client.get(path) as Node;
      const overwrite = session.flags.is("overwrite");
      const { taints, removed } = retaint(node, changes, session);
      session.client.patch(
        path + query(session, "taint"),
        { spec: { taints: taints.length === 0 ? null : taints } },
        "merge",
      );
      report(session, node, removed ? "untainted" : overwrite ? "modified" : "tainted");
    });
  },
};

/** What a taint's key must be, which one without an effect is taken for. */
const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** The node's taints after changes such as `a=b:NoSchedule`, `a:NoExecute-`, `a-`. */
function retaint(
  node: Node,
  changes: readonly string[],
  session: Session,
): { taints: core.Taint[]; removed: boolean } {
  let taints = [...(node.spec.taints ?? [])];
  for (const change of changes) {
    const remove = change.endsWith("-");
    const [pair = "", effect = ""] = change.replace(/-$/, "").split(":");
    const [key = "", value] = pair.split("=");
    const same = (one: core.Taint) => one.key === key && (effect === "" || one.effect === effect);
    if (remove) {
      if (!taints.some(same)) throw usageError(`taint ${JSON.stringify(change.replace(/-$/, ""))} not found`);
      taints = taints.filter((one) => !same(one));
      continue;
    }
    const supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if (!change.includes(":")) throw usageError(`invalid taint spec: ${change}, ${KEY_RULE}${seeHelp(session)}`);
    if (!supported.includes(effect)) {
      throw usageError(`invalid taint effect: ${effect}, unsupported taint effect${seeHelp(session)}`);
    }
    if (taints.some(same) && !session.flags.is("overwrite")) {
      throw usageError(
        `node ${node.metadata.name} already has ${key} taint(s) with same effect(s) and --overwrite is false`,
      );
    }
    taints = [...taints.filter((one) => !same(one)), { effect, key, ...(value ? { value } : {}) }];
  }
  return { taints, removed: changes.every((one) => one.endsWith("-")) };
}
