import type { KubeObject, Status } from "../../kube/mod.ts";
import { describerOf } from "../describe/table.ts";
import { type CommandError, refused, usageError } from "../errors.ts";
import { namesFiles, readFiles } from "../files.ts";
import { flags } from "../flags.ts";
import type { Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { finish } from "./get.ts";
import { FILE_FLAGS, type Verb } from "./verb.ts";

/** `kubectl describe` */
export const describe: Verb = {
  flags: flags(`${FILE_FLAGS} all-namespaces/A selector/l= show-events chunk-size=`),
  run(session) {
    if (session.flags.args.length === 0 && !namesFiles(session)) {
      throw usageError(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    }
    const errors: CommandError[] = [];
    const objects = targets(session, errors);
    session.showEvents = objects.length === 1 && session.flags.is("show-events", true);
    objects.forEach((object, index) => {
      if (index > 0) session.write("\n\n");
      session.write(describerOf(object)(object as never, session));
    });
    if (objects.length === 0 && errors.length === 0) {
      const everywhere = session.flags.is("all-namespaces");
      session.complain(everywhere ? "No resources found" : `No resources found in ${session.namespace} namespace.`);
    }
    return finish(session, errors);
  },
};

function targets(session: Session, errors: CommandError[]): KubeObject[] {
  if (namesFiles(session)) {
    return readFiles(session).flatMap(({ draft }) => {
      const resource = session.resources.named(draft.kind);
      return one(session, resource, draft.metadata.name ?? "", errors);
    });
  }
  const selection = session.select();
  if (selection.type === "named") {
    return selection.items.flatMap(({ resource, name }) => one(session, resource, name, errors));
  }
  return selection.resources.flatMap((resource) => listed(session, resource));
}

function listed(session: Session, resource: Resource): KubeObject[] {
  const path = session.path(resource) + session.selectorQuery({ limit: "500" });
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  return session.client.list(path).map((item) => ({ ...item, kind: resource.kind, apiVersion }));
}

/** The object of that name; where there is none, all whose names begin so. */
function one(session: Session, resource: Resource, name: string, errors: CommandError[]): KubeObject[] {
  const answer = session.client.send({ method: "GET", path: session.path(resource, name), accept: "application/json" });
  if (answer.code < 300) return [answer.body as KubeObject];
  const similar = answer.code === 404
    ? listed(session, resource).filter(({ metadata }) => metadata.name.startsWith(name))
    : [];
  if (similar.length === 0) errors.push(refused(answer.body as Status));
  return similar;
}
