import { goDuration } from "../go_values.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin } from "../plugin.ts";
import { sha512 } from "../sha512.ts";

/** reload: looks at the Corefile every interval, give or take the jitter, and restarts the server when it changed. */
export const reload: DnsPlugin = {
  name: "reload",
  setup(corefile, { host, configuration }) {
    const { interval, jitter } = readReload(corefile);
    return {
      start(server) {
        const digest = sha512(configuration());
        host.log(`[INFO] plugin/reload: Running configuration SHA512 = ${digest}`);
        host.background(async () => {
          const period = interval + (jitter > 0 ? host.random.below(Math.floor(jitter * 2)) - jitter : 0);
          for (let last = digest; await host.clock.sleep(period);) {
            if (!server.running()) return;
            const found = sha512(configuration());
            if (found === last) continue;
            last = found;
            if (await server.reload()) return;
          }
        });
      },
    };
  },
};

function readReload(corefile: Dispenser): { readonly interval: number; readonly jitter: number } {
  let [interval, jitter] = [30_000, 15_000];
  corefile.next();
  const args = corefile.remainingArgs();
  if (args.length > 2) throw corefile.argError("INTERVAL [JITTER]");
  if (args[0] !== undefined) interval = readDuration(corefile, args[0]);
  if (interval < 2000) throw corefile.plainError("interval value must be greater or equal to 2s", "2s or more");
  if (args[1] !== undefined) jitter = readDuration(corefile, args[1]);
  if (jitter !== 0 && jitter < 1000) {
    throw corefile.plainError("jitter value must be 0 or greater or equal to 1s", "0s, or 1s or more");
  }
  return { interval, jitter: Math.min(jitter, interval / 2) };
}

function readDuration(corefile: Dispenser, text: string): number {
  const parsed = goDuration(text);
  if ("error" in parsed) throw corefile.plainError(parsed.error, "a duration such as 30s");
  return parsed.value;
}
