/** A CoreDNS without sockets, for tests: Corefile and manifests in, questions and answers as lines. */
import { parseAllDocuments } from "yaml";
import { Random, VirtualClock } from "../../base/mod.ts";
import { isMalformed, type Message, parseMessage, printMessage, printRecord, queryMessage } from "../../dns/mod.ts";
import { type KubeObject, Store } from "../../kube/mod.ts";
import type { Net } from "../../linux/mod.ts";
import { configure } from "./configuration.ts";
import type { Host } from "./plugin.ts";
import { serve } from "./server.ts";

const START = Date.UTC(2026, 0, 1);

/** What a test gives. */
export interface Given {
  readonly corefile: string;
  readonly manifests?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** A place without sockets, with a clock that its owner moves. */
export function fakeHost({ files = {}, clock = new VirtualClock(START), log = [] }: {
  readonly files?: Readonly<Record<string, string>>;
  readonly clock?: VirtualClock;
  readonly log?: string[];
}): Host {
  return {
    clock: {
      now: () => clock.now(),
      sleep: (time) => new Promise((wake) => clock.at(clock.now() + time, () => wake(true))),
    },
    net: {} as Net,
    random: new Random(1),
    env: {},
    addresses: ["10.244.0.5"],
    hostname: "coredns",
    readFile: (path) => files[path],
    log: (line) => log.push(line),
    background: (job) => void job(),
    fatal: (line) => log.push(line),
  };
}

/** A configured server that is asked by hand. */
export function fakeServer({ corefile, manifests = "", files = {} }: Given) {
  const clock = new VirtualClock(START);
  const log: string[] = [];
  const host = fakeHost({ files, clock, log });
  const store = new Store();
  for (const document of parseAllDocuments(manifests)) {
    const object = document.toJS() as KubeObject | null;
    if (object !== null) store.put(object);
  }
  const configuration = configure({ text: corefile, file: "Corefile", host, cluster: store });
  const arrival = {
    proto: "udp" as const,
    client: { address: "10.244.1.10", port: 40001 },
    local: { address: "10.244.0.5", port: 53 },
  };
  const exchange = (bytes: Uint8Array) => serve(configuration, host, { bytes, arrival });
  return {
    store,
    log,
    configuration,
    exchange,
    wait: (seconds: number) => clock.advance(clock.now() + seconds * 1000),
    /** The reply's rcode and flags, then its records, one a line. */
    async ask(name: string, type = "A"): Promise<string[]> {
      const reply = await exchange(printMessage(queryMessage(1, { name, type, class: "IN" }), false));
      if (reply === undefined) return [];
      const message = parseMessage(reply);
      return isMalformed(message) ? [message.malformed] : lines(message);
    },
  };
}

function lines({ rcode, flags, answers, authorities, additionals }: Message): string[] {
  const set = (["aa", "tc", "ra"] as const).filter((flag) => flags[flag]);
  return [
    [rcode, ...set].join(" "),
    ...[...answers, ...authorities, ...additionals].map((rr) => printRecord(rr).replaceAll("\t", " ")),
  ];
}
