/** The plugins podwire simulates, by name. All others of a release are read, named as not simulated, and passed by. */
import type { DnsPlugin } from "../plugin.ts";
import { cache } from "./cache.ts";
import { errors } from "./errors.ts";
import { forward } from "./forward.ts";
import { health } from "./health.ts";
import { hosts } from "./hosts.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import { loadbalance } from "./loadbalance.ts";
import { log } from "./log.ts";
import { loop } from "./loop.ts";
import { prometheus } from "./prometheus.ts";
import { ready } from "./ready.ts";
import { reload } from "./reload.ts";

/** Simulated plugins; their order in a chain is the release's ({@link pluginOrder}), not this one's. */
export const PLUGINS: ReadonlyMap<string, DnsPlugin> = new Map(
  [errors, health, ready, kubernetes, prometheus, forward, cache, loop, reload, loadbalance, hosts, log].map((
    plugin,
  ) => [
    plugin.name,
    plugin,
  ]),
);
