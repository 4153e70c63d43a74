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
  corefile.next();
  const [text, more] = corefile.remainingArgs();
  if (text === undefined) return DEFAULT;
  const parsed = goAtoi(text);
  if (more !== undefined || "error" in parsed || parsed.value < LEAST || parsed.value > MOST) {
    throw named(corefile.argError(`one size, ${LEAST} to ${MOST}`));
  }
  return parsed.value;
}

/** CoreDNS names this plugin twice. */
function named(error: CorefileError): CorefileError {
  return new CorefileError(error, error.problem, error.expected, `plugin/bufsize: ${error.startup}`);
}
