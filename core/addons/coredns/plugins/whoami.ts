import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Outcome } from "../plugin.ts";

/** whoami: who asks, from which port and how, in the additional section. Answers every name and type. */
export const whoami: DnsPlugin = {
  name: "whoami",
  setup(corefile) {
    while (corefile.next()) if (corefile.nextArg()) throw corefile.argError("the end of the line");
    return { handle: (query) => Promise.resolve(tell(query)) };
  },
};

function tell(query: DnsQuery): Outcome {
  const { question: { name, class: kind }, client, proto } = query;
  const empty = emptyReply(query, "NOERROR");
  const type = client.address.includes(":") ? "AAAA" : "A";
  const port = name === "." ? `_${proto}.` : `_${proto}.${name}`;
  const additionals = [
    { name, type, class: kind, ttl: 0, data: client.address },
    { name: port, type: "SRV", class: kind, ttl: 0, data: `0 0 ${client.port} .` },
  ];
  return { rcode: "NOERROR", reply: { ...empty, flags: { ...empty.flags, aa: true }, additionals } };
}
