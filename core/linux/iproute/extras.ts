import type { IfIndex } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";

/** What `ip` sets on a device that no packet ever feels: kept beside the plane. */
export interface LinkExtras {
  /** Was up once: its qdisc is no longer `noop`. */
  wasUp?: boolean;
  alias?: string;
  group?: number;
  looks?: LinkLooks;
  /** Other names (`ip link property`), oldest first. */
  altnames?: readonly string[];
  /** A queueing discipline given by `tc`, such as `netem`. */
  qdisc?: string;
  data?: LinkData;
}

/** Flags, addresses and limits of a device that are only shown; an absent flag is as its kind is born. */
export interface LinkLooks {
  readonly multicast?: boolean;
  readonly allmulti?: boolean;
  readonly dynamic?: boolean;
  /** false: NOTRAILERS. */
  readonly trailers?: boolean;
  readonly broadcast?: string;
  /** Mode dormant. */
  readonly dormant?: boolean;
  readonly gsoSize?: number;
  readonly gsoSegs?: number;
  readonly groSize?: number;
}

/** Data of a device's kind that no packet ever feels. */
export interface LinkData {
  /** vlan: the id as it was said. */
  readonly vlanId?: number;
  readonly vlanFlags?: Readonly<Record<string, boolean>>;
  readonly ingressQos?: readonly { readonly from: number; readonly to: number }[];
  readonly egressQos?: readonly { readonly from: number; readonly to: number }[];
  readonly macvlanFlag?: string;
  readonly bcqueuelen?: number;
  /** ipip: `any`, or `ipip` for one made by `ip tunnel`. */
  readonly mode?: string;
  readonly vxlan?: VxlanData;
  /** bridge: settings by their names. */
  readonly bridge?: Readonly<Record<string, number>>;
}

/** Options of a vxlan device that are only shown; ports of its range, addresses it may learn. */
export interface VxlanData {
  readonly proxy?: boolean;
  readonly rsc?: boolean;
  readonly l2miss?: boolean;
  readonly l3miss?: boolean;
  readonly gbp?: boolean;
  readonly gpe?: boolean;
  readonly udpcsum?: boolean;
  readonly udp6zerocsumtx?: boolean;
  readonly udp6zerocsumrx?: boolean;
  readonly df?: string;
  readonly limit?: number;
  readonly low?: number;
  readonly high?: number;
}

/** What `ip addr` sets on an address that no packet ever feels. */
export interface AddressExtras {
  readonly metric?: number;
  /** Words of its flags beyond those the plane knows (`deprecated`, `nodad`, `home` ...), in printing order. */
  readonly flags?: readonly string[];
  /** Virtual times (ms since 1970) at which it is no longer valid or preferred. */
  readonly validUntil?: number;
  readonly preferredUntil?: number;
}

const LINKS: StateKey<Map<IfIndex, LinkExtras>> = { label: "link extras" };
const ADDRESSES: StateKey<Map<string, AddressExtras>> = { label: "address extras" };

/** A device's extras, to read and to write. */
export function linkExtras(ns: Namespace, dev: IfIndex): LinkExtras {
  const all = ns.state(LINKS, () => new Map());
  const extras = all.get(dev) ?? {};
  all.set(dev, extras);
  return extras;
}

/** Hands them on to a namespace that the device has moved to; without one, forgets them. */
export function moveLinkExtras(from: Namespace, dev: IfIndex, to?: readonly [Namespace, IfIndex]): void {
  const extras = linkExtras(from, dev);
  from.state(LINKS, () => new Map()).delete(dev);
  if (to !== undefined) Object.assign(linkExtras(...to), extras);
}

/** The extras of an address (`10.0.0.1/24`) of a device. */
export function addressExtras(ns: Namespace, dev: IfIndex, address: string): AddressExtras {
  return ns.state(ADDRESSES, () => new Map()).get(`${dev} ${address}`) ?? {};
}

/** Sets them; undefined forgets them. */
export function setAddressExtras(
  ns: Namespace,
  dev: IfIndex,
  address: string,
  extras: AddressExtras | undefined,
): void {
  const all = ns.state(ADDRESSES, () => new Map());
  if (extras === undefined) all.delete(`${dev} ${address}`);
  else all.set(`${dev} ${address}`, extras);
}
