import type { LinkKind } from "../../../../wasm/mod.ts";
import { ipip } from "./ipip.ts";
import type { Kind } from "./kind.ts";
import { ipvlan, macvlan } from "./macvlan.ts";
import { vlan } from "./vlan.ts";
import { vxlan } from "./vxlan.ts";

/** Kinds of devices that have data of their own behind `type KIND` (a bridge's settings are in `link_set.ts`). */
export const KINDS: { readonly [K in LinkKind]?: Kind } = { vxlan, vlan, macvlan, ipvlan, ipip };
