import { HOOK, OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";

/** `-m mac`; the address as `02:00:00:00:00:01`. */
export interface MacMatch {
  readonly match: "mac";
  readonly mac: string;
  readonly not: boolean;
}

function parseMacSource(text: string): string {
  const parts = text.split(":");
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) {
    return usage("Invalid MAC address specified.");
  }
  return parts.map((part) => part.toLowerCase().padStart(2, "0")).join(":");
}

/** libxt_mac. */
export const mac: Extension<MacMatch> = {
  name: "mac",
  op: OP.MAC,
  hooks: (1 << HOOK.PREROUTING) | (1 << HOOK.INPUT) | (1 << HOOK.FORWARD),
  options: [{
    names: ["mac-source"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, { mac: parseMacSource(text), not }),
  }],
  start: () => ({ match: "mac", mac: "00:00:00:00:00:00", not: false }),
  save: (m) => `${m.not ? " !" : ""} --mac-source ${m.mac}`,
  list: (m) => ` MAC ${m.not ? "! " : ""}${m.mac}`,
  inverted: (m) => m.not,
  encode(m, out) {
    const bytes = m.mac.split(":").join("");
    out.push(parseInt(bytes.slice(0, 4), 16), parseInt(bytes.slice(4), 16));
  },
};
