/** What every generator of `kubectl create`, `kubectl run` and `kubectl expose` begins with. */
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

/** A flag's map: `a=b,c=d`. */
export function pairs(text: string): Record<string, string> {
  return Object.fromEntries(text.split(",").filter((one) => one !== "").map((one) => one.split(/=(.*)/s).slice(0, 2)));
}
