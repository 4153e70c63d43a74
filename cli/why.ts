import { openLab } from "./files.ts";
import { printWhy } from "./story.ts";
import { printNameStory, type Protocol } from "../mod.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

const PROTOCOLS: readonly Protocol[] = ["tcp", "udp", "icmp", "sctp"];

/** `podwire why`: the verdict both ways and every step that made it; exit status 0 when delivered, 1 when not. */
export const why: Verb = {
  usage: "-f LAB... FROM TO[:PORT]|NAME[:PORT] [--proto tcp|udp|icmp|sctp] [--json]",
  does: "the verdict both ways and every step that made it; for a name, how it is looked up",
  async run(argv) {
    const words = readWords(argv, { string: ["proto"] });
    const [from, to, ...more] = words.rest;
    if (from === undefined || to === undefined || more.length > 0) {
      throw new UsageError("two places are needed: FROM and TO[:PORT]");
    }
    const proto = words.text["proto"] ?? "tcp";
    if (!isProtocol(proto)) {
      throw new UsageError(`--proto is ${JSON.stringify(proto)}, expected ${PROTOCOLS.join(", ")}`);
    }
    const lab = await openLab(words);
    const dns = await lab.whyName(from, to);
    const json = words.flag["json"] ?? false;
    if (dns !== undefined && !json) console.log(printNameStory(dns));
    // A name alone asks about the name; with a port, about the connection too.
    if (dns !== undefined && (!dns.found || (to === dns.name && proto !== "icmp"))) {
      if (json) console.log(JSON.stringify({ dns }, null, 2));
      return dns.found ? 0 : 1;
    }
    const answer = await lab.why(from, to, { proto });
    const whole = dns === undefined ? answer : { dns, ...answer };
    console.log(json ? JSON.stringify(whole, null, 2) : printWhy(answer));
    return answer.verdict === "delivered" ? 0 : 1;
  },
};

function isProtocol(text: string): text is Protocol {
  return (PROTOCOLS as readonly string[]).includes(text);
}
