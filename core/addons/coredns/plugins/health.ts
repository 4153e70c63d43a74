import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration } from "../go_values.ts";
import type { DnsPlugin, HttpAnswer } from "../plugin.ts";
import { listenAddress } from "../setup.ts";

/** The answer for a path no HTTP server of CoreDNS knows. */
export const NOT_FOUND: HttpAnswer = { status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n" };

/** A plain text answer. */
export function plainText(status: number, body: string): HttpAnswer {
  return { status, type: "text/plain; charset=utf-8", body };
}

/** health: `GET /health` on :8080 is always 200 OK while the process lives. */
export const health: DnsPlugin = {
  name: "health",
  setup(corefile) {
    const { address, lameduck } = readHealth(corefile);
    return { lameduck, http: { address, answer: (path) => (path === "/health" ? plainText(200, "OK") : NOT_FOUND) } };
  },
};

/** Reads the directive; throws a CorefileError. */
function readHealth(corefile: Dispenser): { readonly address: string; readonly lameduck: number } {
  let address = ":8080";
  let lameduck = 0;
  while (corefile.next()) {
    address = listenAddress(corefile, address);
    while (corefile.nextBlock()) {
      if (corefile.word() !== "lameduck") throw corefile.error(`unknown property '${corefile.word()}'`, "lameduck");
      const [time, more] = corefile.remainingArgs();
      if (time === undefined || more !== undefined) throw corefile.argError("a duration");
      const parsed = goDuration(time);
      if ("error" in parsed) {
        const problem = `unable to parse lameduck duration value: '${time}' : ${parsed.error}`;
        throw corefile.plainError(problem, "a duration such as 5s");
      }
      lameduck = parsed.value;
    }
  }
  return { address, lameduck };
}
