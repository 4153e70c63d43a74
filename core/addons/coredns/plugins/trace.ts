import type { Dispenser } from "../corefile/dispenser.ts";
import { goParseUint, goQuote } from "../go_values.ts";
import type { DnsPlugin } from "../plugin.ts";
import { atoi, duration } from "../setup.ts";

const TYPES = ["zipkin", "datadog"];
const BOOLEANS = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

/** trace: sends spans to a collector, which the lab has none of: read, checked and named as not simulated. */
export const trace: DnsPlugin = {
  name: "trace",
  setup(corefile) {
    while (corefile.next()) {
      const [type, endpoint, more] = corefile.remainingArgs();
      if (more !== undefined) throw corefile.argError("[TYPE] [ENDPOINT]");
      if (endpoint !== undefined && !TYPES.includes((type as string).toLowerCase())) {
        const problem = `tracing endpoint type '${(type as string).toLowerCase()}' is not supported`;
        throw corefile.plainError(problem, TYPES.join(" or "));
      }
      while (corefile.nextBlock()) readProperty(corefile);
    }
    return { unsimulated: ["trace"] };
  },
};

function readProperty(corefile: Dispenser): void {
  const property = corefile.word();
  const args = corefile.remainingArgs();
  const [value = ""] = args;
  if (property === "client_server") {
    if (args.length > 1) throw corefile.argError("true or false");
    if (args.length === 0 || BOOLEANS.includes(value)) return;
    throw corefile.plainError(`strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`, "true or false");
  }
  const read = PROPERTIES[property];
  if (read === undefined) throw corefile.error(`unknown property '${property}'`, Object.keys(PROPERTIES).join(", "));
  if (args.length !== 1) throw corefile.argError("one value");
  read(corefile, value);
}

const PROPERTIES: Readonly<Record<string, (corefile: Dispenser, value: string) => void>> = {
  every(corefile, value) {
    const number = goParseUint(value, 64);
    if ("error" in number) throw corefile.plainError(number.error, "a whole number");
  },
  service: () => {},
  datadog_analytics_rate(corefile, value) {
    const rate = Number(value);
    if (!Number.isFinite(rate)) {
      throw corefile.plainError(`strconv.ParseFloat: parsing ${goQuote(value)}: invalid syntax`, "a number");
    }
    if (rate >= 0 && rate <= 1) return;
    const problem = `datadog analytics rate must be between 0 and 1, '${rate.toFixed(6)}' is not supported`;
    throw corefile.plainError(problem, "a number from 0 to 1");
  },
  zipkin_max_backlog_size: (corefile, value) => void atoi(corefile, value),
  zipkin_max_batch_size: (corefile, value) => void atoi(corefile, value),
  zipkin_max_batch_interval: (corefile, value) => void duration(corefile, value),
};
