import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { range } from "../encoder.ts";
import type { Draft, Extension, Option } from "../extension.ts";
import { protocolName } from "../names.ts";
import { readPort } from "../readers.ts";
import { portText } from "./ports.ts";

type Side = "sports" | "dports" | "ports";

/** `-m multiport`: up to 15 ports, a range counting twice. */
export interface MultiportMatch {
  readonly match: "multiport";
  readonly side: Side;
  readonly ports: readonly (readonly [number, number])[];
  readonly not: boolean;
}

/** TCP, UDP, UDPLite, SCTP, DCCP. */
const PROTOCOLS = [6, 17, 136, 132, 33];
const LIMIT = 15;

function parsePorts(text: string, protocol: string): (readonly [number, number])[] {
  let slots = 0;
  return text.split(",").map((part) => {
    if (slots >= LIMIT) usage("too many ports specified");
    const colon = part.indexOf(":");
    slots += colon < 0 ? 1 : 2;
    if (colon < 0) {
      const port = readPort(part, protocol);
      return [port, port];
    }
    if (slots > LIMIT) usage("too many ports specified");
    const low = readPort(part.slice(0, colon), protocol), high = readPort(part.slice(colon + 1), protocol);
    if (low >= high) usage("invalid portrange specified");
    return [low, high];
  });
}

function takePorts(draft: Draft<MultiportMatch>, side: Side, given: { text: string; not: boolean; proto: number }) {
  draft.side = side;
  draft.not = given.not;
  draft.ports = parsePorts(given.text, protocolName(given.proto) ?? "");
}

function checkProtocol(proto: number, not: boolean): void {
  if (proto === 0) usage("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
  if (not || !PROTOCOLS.includes(proto)) usage("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP");
}

const NAMES = ["source-ports", "destination-ports", "ports"] as const;

function option(index: 0 | 1 | 2, side: Side): Option<MultiportMatch> {
  const name = NAMES[index];
  return {
    names: name === side ? [name] : [name, side],
    value: true,
    invertible: true,
    excludes: NAMES.filter((other) => other !== name),
    take: (draft, text, { not, scope }) => {
      checkProtocol(scope.proto, scope.notProto);
      takePorts(draft, side, { text, not, proto: scope.proto });
    },
  };
}

/** libxt_multiport. */
export const multiport: Extension<MultiportMatch> = {
  name: "multiport",
  op: OP.MULTIPORT,
  protos: PROTOCOLS,
  options: [option(0, "sports"), option(1, "dports"), option(2, "ports")],
  start: () => ({ match: "multiport", side: "ports", ports: [], not: false }),
  finish: (draft) => {
    if (draft.ports.length === 0) usage("multiport expection an option");
  },
  save(m) {
    const ports = m.ports.map(([low, high]) => low === high ? low : `${low}:${high}`).join(",");
    return `${m.not ? " !" : ""} --${m.side} ${ports}`;
  },
  list(m, look) {
    const ports = m.ports.map(([low, high]) =>
      low === high ? portText(low, look) : `${portText(low, look)}:${portText(high, look)}`
    );
    return ` multiport ${m.side} ${m.not ? " !" : ""}${ports.join(",")}`;
  },
  inverted: (m) => m.not,
  encode(m, out) {
    out.word({ sports: 1, dports: 2, ports: 3 }[m.side]);
    for (const [low, high] of m.ports) out.word(range(low, high));
  },
};
