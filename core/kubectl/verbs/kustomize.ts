/** `kubectl kustomize DIR`: what a kustomization comes to, as YAML. */
import { printYaml } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { buildKustomization } from "../kustomize/build.ts";
import type { Verb } from "./verb.ts";

/** The verb. */
export const kustomize: Verb = {
  flags: flags("output/o= !enable-helm !enable-alpha-plugins !as-current-user load-restrictor= reorder="),
  run(session) {
    const [folder = ".", ...more] = session.flags.args;
    if (more.length > 0) throw usageError("specify one path to kustomization.yaml");
    const objects = buildKustomization(session.host.files, folder, (warning) => session.complain(warning));
    const text = objects.map(printYaml).join("---\n");
    const output = session.flags.value("output");
    if (output === undefined) session.write(text);
    else session.host.files.write(output, text);
    return 0;
  },
};
