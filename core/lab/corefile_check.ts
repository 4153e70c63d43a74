/** Reads a Corefile as CoreDNS does at its start, without a network: syntax, and the setup of every plugin. */
import { configure } from "../addons/coredns/mod.ts";
import { Random } from "../base/mod.ts";
import type { Net } from "../linux/mod.ts";

/** Throws the TextError that says where CoreDNS would stop. */
export function checkCorefile(text: string, file: string): void {
  configure({ text, file, cluster: undefined, host: NOWHERE });
}

/** A host without files, addresses and sockets: plugins are set up on it, never started. */
const NOWHERE: Parameters<typeof configure>[0]["host"] = {
  clock: { now: () => 0, sleep: () => Promise.resolve(true) },
  net: {} as Net,
  random: new Random(1),
  env: {},
  addresses: [],
  hostname: "coredns",
  readFile: () => undefined,
  log: () => {},
  background: () => {},
  fatal: () => {},
};
