/** Plugins whose directive is checked as CoreDNS checks it, and which do nothing here: each is named as not simulated. */
import { CorefileError } from "../corefile/token.ts";
import type { DnsPlugin } from "../plugin.ts";

const MOST_TLS_FILES = 3;

/** tls: certificates for servers of encrypted transports, none of which are simulated. */
export const tls: DnsPlugin = {
  name: "tls",
  setup(corefile, { host, rooted }) {
    while (corefile.next()) {
      const files = corefile.remainingArgs();
      if (files.length < 2 || files.length > MOST_TLS_FILES) {
        const error = corefile.argError("CERT KEY [CA]");
        throw new CorefileError(error, error.problem, error.expected, `plugin/tls: ${error.startup}`);
      }
      const [missing] = files.map(rooted).filter((file) => host.readFile(file) === undefined);
      if (missing !== undefined) {
        const problem = `could not load TLS cert: open ${missing}: no such file or directory`;
        throw corefile.plainError(problem, "a certificate's file");
      }
      while (corefile.nextBlock()) {
        if (corefile.word() !== "client_auth") {
          throw corefile.error(`unknown option '${corefile.word()}'`, "client_auth");
        }
        corefile.remainingArgs();
      }
    }
    return { unsimulated: ["tls"] };
  },
};

const ETCD = [
  "stubzones",
  "fallthrough",
  "path",
  "endpoint",
  "upstream",
  "tls",
  "credentials",
  "min-lease-ttl",
  "max-lease-ttl",
];

/** etcd: records in an etcd cluster, which the lab has none of. */
export const etcd: DnsPlugin = {
  name: "etcd",
  setup(corefile) {
    while (corefile.next()) {
      corefile.remainingArgs();
      while (corefile.nextBlock()) {
        if (!ETCD.includes(corefile.word())) {
          throw corefile.error(`unknown property '${corefile.word()}'`, ETCD.join(", "));
        }
        corefile.remainingArgs();
      }
    }
    return { unsimulated: ["etcd"] };
  },
};
