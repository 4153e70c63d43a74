import { printCidr, subnet } from "../../base/mod.ts";
import { copyOf } from "../objects/object.ts";
import type { Controller, ControllerApi } from "./controller.ts";

const NODE_LENGTH = { 4: 24, 6: 64 } as const;

/** Gives every node its pod CIDRs out of the cluster's: the first ones free. */
export const nodeIpam: Controller = ({ type, object }, api) => {
  if (object.kind === "Node" && type !== "DELETED") api.later(assignCidrs, object.metadata.name);
};

function assignCidrs(name: string, api: ControllerApi): void {
  const node = api.store.get("Node", name);
  if (node === undefined || (node.spec.podCIDR ?? "") !== "") return;
  const taken = new Set(api.store.list("Node").flatMap(({ spec }) => spec.podCIDRs ?? []));
  const cidrs = api.settings.podCIDRs.map((cidr) => freeCidr(cidr, taken)).filter((one) => one !== undefined);
  if (cidrs[0] === undefined) {
    const message = "Node " + name + " status is now: CIDRNotAvailable";
    api.event(node, { type: "Normal", reason: "CIDRNotAvailable", message, component: "cidrAllocator" });
    return;
  }
  const next = copyOf(node);
  next.spec = { podCIDR: cidrs[0], podCIDRs: cidrs, ...next.spec };
  api.update(next);
}

function freeCidr(cidr: ControllerApi["settings"]["podCIDRs"][number], taken: ReadonlySet<string>): string | undefined {
  const length = Math.max(NODE_LENGTH[cidr.ip.family], cidr.length);
  const count = 2 ** Math.min(length - cidr.length, 30);
  for (let index = 0; index < count; index++) {
    const text = printCidr(subnet(cidr, length, index));
    if (!taken.has(text)) return text;
  }
  return undefined;
}
