import { CommandError, seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { containerOf, notRunning, podOf } from "./pods.ts";
import type { Verb } from "./verb.ts";

/** `kubectl exec` */
export const exec: Verb = {
  flags: flags("container/c= stdin/i tty/t quiet/q filename/f=* pod-running-timeout="),
  async run(session) {
    const { args, rest } = session.flags;
    const [target, ...words] = args;
    if (target === undefined) throw usageError("pod, type/name or --filename must be specified");
    if (words.length > 0) {
      throw usageError(
        `exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead${seeHelp(session)}`,
      );
    }
    if (rest === undefined || rest.length === 0) {
      throw usageError("you must specify at least one command for the container");
    }
    const { pod } = podOf(session, target);
    if (pod.status.phase === "Succeeded" || pod.status.phase === "Failed") {
      throw usageError(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
    }
    const container = containerOf(session, pod);
    const stdin = session.flags.is("stdin") ? session.stdin : "";
    const finished = await session.host.pods.exec(container, rest, stdin);
    if (finished === undefined) throw notRunning(container);
    const { stdout, stderr, exit } = finished;
    session.write(stdout);
    if (stderr !== "") session.complain(stderr.replace(/\n$/, ""));
    if (exit !== 0) throw new CommandError(`command terminated with exit code ${exit}`, exit);
    return 0;
  },
};
