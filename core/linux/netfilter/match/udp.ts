import { OP, PORTINV } from "../../../../wasm/mod.ts";
import { range } from "../encoder.ts";
import type { Extension } from "../extension.ts";
import { readPortsLoosely } from "../readers.ts";
import { ANY_PORT, listPorts, type Ports, savePorts } from "./ports.ts";

/** `-m udp`. */
export interface UdpMatch {
  readonly match: "udp";
  readonly sport: Ports;
  readonly dport: Ports;
}

function ports(text: string, not: boolean): Ports {
  const [low, high] = readPortsLoosely(text);
  return { low, high, not };
}

/** libxt_udp. */
export const udp: Extension<UdpMatch> = {
  name: "udp",
  op: OP.UDP,
  protos: [17],
  options: [
    {
      names: ["source-port", "sport"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.sport = ports(text, not),
    },
    {
      names: ["destination-port", "dport"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.dport = ports(text, not),
    },
  ],
  start: () => ({ match: "udp", sport: ANY_PORT, dport: ANY_PORT }),
  save: (m) => savePorts("sport", m.sport) + savePorts("dport", m.dport),
  list: (m, look) => " udp" + listPorts("spt", m.sport, look) + listPorts("dpt", m.dport, look),
  encode(m, out) {
    out.push(range(m.sport.low, m.sport.high), range(m.dport.low, m.dport.high));
    out.word((m.sport.not ? PORTINV.SOURCE : 0) | (m.dport.not ? PORTINV.DESTINATION : 0));
  },
};
