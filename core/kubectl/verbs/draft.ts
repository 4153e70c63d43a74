/** What every generator of `kubectl create` and `kubectl run` begins with. */
import type { Draft } from "../../kube/mod.ts";
import { seeHelp, usageError } from "../errors.ts";
import type { Session } from "../session.ts";

/** The only argument: a name. */
export function nameOf(session: Session): string {
  const { args } = session.flags;
  if (args.length !== 1) {
    throw usageError(`exactly one NAME is required, got ${args.length}${seeHelp(session)}`);
  }
  return args[0] as string;
}

/** An object in the making. */
export function draft(apiVersion: string, kind: string, metadata: Draft["metadata"], fields: object = {}): Draft {
  return { apiVersion, kind, metadata, ...fields } as Draft;
}
