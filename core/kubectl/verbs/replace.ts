import type { KubeObject, Status } from "../../kube/mod.ts";
import { refused } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo } from "../resources.ts";
import { eachFile, placed } from "./apply.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

/** `kubectl replace` */
export const replace: Verb = {
  flags: flags(
    `${FILE_FLAGS} ${OUTPUT_FLAGS} dry-run=?unchanged force validate=?strict save-config cascade=?background grace-period= timeout=
    wait field-manager= raw= subresource=`,
  ),
  run(session) {
    return eachFile(session, "replace", (file, resource) => {
      const draft = placed(session, file, resource);
      const path = pathTo(resource, draft.metadata.namespace, draft.metadata.name);
      if (session.flags.is("force")) session.client.send({ method: "DELETE", path, body: '{"gracePeriodSeconds":0}' });
      const query = `?${
        dryRunOf(session) === "server" ? "dryRun=All&" : ""
      }fieldManager=kubectl-replace&fieldValidation=Strict`;
      const collection = pathTo(resource, draft.metadata.namespace);
      const body = JSON.stringify(draft);
      const contentType = "application/json";
      const answer = session.flags.is("force")
        ? session.client.send({ method: "POST", path: collection + query, body, contentType })
        : session.client.send({ method: "PUT", path: path + query, body, contentType });
      if (answer.code >= 300) throw refused(answer.body as Status, "replacing", file.source);
      report(session, answer.body as KubeObject, "replaced");
    });
  },
};
