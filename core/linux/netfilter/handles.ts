import { PROGRAM } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";

/**
 * What the nft variant of the tools has made of a table, as the kernel numbers it: tables in order, and in each its chains and
 * rules. What has no number was made by the legacy variant.
 */
export interface TableHandles {
  readonly table: number;
  /** The last number that a chain or rule of it was given. */
  readonly last: number;
}

const KEY: StateKey<{ last: number }> = { label: "nftables' table handles" };

/** The number of the next table of nftables in a namespace, whoever makes it. */
export function nextTableHandle(namespace: Namespace): number {
  return ++namespace.state(KEY, () => ({ last: 0 })).last;
}

/** The plane's numbers of nftables' tables in a namespace; given back, they are given again. */
export class PlaneNumbers {
  readonly #free: number[] = [];
  #next: number = PROGRAM.NFT;

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  give(number: number): void {
    this.#free.push(number);
  }
}

const NUMBERS: StateKey<PlaneNumbers> = { label: "the plane's numbers of nftables' tables" };

/** The numbers of a namespace. */
export function planeNumbers(namespace: Namespace): PlaneNumbers {
  return namespace.state(NUMBERS, () => new PlaneNumbers());
}
