import { PluginPanic, replyKind } from "../outcome.ts";
import type { DnsPlugin } from "../plugin.ts";

/** minimal: positive answers without authority and additional records. */
export const minimal: DnsPlugin = {
  name: "minimal",
  setup(corefile) {
    corefile.next();
    if (corefile.nextArg()) throw corefile.argError("the end of the line");
    return {
      async handle(query, next) {
        const outcome = await next(query);
        const { reply } = outcome;
        if (reply === undefined && outcome.error === undefined) {
          throw new PluginPanic(
            "runtime error: invalid memory address or nil pointer dereference",
            outcome.query ?? query,
          );
        }
        if (reply === undefined || replyKind(reply) !== "success" || outcome.error !== undefined) return outcome;
        const { edns: _edns, ...rest } = reply;
        return { ...outcome, reply: { ...rest, authorities: [], additionals: [] } };
      },
    };
  },
};
