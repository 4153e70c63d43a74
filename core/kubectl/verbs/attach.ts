/** `kubectl attach`: what a container's first process writes from now on. */
import { unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { containerOf, podOf } from "./pods.ts";
import type { Verb } from "./verb.ts";

/** The verb. */
export const attach: Verb = {
  flags: flags("container/c= stdin/i tty/t quiet/q pod-running-timeout="),
  async run(session) {
    const [target] = session.flags.args;
    if (target === undefined) throw usageError("at least 1 argument is required for attach");
    const { pod } = podOf(session, target);
    const { phase } = pod.status;
    if (phase === "Succeeded" || phase === "Failed") {
      throw usageError(`cannot attach a container in a completed pod; current phase is ${phase}`);
    }
    const container = containerOf(session, pod);
    const { attach: hear } = session.host.pods;
    if (hear === undefined) throw unmodelled("attach at this place");
    if (!session.flags.is("quiet") && session.flags.is("stdin")) {
      session.complain("If you don't see a command prompt, try pressing enter.");
    }
    return await hear(container);
  },
};
