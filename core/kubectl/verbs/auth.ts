/** `kubectl auth`: who one is, and what one may do: everybody here is kubernetes-admin, and may do everything. */
import type { KubeObject } from "../../kube/mod.ts";
import { seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { printObjects } from "../output.ts";
import { alignTabs, TABLE_TABS } from "../print/tabs.ts";
import type { Session } from "../session.ts";
import { OUTPUT_FLAGS, type Verb, type VerbGroup } from "./verb.ts";

const canI: Verb = {
  flags: flags("all-namespaces/A list quiet/q subresource= no-headers"),
  run(session) {
    if (session.flags.is("list")) return listRights(session);
    const [verb, kind] = session.flags.args;
    if (verb === undefined || kind === undefined) {
      throw usageError(
        `you must specify two arguments: verb resource or verb resource/resourceName.${seeHelp(session)}.`,
      );
    }
    const known = kind === "*" || kind.startsWith("/") || session.resources.find(kind.split("/")[0] as string);
    if (known === undefined) session.complain(`Warning: the server doesn't have a resource type '${kind}'\n`);
    if (!session.flags.is("quiet")) session.say("yes");
    return 0;
  },
};

function listRights(session: Session): number {
  const head = "Resources\tNon-Resource URLs\tResource Names\tVerbs";
  const rows = ["*.*\t[]\t[]\t[*]", "\t[*]\t[]\t[*]"];
  session.say(alignTabs([...(session.flags.is("no-headers") ? [] : [head]), ...rows].join("\n"), TABLE_TABS));
  return 0;
}

interface SelfReview extends KubeObject {
  readonly status: { readonly userInfo: { readonly username: string; readonly groups: readonly string[] } };
}

const whoAmI: Verb = {
  flags: flags(OUTPUT_FLAGS),
  run(session) {
    const asked = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const review = session.client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", asked) as SelfReview;
    if (session.flags.has("output")) {
      printObjects(session, [review], { list: false });
      return 0;
    }
    const { username, groups } = review.status.userInfo;
    const rows = ["ATTRIBUTE\tVALUE", `Username\t${username}`, `Groups\t[${groups.join(" ")}]`];
    session.say(alignTabs(rows.join("\n"), TABLE_TABS));
    return 0;
  },
};

/** `kubectl auth` */
export const auth: VerbGroup = { verbs: { "can-i": canI, whoami: whoAmI } };
