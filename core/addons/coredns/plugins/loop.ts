import { isUnder } from "../../../dns/mod.ts";
import type { DnsPlugin, Host, RunningServer } from "../plugin.ts";
import { once } from "../setup.ts";

/** How often the probe may come by before it counts as a loop. */
const SEEN = 2;
const TRIES_FOR = 30_000;
const DISABLED_AFTER = 2000;

/** loop: asks itself for a random name at the start; where that comes back again and again, the process ends. */
export const loop: DnsPlugin = {
  name: "loop",
  setup(corefile, { host, zones }) {
    for (let count = 0; corefile.next(); count++) {
      once(corefile, count);
      if (corefile.nextArg()) throw corefile.argError("the end of the line");
    }
    const zone = zones[0] ?? ".";
    const probe = `${randomNumber(host)}.${randomNumber(host)}.${zone === "." ? "" : zone}`;
    const state: LoopState = { seen: 0, enabled: true, port: ":53" };
    return {
      handle(query, next) {
        const { type } = query.question;
        if (!state.enabled || type !== "HINFO" || !isUnder(query.name, zone)) return next(query);
        if (query.name === probe) state.seen++;
        if (state.seen > SEEN) {
          state.enabled = false;
          const { address, port } = query.client;
          host.fatal(
            `[FATAL] plugin/loop: Loop (${address}:${port} -> ${state.port}) detected for zone "${zone}", see ` +
              `https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${probe}"`,
          );
        }
        return next(query);
      },
      start(server) {
        state.port = server.port;
        host.background(() => search(host, server, probe, state));
      },
    };
  },
};

/** What the plugin knows while it searches. */
interface LoopState {
  seen: number;
  enabled: boolean;
  port: string;
}

async function search(host: Host, server: RunningServer, probe: string, state: LoopState): Promise<void> {
  const deadline = host.clock.now() + TRIES_FOR;
  while (host.clock.now() < deadline && state.enabled) {
    if (await server.ask(probe, "HINFO")) {
      await host.clock.sleep(DISABLED_AFTER);
      break;
    }
    // A probe nobody answers says nothing of a loop.
    state.seen = 0;
    if (!(await host.clock.sleep(1000))) break;
  }
  state.enabled = false;
}

/** A whole number such as Go's `rand.Int()`: up to nineteen digits. */
function randomNumber(host: Host): string {
  const bits = (BigInt(host.random.next() >>> 1) << 32n) | BigInt(host.random.next());
  return String(bits);
}
