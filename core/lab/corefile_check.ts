/** Reads a Corefile as CoreDNS does at its start, without a network: syntax, and the setup of every plugin. */
import { configure } from "../addons/coredns/mod.ts";
import { Random } from "../base/mod.ts";
import type { CorefileFiles } from "./corefile_report.ts";
import type { Net } from "../linux/mod.ts";

/** Throws the TextError that says where CoreDNS would stop. */
export function checkCorefile(text: string, file: string): void {
  configure({ text, file, cluster: undefined, host: corefileHost() });
}

/** A host without addresses and sockets, and with no files but those given: plugins are set up on it, never started. */
export function corefileHost(
  { read = () => undefined, list = () => undefined }: CorefileFiles = {},
): Parameters<typeof configure>[0]["host"] {
  return {
    clock: { now: () => 0, sleep: () => Promise.resolve(true) },
    net: {} as Net,
    random: new Random(1),
    env: {},
    addresses: [],
    hostname: "coredns",
    readFile: read,
    listFolder: list,
    // Whether a name has an address is only known where somebody can be asked.
    resolve: () => Promise.resolve([]),
    log: () => {},
    background: () => {},
    fatal: () => {},
  };
}
