import type { Family, Words } from "../address.ts";
import type { SetType } from "./types.ts";

/** One part of an element, by dimension. */
export type Part =
  | { readonly kind: "ip"; readonly ip: Words }
  | { readonly kind: "net"; readonly ip: Words; readonly length: number }
  | { readonly kind: "port"; readonly proto: number; readonly port: number }
  | { readonly kind: "set"; readonly name: string }
  | { readonly kind: "mark"; readonly mark: number }
  | { readonly kind: "mac"; readonly mac: string }
  | { readonly kind: "iface"; readonly name: string };

/** What is kept beside an element. */
export interface Extras {
  readonly nomatch: boolean;
  /** Milliseconds left; 0 stays for ever. */
  readonly timeout: number;
  readonly packets: number;
  readonly bytes: number;
  readonly comment?: string;
  readonly skbmark?: string;
  readonly skbprio?: string;
  readonly skbqueue?: string;
}

/** An element of a set. */
export interface Member extends Extras {
  readonly parts: readonly Part[];
}

/** What `ipset create` says of a set. */
export interface SetHeader {
  readonly type: SetType;
  readonly family: Family;
  readonly hashsize: number;
  readonly maxelem: number;
  readonly netmask?: number;
  /** Seconds; absent without timeout support. */
  readonly timeout?: number;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
  readonly forceadd: boolean;
  readonly bucketsize: number;
  readonly initval: number;
  readonly markmask?: number;
  /** bitmap: first and last; list: how many sets. */
  readonly range?: readonly [number, number];
  readonly size?: number;
}

/** A set: its header, and its members by their text, in the order they came. */
export interface IpSet {
  name: string;
  /** The plane's number; it stays when sets are renamed or swapped. */
  readonly id: number;
  header: SetHeader;
  members: Map<string, Member>;
}

/** An ipset command that went wrong: text and exit status 1, or 2 with the hint to the help. */
export class SetComplaint extends Error {
  override readonly name = "SetComplaint";

  constructor(message: string, readonly status = 1) {
    super(message);
  }
}

/** Stops with a message of the tool. */
export function refuse(message: string, status = 1): never {
  throw new SetComplaint(message, status);
}
