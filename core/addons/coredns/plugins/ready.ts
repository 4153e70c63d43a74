import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin, RunningServer } from "../plugin.ts";
import { listenAddress, once } from "../setup.ts";
import { NOT_FOUND, plainText } from "./health.ts";

/** ready: `GET /ready` on :8181 is 200 OK once every plugin that can tell is ready, else 503 with their names. */
export const ready: DnsPlugin = {
  name: "ready",
  setup(corefile) {
    const { address, continuously } = readReady(corefile);
    let server: RunningServer | undefined;
    let was = false;
    const answer = () => {
      const missing = was && !continuously ? [] : server?.notReady() ?? [];
      was ||= missing.length === 0;
      return missing.length === 0 ? plainText(200, "OK") : plainText(503, missing.join(","));
    };
    return {
      start: (running) => server = running,
      http: { address, answer: (path) => (path === "/ready" ? answer() : NOT_FOUND) },
    };
  },
};

/** Reads the directive; throws a CorefileError. */
export function readReady(corefile: Dispenser): { readonly address: string; readonly continuously: boolean } {
  let address = ":8181";
  let continuously = false;
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    address = listenAddress(corefile, address);
    while (corefile.nextBlock()) {
      if (corefile.word() !== "monitor") throw corefile.error(`unknown property '${corefile.word()}'`, "monitor");
      const [kind, more] = corefile.remainingArgs();
      if (more !== undefined || kind === undefined) throw corefile.argError("until-ready or continuously");
      if (!["until-ready", "continuously"].includes(kind)) {
        throw corefile.error(`monitor type '${kind}' not supported`, "until-ready or continuously");
      }
      continuously = kind === "continuously";
    }
  }
  return { address, continuously };
}
