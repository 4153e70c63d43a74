/** A block of addresses: pure changes of its allocations. Free addresses stand in a queue; freed ones go to its end. */
import { addToIp, cidrSize, requireCidr } from "../../../../base/mod.ts";
import type { BlockAttributes, BlockSpec } from "../objects.ts";

/** Who asks for addresses of a block. */
export interface Claimant {
  readonly attributes: BlockAttributes;
  /** Whether an address may not be given out by itself. */
  reserved(address: string): boolean;
}

/** A new block of a host, all of it free. */
export function newBlock(cidr: string, host: string, strictAffinity: boolean): BlockSpec {
  const size = Number(cidrSize(requireCidr(cidr)));
  return {
    cidr,
    affinity: `host:${host}`,
    strictAffinity,
    allocations: Array.from({ length: size }, () => null),
    unallocated: Array.from({ length: size }, (_, i) => i),
    attributes: [],
    deleted: false,
    sequenceNumber: 0,
    sequenceNumberForAllocation: {},
  };
}

/** The host that a block is of. */
export function hostOf({ affinity }: BlockSpec): string | undefined {
  return affinity?.startsWith("host:") ? affinity.slice("host:".length) : undefined;
}

/** Whether nobody has an address of a block. */
export function isEmpty({ allocations }: BlockSpec): boolean {
  return allocations.every((index) => index === null);
}

/** An address of a block. */
export function addressIn({ cidr }: BlockSpec, ordinal: number): string {
  return addToIp(cidr.split("/")[0] as string, ordinal);
}

/** Which address of a block it is; outside of it, -1. */
export function ordinalOf(block: BlockSpec, address: string): number {
  return block.allocations.findIndex((_, ordinal) => addressIn(block, ordinal) === address);
}

/** What is known of an address; undefined where nobody has it. */
export function attributesAt({ allocations, attributes }: BlockSpec, ordinal: number): BlockAttributes | undefined {
  const index = allocations[ordinal];
  const found = index === null || index === undefined ? undefined : attributes[index];
  return found?.releasedAt === undefined ? found : undefined;
}

/** The first free addresses, up to a number, for a claimant. */
export function assignFirst(block: BlockSpec, count: number, claimant: Claimant): {
  readonly block: BlockSpec;
  readonly addresses: readonly string[];
} {
  const ordinals = block.unallocated.filter((ordinal) => !claimant.reserved(addressIn(block, ordinal))).slice(0, count);
  if (ordinals.length === 0) return { block, addresses: [] };
  return {
    block: allocate(block, ordinals, claimant.attributes),
    addresses: ordinals.map((ordinal) => addressIn(block, ordinal)),
  };
}

/** Gives free addresses to somebody. */
export function allocate(block: BlockSpec, ordinals: readonly number[], given: BlockAttributes): BlockSpec {
  const known = block.attributes.findIndex((each) => same(each, given));
  const index = known >= 0 ? known : block.attributes.length;
  const sequence = block.sequenceNumber ?? 0;
  return {
    ...block,
    allocations: block.allocations.map((old, ordinal) => (ordinals.includes(ordinal) ? index : old)),
    unallocated: block.unallocated.filter((ordinal) => !ordinals.includes(ordinal)),
    attributes: known >= 0 ? block.attributes : [...block.attributes, given],
    sequenceNumber: sequence + 1,
    sequenceNumberForAllocation: {
      ...block.sequenceNumberForAllocation,
      ...Object.fromEntries(ordinals.map((ordinal) => [ordinal, sequence])),
    },
  };
}

function same(a: BlockAttributes, b: BlockAttributes): boolean {
  const secondary = ({ secondary = {} }: BlockAttributes) => JSON.stringify(Object.entries(secondary).sort());
  return a.handle_id === b.handle_id && a.releasedAt === b.releasedAt && secondary(a) === secondary(b);
}

/** Takes addresses back; attributes that nobody has any more go. */
export function free(block: BlockSpec, ordinals: readonly number[]): BlockSpec {
  const left = block.allocations.map((index, ordinal) => (ordinals.includes(ordinal) ? null : index));
  const sequences = Object.entries(block.sequenceNumberForAllocation ?? {});
  return touched({
    ...block,
    ...packed(left, block.attributes),
    unallocated: [...block.unallocated, ...ordinals],
    sequenceNumberForAllocation: Object.fromEntries(sequences.filter(([key]) => !ordinals.includes(Number(key)))),
  });
}

/** Takes addresses back, and keeps them from everybody while they cool down; attributes that nobody has any more go. */
export function coolDown(block: BlockSpec, ordinals: readonly number[], { now, byAddress }: Cooling): BlockSpec {
  const released = block.attributes.length;
  const indices = block.allocations.map((index, ordinal) => (ordinals.includes(ordinal) ? released : index));
  const sequences = byAddress
    ? Object.fromEntries(ordinals.map((ordinal) => [ordinal, block.sequenceNumber ?? 0]))
    : {};
  return touched({
    ...block,
    ...packed(indices, [...block.attributes, { releasedAt: now }]),
    sequenceNumberForAllocation: { ...block.sequenceNumberForAllocation, ...sequences },
  });
}

/** When addresses are taken back; by their address, Calico notes it as a change of theirs, by their handle it does not. */
export interface Cooling {
  readonly now: string;
  readonly byAddress: boolean;
}

/** A block of which those addresses that were taken back before a time are free again. */
export function cooled(block: BlockSpec, before: string): BlockSpec {
  const cold = block.allocations.flatMap((index, ordinal) => {
    const since = index === null ? undefined : block.attributes[index]?.releasedAt;
    return since !== undefined && since <= before ? [ordinal] : [];
  });
  return cold.length === 0 ? block : free(block, cold);
}

/** A block that is of no host any more. */
export function withoutHost(block: BlockSpec): BlockSpec {
  return touched({ ...block, affinity: null });
}

/** Without the attributes that no allocation has. */
function packed(
  indices: BlockSpec["allocations"],
  attributes: readonly BlockAttributes[],
): Pick<BlockSpec, "allocations" | "attributes"> {
  const used = attributes.map((_, index) => indices.includes(index));
  const moved = used.map((_, index) => used.slice(0, index).filter((each) => each).length);
  return {
    allocations: indices.map((index) => (index === null ? null : moved[index] as number)),
    attributes: attributes.filter((_, index) => used[index]),
  };
}

function touched(block: BlockSpec): BlockSpec {
  return { ...block, sequenceNumber: (block.sequenceNumber ?? 0) + 1 };
}
