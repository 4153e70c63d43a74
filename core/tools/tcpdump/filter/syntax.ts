/** The tree of a filter expression. */

/** What an identifier is taken for: `src` of `tcp src port http`. */
export interface Qualifiers {
  readonly protocol?: string;
  readonly direction?: "src" | "dst" | "src or dst" | "src and dst";
  readonly type?: "host" | "net" | "port" | "portrange" | "proto";
}

/** What is looked for. */
export interface Id {
  readonly kind: "id" | "number" | "ip4" | "ip6" | "mac";
  readonly text: string;
  /** `/24`, or the dotted mask of `net 10.0.0.0 mask 255.0.0.0`. */
  readonly length?: number;
  readonly mask?: string;
}

/** A comparison's side. */
export type Arithmetic =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "length" }
  | { readonly kind: "load"; readonly protocol: string; readonly at: Arithmetic; readonly size: number }
  | { readonly kind: "minus"; readonly of: Arithmetic }
  | { readonly kind: "operation"; readonly operator: string; readonly left: Arithmetic; readonly right: Arithmetic };

/** An expression that is true or false of a frame. */
export type Expression =
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "match"; readonly qualifiers: Qualifiers; readonly id: Id }
  | { readonly kind: "protocol"; readonly name: string }
  | { readonly kind: "compare"; readonly operator: string; readonly left: Arithmetic; readonly right: Arithmetic }
  | { readonly kind: "cast"; readonly to: "broadcast" | "multicast"; readonly protocol?: string }
  | { readonly kind: "direction"; readonly outgoing: boolean }
  | { readonly kind: "ifindex"; readonly index: number }
  | { readonly kind: "vlan"; readonly id?: number };
