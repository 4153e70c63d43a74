import { emptyReply } from "../outcome.ts";
import type { DnsPlugin } from "../plugin.ts";

/** any: refuses ANY with a small HINFO (RFC 8482). */
export const any: DnsPlugin = {
  name: "any",
  setup(corefile) {
    corefile.next();
    if (corefile.nextArg()) throw corefile.argError("the end of the line");
    return {
      handle(query, next) {
        if (query.question.type !== "ANY") return next(query);
        const data = '"ANY obsoleted" "See RFC 8482"';
        const answers = [{ name: query.question.name, type: "HINFO", class: "IN", ttl: 8482, data }];
        return Promise.resolve({ rcode: "NOERROR", reply: { ...emptyReply(query, "NOERROR"), answers } });
      },
    };
  },
};
