/** `kubectl cp`: files and folders between this machine and containers. */
import { unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import type { Container, ContainerFiles } from "../host.ts";
import type { Session } from "../session.ts";
import { containerOf, notRunning } from "./pods.ts";
import type { Verb } from "./verb.ts";
import type { Pod } from "../../kube/mod.ts";

/** The verb. */
export const cp: Verb = {
  flags: flags("container/c= no-preserve retries="),
  run(session) {
    const [from, to, ...more] = session.flags.args;
    if (from === undefined || to === undefined || more.length > 0) {
      throw usageError("source and destination are required");
    }
    const [source, target] = [placeOf(session, from), placeOf(session, to)];
    if (source.container !== undefined && target.container !== undefined) {
      throw usageError("one of src or dest must be a local file specification");
    }
    if (source.container === undefined && target.container === undefined) {
      throw usageError("one of src or dest must be a remote file specification");
    }
    const copied = copy(source, target);
    if (copied === 0) {
      throw usageError(
        source.container === undefined
          ? `${from} doesn't exist in local filesystem`
          : `tar: ${source.path.replace(/^\//, "")}: Cannot stat: No such file or directory`,
      );
    }
    return 0;
  },
};

interface Place {
  readonly container?: Container;
  readonly path: string;
  readonly files: ContainerFiles;
}

/** `[NAMESPACE/]POD:PATH`, or a path here. */
function placeOf(session: Session, text: string): Place {
  const found = /^(?:([^/:]+)\/)?([^/:]+):(.+)$/.exec(text);
  if (found === null) return { path: text, files: session.host.files };
  const [, namespace = session.namespace, name = "", path = ""] = found;
  const pod = session.client.get(`/api/v1/namespaces/${namespace}/pods/${name}`) as Pod;
  const container = containerOf(session, pod);
  const files = session.host.pods.files?.(container);
  if (session.host.pods.files === undefined) throw unmodelled("cp at this place");
  if (files === undefined) throw notRunning(container);
  return { container, path: path.startsWith("/") ? path : `/${path}`, files };
}

/** How many files were copied: one, or all of a folder. */
function copy(source: Place, target: Place): number {
  const text = source.files.read(source.path);
  if (text !== undefined) {
    const name = source.path.split("/").at(-1) ?? "";
    const into = target.path.endsWith("/") || target.files.list(target.path) !== undefined;
    target.files.write(into ? `${target.path.replace(/\/$/, "")}/${name}` : target.path, text);
    return 1;
  }
  const names = source.files.list(source.path) ?? [];
  const inside = (place: Place, name: string): Place => ({
    ...place,
    path: `${place.path.replace(/\/$/, "")}/${name}`,
  });
  return names.reduce((sum, name) => sum + copy(inside(source, name), inside(target, name)), 0);
}
