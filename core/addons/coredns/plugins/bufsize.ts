import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin } from "../plugin.ts";
import { goAtoi } from "../go_values.ts";
import { CorefileError } from "../corefile/token.ts";

const DEFAULT = 1232;
const [LEAST, MOST] = [512, 4096];

/** bufsize: caps the UDP size that a client's EDNS claims, for plugins further down and for the reply. */
export const bufsize: DnsPlugin = {
  name: "bufsize",
  setup(corefile) {
    const size = readBufsize(corefile);
    return {
      async handle(query, next) {
        if (query.edns === undefined || query.edns.udpSize <= size) return await next(query);
        const edns = { ...query.edns, udpSize: size };
        const capped = { ...query, edns, message: { ...query.message, edns } };
        const outcome = await next(capped);
        return { ...outcome, query: outcome.query ?? capped };
      },
    };
  },
};

/** Reads the directive; throws a CorefileError. */
export function readBufsize(corefile: Dispenser): number {
  let size = DEFAULT;
  while (corefile.next()) {
    const args = corefile.remainingArgs();
    if (args[0] === undefined) continue;
    const parsed = goAtoi(args[0]);
    const value = "error" in parsed ? undefined : parsed.value;
    if (args.length > 1) throw named(corefile.argError("one size"));
    if (value === undefined) {
      throw named(corefile.plainError("error" in parsed ? parsed.error : "", "a size in octets"));
    }
    if (value < LEAST || value > MOST) throw named(corefile.argError(`${LEAST} to ${MOST}`));
    size = value;
  }
  return size;
}

/** CoreDNS names this plugin twice. */
function named(error: CorefileError): CorefileError {
  return new CorefileError(error, error.problem, error.expected, `plugin/bufsize: ${error.startup}`);
}
