import type { Ns } from "../../../../wasm/mod.ts";
import type { IpTool } from "../tool.ts";
import { PLAIN } from "./ipip.ts";

/** The tunnel that takes what no other does. */
export const FALLBACK = "tunl0";

/** The first ipip device of a namespace brings `tunl0` with it, as the module does when it is loaded. */
export function addFallback(tool: IpTool, ns: Ns): void {
  const links = tool.plane.links(ns);
  if (links.some((link) => link.kind === "ipip" || link.name === FALLBACK)) return;
  tool.plane.addLink(ns, { kind: "ipip", name: FALLBACK, tunnel: { ...PLAIN, pmtudisc: false } });
}
