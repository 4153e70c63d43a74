import type { DnsPlugin } from "../plugin.ts";

/** debug: turns on the log's DEBUG lines, of which the simulated plugins print none. */
export const debug: DnsPlugin = {
  name: "debug",
  setup(corefile) {
    while (corefile.next()) if (corefile.nextArg()) throw corefile.argError("the end of the line");
    return {};
  },
};
