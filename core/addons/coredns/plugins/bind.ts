import { isIp } from "../../../base/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goQuote } from "../go_values.ts";
import type { DnsPlugin, Host } from "../plugin.ts";

/** bind: the addresses a block listens at, given as such or by their interfaces. */
export const bind: DnsPlugin = {
  name: "bind",
  setup(corefile, { host }) {
    const hosts: string[] = [];
    while (corefile.next()) {
      const given = corefile.remainingArgs();
      if (given.length === 0) {
        throw corefile.plainError("at least one address or interface name is expected", "an address");
      }
      let except: readonly string[] = [];
      while (corefile.nextBlock()) {
        if (corefile.word() !== "except") {
          throw corefile.plainError(`invalid option ${goQuote(corefile.word())}`, "except");
        }
        const names = corefile.remainingArgs();
        if (names.length === 0) {
          throw corefile.plainError(
            "at least one address or interface must be given to except subdirective",
            "an address",
          );
        }
        except = names;
      }
      const own = addresses(corefile, host, given);
      const left = addresses(corefile, host, except);
      hosts.push(...own.filter((address) => !left.includes(address)));
    }
    return { hosts };
  },
};

function addresses(corefile: Dispenser, host: Host, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const own = host.interfaces?.()[name];
    if (own !== undefined) return own;
    if (isIp(name)) return [name];
    throw corefile.plainError(`not a valid IP address or interface name: ${goQuote(name)}`, "an address or interface");
  });
}
