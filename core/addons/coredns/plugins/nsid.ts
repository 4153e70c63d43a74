import type { DnsPlugin } from "../plugin.ts";
import { once } from "../setup.ts";

const NSID = 3;

/** nsid: tells which server answered (RFC 5001) to clients that ask with the EDNS option. */
export const nsid: DnsPlugin = {
  name: "nsid",
  setup(corefile, { host }) {
    let name = host.hostname;
    for (let count = 0; corefile.next(); count++) {
      once(corefile, count);
      const args = corefile.remainingArgs();
      if (args.length > 0) name = args.join(" ");
    }
    const option = { code: NSID, data: new TextEncoder().encode(name) };
    return {
      async handle(query, next) {
        const outcome = await next(query);
        const { edns } = query;
        if (edns === undefined || !edns.options.some(({ code }) => code === NSID)) return outcome;
        if (outcome.reply === undefined) return outcome;
        const own = outcome.reply.edns ?? { ...edns, dnssecOk: true, options: [] };
        const has = own.options.some(({ code }) => code === NSID);
        const options = has ? own.options.map((one) => (one.code === NSID ? option : one)) : [...own.options, option];
        return { ...outcome, reply: { ...outcome.reply, edns: { ...own, options } } };
      },
    };
  },
};
