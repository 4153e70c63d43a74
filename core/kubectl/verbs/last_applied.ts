/** `kubectl apply view-last-applied`: what was applied last, as the annotation keeps it. */
import { type KubeObject, LAST_APPLIED, printYaml } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { printJson } from "../print/json.ts";
import { FILE_FLAGS, type Verb } from "./verb.ts";

/** The verb. */
export const viewLastApplied: Verb = {
  flags: flags(`${FILE_FLAGS} output/o= selector/l= all`),
  run(session) {
    const output = session.flags.value("output") ?? "yaml";
    if (output !== "yaml" && output !== "json") {
      throw usageError(`Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`);
    }
    for (const { resource, name } of session.targets()) {
      const { metadata } = session.client.get(session.path(resource, name)) as KubeObject;
      const text = metadata.annotations?.[LAST_APPLIED];
      if (text === undefined) continue;
      const value = JSON.parse(text);
      session.write(output === "yaml" ? printYaml(value) : printJson(value));
    }
    return 0;
  },
};
