import { goDuration, goQuote } from "../go_values.ts";
import type { DnsPlugin } from "../plugin.ts";

const DEFAULT = 5001;

/** cancel: no query takes longer than this. */
export const cancel: DnsPlugin = {
  name: "cancel",
  setup(corefile, { host }) {
    let timeout = DEFAULT;
    while (corefile.next()) {
      const args = corefile.remainingArgs();
      if (args.length > 1) throw corefile.argError("one duration");
      if (args[0] === undefined) continue;
      const parsed = goDuration(args[0]);
      if ("error" in parsed) {
        throw corefile.plainError(`invalid duration: ${goQuote(args[0])}`, "a duration such as 5s");
      }
      if (parsed.value <= 0) throw corefile.plainError(`invalid negative duration: ${goQuote(args[0])}`, "0s or more");
      timeout = parsed.value;
    }
    return { handle: (query, next) => next({ ...query, deadline: host.clock.now() + timeout }) };
  },
};
