/** `kubectl edit`: the object as YAML in the editor of `$KUBE_EDITOR` or `$EDITOR`; what came out of it is applied as a patch. */
import { parse } from "yaml";
import { type KubeObject, printYaml, rulesOf, twoWayPatch } from "../../kube/mod.ts";
import { CommandError, unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { report } from "../output.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

const HEAD = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

/** The verb. */
export const edit: Verb = {
  flags: flags(
    `${OUTPUT_FLAGS} ${FILE_FLAGS} field-manager= output-patch save-config subresource= validate=?strict windows-line-endings`,
  ),
  async run(session) {
    const { host, client } = session;
    if (host.edit === undefined) throw unmodelled("edit at this place");
    const [named, ...more] = session.targets();
    if (named === undefined || more.length > 0) throw usageError("edit takes one object here");
    const path = session.path(named.resource, named.name);
    const { managedFields: _managed, ...metadata } = (client.get(path) as KubeObject).metadata;
    const before = { ...client.get(path) as KubeObject, metadata } as KubeObject;
    const text = await host.edit(`${HEAD}${printYaml(before)}`);
    if (typeof text === "number") {
      throw new CommandError(
        `error: there was a problem with the editor ${JSON.stringify(host.env?.["KUBE_EDITOR"] ?? "vi")}`,
      );
    }
    const after = parse(text) as KubeObject | null;
    const struct = rulesOf(before)?.struct;
    const patch = after === null ? {} : twoWayPatch({ ...before }, { ...after }, struct);
    if (Object.keys(patch).length === 0) {
      session.say("Edit cancelled, no changes made.");
      return 0;
    }
    report(
      session,
      client.patch(`${path}?fieldManager=kubectl-edit`, patch, struct === undefined ? "merge" : "strategic"),
      "edited",
    );
    return 0;
  },
};
