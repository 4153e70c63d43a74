/** The answers a lab gives, as data: what `--json` and HTTP show and people's text is printed from. */

/** `podwire up`: the world in one value. */
export interface Overview {
  readonly seed: number;
  readonly network: string;
  readonly proxy: string;
  /** Virtual time since the lab was opened, in seconds. */
  readonly ready: number;
  readonly nodes: readonly NodeRow[];
  readonly pods: readonly PodRow[];
  readonly services: readonly ServiceRow[];
  readonly machines: readonly MachineRow[];
  /** What was kept without having any effect on the network, and other things worth a word. */
  readonly warnings: readonly string[];
}

/** One node. */
export interface NodeRow {
  readonly name: string;
  readonly address: string;
  readonly podCIDR: string;
  readonly ready: boolean;
}

/** One pod. */
export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly address: string;
  readonly phase: string;
  readonly ready: boolean;
}

/** One Service, with `ip:port` of every ready endpoint by port. */
export interface ServiceRow {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly nodePort?: number;
    readonly protocol: string;
  }[];
  readonly endpoints: readonly string[];
}

/** One machine that is no node. */
export interface MachineRow {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What a command at a place answered. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** How a connection attempt ended. */
export type Verdict = "delivered" | "refused" | "dropped" | "unreachable" | "timeout";

/** Protocols one can ask about. */
export type Protocol = "tcp" | "udp" | "icmp" | "sctp";

/** `podwire why`. */
export interface Why {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly verdict: Verdict;
  /** `ns/pod` that received it, or null. */
  readonly backend: string | null;
  /** Where it was received: a place. */
  readonly receivedBy: string | null;
  /** Addresses as the receiver saw them. */
  readonly sees: { readonly src: string; readonly dst: string } | null;
  readonly decidedBy: DecidedBy | null;
  readonly forward: { readonly steps: readonly Step[] };
  readonly reply: { readonly steps: readonly Step[] };
}

/** The object whose rule decided, and that rule's text. */
export interface DecidedBy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rule: string;
  /** Why that object: `no policy allows it: shop/web is isolated (Egress) by deny-all`. */
  readonly because?: string;
  /** More objects that had their part in it as much: `NetworkPolicy/shop/another`. */
  readonly also?: readonly string[];
}

/** One thing that happened to the packet. */
export interface Step {
  /** `pod/ns/name`, `node/name`, `machine/name`. */
  readonly place: string;
  readonly layer: string;
  readonly action: string;
  readonly detail: string;
}

/** `podwire matrix`: one pair and how it ended. */
export interface MatrixRow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly proto: Protocol;
  readonly verdict: Verdict;
  /** Whose rule ended it, where one did. */
  readonly decidedBy?: DecidedBy;
}

/** `podwire diff`: a flow that ends differently. */
export interface DiffRow {
  readonly from: string;
  readonly to: string;
  readonly proto: Protocol;
  readonly outcomes: readonly FlowOutcome[];
}

/** How a flow ends in one of the labs compared. */
export interface FlowOutcome {
  readonly variant: string;
  readonly verdict: Verdict;
  /** `the client`, or the address of whom the receiver saw instead; null where nobody received it. */
  readonly sees: string | null;
  /** `a pod`, another place, or null. */
  readonly receiver: string | null;
  /** The rule that decided. */
  readonly why: string;
}

/** What `apply` and `delete` did to one object, in kubectl's words. */
export interface Applied {
  readonly object: string;
  readonly change: "created" | "configured" | "unchanged" | "deleted";
}

/** One thing that happened in a lab. */
export interface LabEvent {
  /** Virtual milliseconds since the lab was opened. */
  readonly time: number;
  readonly text: string;
}
