import { usage } from "../complaint.ts";
import type { Look, Option } from "../extension.ts";
import { protocolName, serviceName } from "../names.ts";
import { readPorts } from "../readers.ts";

/** A range of ports, 0 to 65535 for any. */
export interface Ports {
  readonly low: number;
  readonly high: number;
  readonly not: boolean;
}

/** Every port. */
export const ANY_PORT: Ports = { low: 0, high: 65535, not: false };

/** `--source-port` and `--destination-port` of tcp and sctp: each at most once. */
export function portOptions(proto: "tcp" | "sctp"): readonly Option<Record<"sport" | "dport", Ports>>[] {
  return ([["source-port", "sport"], ["destination-port", "dport"]] as const).map(([name, side]) => ({
    names: [name, side],
    value: true,
    multi: true,
    invertible: true,
    take(draft, text, { not }) {
      if (draft[side] !== ANY_PORT) usage(`Only one \`--${name}' allowed`);
      const [low, high] = readPorts(text, proto);
      draft[side] = { low, high, not };
    },
  }));
}

/** ` --sport 1:2` as iptables-save prints it; nothing for every port. */
export function savePorts(option: string, ports: Ports): string {
  const { low, high, not } = ports;
  if (low === 0 && high === 65535 && !not) return "";
  return `${not ? " !" : ""} --${option} ${low === high ? low : `${low}:${high}`}`;
}

/** ` spts:1:2` as `iptables -L` prints it. */
export function listPorts(name: string, ports: Ports, look: Look): string {
  const { low, high, not } = ports;
  if (low === 0 && high === 65535 && !not) return "";
  const bang = not ? "!" : "";
  if (low === high) return ` ${name}:${bang}${portText(low, look)}`;
  return ` ${name}s:${bang}${portText(low, look)}:${portText(high, look)}`;
}

/** A port's number, or its service's name where names are wanted. */
export function portText(port: number, look: Look): string {
  if (look.numeric) return String(port);
  return serviceName(port, protocolName(look.proto) ?? "") ?? String(port);
}
