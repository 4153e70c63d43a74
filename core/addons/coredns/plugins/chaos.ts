import { quoted, type Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { COREDNS_VERSION } from "../order.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, Host } from "../plugin.ts";

/** What the plugin was told. */
export interface Chaos {
  readonly version: string;
  readonly authors: readonly string[];
}

/** Who stands for CoreDNS's list of maintainers, which is not carried here. */
const AUTHORS = ["The CoreDNS Authors"];
const LONGEST = 255;

/** chaos: `version.bind`, `authors.bind`, `hostname.bind` and their like in class CH. */
export const chaos: DnsPlugin = {
  name: "chaos",
  setup(corefile, { host }) {
    const chaos = readChaos(corefile);
    return {
      handle(query, next) {
        const { question: { name, type, class: kind } } = query;
        const strings = kind === "CH" && type === "TXT" ? stringsFor(query.name, chaos, host) : undefined;
        if (strings === undefined) return next(query);
        const utf8 = new TextEncoder();
        const answers = strings.map((text): Rr => ({
          name,
          type,
          class: kind,
          ttl: 0,
          data: quoted(utf8.encode(text.slice(0, LONGEST))),
        }));
        return Promise.resolve({ rcode: "NOERROR", reply: { ...emptyReply(query, "NOERROR"), answers } });
      },
    };
  },
};

function stringsFor(name: string, { version, authors }: Chaos, host: Host): readonly string[] | undefined {
  switch (name) {
    case "version.bind.":
    case "version.server.":
      return [version];
    case "hostname.bind.":
    case "id.server.":
      return [host.hostname];
    case "authors.bind.":
      return shuffled(authors, host);
    default:
      return undefined;
  }
}

function shuffled(names: readonly string[], { random }: Host): readonly string[] {
  const left = [...names];
  return names.map(() => left.splice(random.below(left.length), 1)[0] as string);
}

/** Reads the directive; throws a CorefileError. */
export function readChaos(corefile: Dispenser): Chaos {
  corefile.next();
  const [version = `CoreDNS-${COREDNS_VERSION}`, ...authors] = corefile.remainingArgs();
  if (corefile.nextBlock()) throw corefile.error(`unknown property '${corefile.word()}'`, "no block");
  // A second use is not even read.
  return { version, authors: authors.length === 0 ? AUTHORS : [...new Set(authors)] };
}
