import type { Link } from "../../../wasm/mod.ts";
import type { Namespace } from "../namespace.ts";
import { linkExtras } from "./extras.ts";

/** How a device of a kind is addressed, and the flags it is born with. */
interface Nature {
  readonly type: "ether" | "loopback" | "none" | "ipip";
  readonly flags: readonly string[];
}

/** Kinds that have the flags of the device underneath. */
const INHERITS = "vlan";

const ETHERNET: Nature = { type: "ether", flags: ["BROADCAST", "MULTICAST"] };
const NATURES: Readonly<Record<string, Nature>> = {
  "": { type: "loopback", flags: ["LOOPBACK"] },
  dummy: { type: "ether", flags: ["BROADCAST", "NOARP"] },
  tun: { type: "none", flags: ["POINTOPOINT", "MULTICAST", "NOARP"] },
  ipip: { type: "ipip", flags: ["NOARP"] },
};

/** `link/ether`, `link/loopback` ...: the hardware type's name. */
export function linkType(link: Link): Nature["type"] {
  return (NATURES[link.kind] ?? ETHERNET).type;
}

/** The words between `<` and `>`, in iproute2's order. */
export function linkFlags(ns: Namespace, link: Link): string[] {
  const { looks = {} } = linkExtras(ns, link.index);
  const nature = link.kind === INHERITS && !link.arp ? NATURES["dummy"] : NATURES[link.kind];
  const born = new Set((nature ?? ETHERNET).flags);
  if (link.kind === "ipip" && link.tunnel?.remote !== undefined) born.add("POINTOPOINT");
  const has: readonly (readonly [string, boolean])[] = [
    ["NO-CARRIER", link.up && !link.carrier],
    ["LOOPBACK", born.has("LOOPBACK")],
    ["BROADCAST", born.has("BROADCAST")],
    ["POINTOPOINT", born.has("POINTOPOINT")],
    ["MULTICAST", looks.multicast ?? born.has("MULTICAST")],
    ["NOARP", born.has("NOARP") || !link.arp],
    ["ALLMULTI", looks.allmulti ?? false],
    ["PROMISC", link.promisc],
    ["DYNAMIC", looks.dynamic ?? false],
    ["NOTRAILERS", looks.trailers === false],
    ["UP", link.up],
    ["LOWER_UP", link.up && link.carrier],
  ];
  return has.filter(([, yes]) => yes).map(([flag]) => flag);
}
