/** The one `kind: Lab` object (`apiVersion: podwire.dev/v1`): what the world is made of, every field with a default. */
import { z } from "zod";
import { isMac, parseCidr, parseIp } from "../base/mod.ts";

const Name = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i, "expected a host name");
/** An IPv4 prefix, on a dual-stack cluster with an IPv6 one behind it: `10.244.0.0/16,fd00:244::/48`. */
const Cidr = z.string().refine(
  (text) => {
    const families = text.split(",").map((each) => each.includes("/") ? parseCidr(each)?.ip.family : undefined);
    return families[0] === 4 && (families.length === 1 || (families.length === 2 && families[1] === 6));
  },
  "expected an IPv4 prefix such as 10.244.0.0/16, and perhaps an IPv6 one behind it: 10.244.0.0/16,fd00:244::/48",
);
const Address = z.string().refine((text) => parseIp(text) !== undefined, "expected an IP address");
const AddressWithLength = z.string().refine(
  (text) => parseCidr(text) !== undefined,
  "expected an address such as 192.168.1.10/24",
);
const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** A quantity with a unit as text: what it is in the base unit, or undefined. */
const quantity = (units: Readonly<Record<string, number>>, expected: string) =>
  z.union([z.number(), z.string()]).transform((value, context) => {
    const [, number, unit] = /^([0-9.]+)\s*([A-Za-z%/]*)$/.exec(String(value)) ?? [];
    const factor = units[unit ?? ""];
    if (number === undefined || factor === undefined || Number.isNaN(Number(number))) {
      context.addIssue({ code: "custom", message: `expected ${expected}` });
      return z.NEVER;
    }
    return Number(number) * factor;
  });

const Milliseconds = quantity({ "": 1, us: 0.001, ms: 1, s: 1000 }, "a time such as 2ms");
const Fraction = quantity({ "": 1, "%": 0.01 }, "a share such as 1%");
const BitsPerSecond = quantity(
  { bit: 1, kbit: 1e3, Kbit: 1e3, mbit: 1e6, Mbit: 1e6, gbit: 1e9, Gbit: 1e9 },
  "a rate such as 100Mbit",
);

const Node = z.strictObject({
  name: Name,
  zone: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  address: Address.optional(),
  taints: z.array(z.strictObject({ key: z.string(), value: z.string().optional(), effect: z.string() })).optional(),
});

const Machine = z.strictObject({
  name: Name,
  addresses: z.union([
    z.array(AddressWithLength),
    z.record(z.string(), z.union([AddressWithLength, z.array(AddressWithLength)])),
  ]).default({}),
  routes: z.array(z.string()).default([]),
  sysctls: z.record(z.string(), Scalar).default({}),
  run: z.array(z.string()).default([]),
});

const Switch = z.union([Name.transform((name) => ({ name })), z.strictObject({ name: Name })]);
const End = z.string().regex(/^[^:\s]+(:[^:\s/]{1,15})?$/, "expected NAME or NAME:DEVICE");
/** A link as written in full. */
interface Cable {
  readonly from: string;
  readonly to: string;
  readonly latency?: number | undefined;
  readonly jitter?: number | undefined;
  readonly loss?: number | undefined;
  readonly bandwidth?: number | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: string | undefined;
}

const Link = z.union([
  z.tuple([End, End]).transform(([from, to]): Cable => ({ from, to })),
  z.strictObject({
    from: End,
    to: End,
    latency: Milliseconds.optional(),
    jitter: Milliseconds.optional(),
    loss: Fraction.optional(),
    bandwidth: BitsPerSecond.optional(),
    mtu: z.int().min(68).max(65535).optional(),
    mac: z.string().refine(isMac, "expected a MAC address").optional(),
  }).transform((cable): Cable => cable),
]);

/** The pod networks there are to choose from. */
export const NETWORKS = ["flannel", "calico", "bridge"] as const;
/** kube-proxy's modes there are to choose from, and none. */
const PROXIES = ["iptables", "nftables", "ipvs", "userspace", "none"] as const;
/** One of them. */
export type ProxyMode = (typeof PROXIES)[number];

/** The Lab object's fields. */
export const LabSpecSchema = z.strictObject({
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  nodes: z.union([z.int().min(0).max(5000), z.array(Node)]).optional(),
  network: z.enum(NETWORKS).default("flannel"),
  backend: z.enum(["vxlan", "host-gw"]).default("vxlan"),
  proxy: z.enum(PROXIES).default("iptables"),
  podCIDR: Cidr.optional(),
  serviceCIDR: Cidr.default("10.96.0.0/12"),
  nodeCIDR: Cidr.default("172.18.0.0/16"),
  kubernetes: z.string().regex(/^v?\d+\.\d+(\.\d+)?$/, "expected a version such as 1.36").default("1.36.3"),
  machines: z.array(Machine).default([]),
  switches: z.array(Switch).default([]),
  links: z.array(Link).default([]),
});

/** An IPv6 address in short, a command or a setting for IPv6. */
const IPV6 = /[0-9a-f:]*::[0-9a-f]*|\bip -6\b|\bip6tables|\bnet[./]ipv6\b/i;

/** Whether a lab speaks of IPv6 anywhere: then its machines, nodes and pods do; else it is switched off in them. */
export function speaksIpv6(spec: Pick<LabSpec, "machines" | "podCIDR" | "serviceCIDR" | "nodeCIDR">): boolean {
  const { machines, podCIDR, serviceCIDR, nodeCIDR } = spec;
  return IPV6.test(JSON.stringify([machines, podCIDR, serviceCIDR, nodeCIDR]));
}

/** What a lab is made of, with all defaults filled in. */
export type LabSpec = z.infer<typeof LabSpecSchema>;
/** One Linux machine of a lab. */
export type MachineSpec = LabSpec["machines"][number];
/** One node of a cluster; `address` is its InternalIP. */
export type NodeSpec = z.infer<typeof Node>;
/** One link of a lab. */
export type LinkSpec = LabSpec["links"][number];
