/** How full the pools are (GetUtilization). */
import { cidrHas, cidrSize, requireCidr } from "../../../../base/mod.ts";
import type { BlockSpec, IPPool } from "../objects.ts";
import { addressIn } from "./block.ts";

/** A block's or a pool's numbers. */
interface Numbers {
  readonly capacity: number;
  readonly inUse: number;
  readonly reserved: number;
  readonly available: number;
}

/** A pool, and its blocks by CIDR text. */
export interface PoolUtilization extends Numbers {
  readonly name: string;
  readonly blocks: readonly (Numbers & { readonly cidr: string })[];
}

/** Blocks of no pool any more stand under this name. */
const ORPHANS = "orphaned allocation blocks";

/** By name in order: one entry a pool, and one for blocks of none. */
export function utilization(
  blocks: readonly BlockSpec[],
  pools: readonly IPPool[],
  reserved: readonly string[],
): PoolUtilization[] {
  const poolOf = ({ cidr }: BlockSpec) => pools.find(({ spec }) => cidrHas(spec.cidr, cidr.split("/")[0] as string));
  const rows = pools.map((pool) => {
    const own = blocks.filter((block) => poolOf(block) === pool);
    return poolRow(pool.metadata.name, own, { capacity: sizeOf(pool.spec.cidr), reserved, cidr: pool.spec.cidr });
  });
  const orphans = blocks.filter((block) => poolOf(block) === undefined);
  return [...rows, poolRow(ORPHANS, orphans, { capacity: 0, reserved })].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sizeOf(cidr: string): number {
  return Number(cidrSize(requireCidr(cidr)));
}

function poolRow(
  name: string,
  own: readonly BlockSpec[],
  { capacity, reserved, cidr }: {
    readonly capacity: number;
    readonly reserved: readonly string[];
    readonly cidr?: string;
  },
): PoolUtilization {
  const blocks = own.map((block) => blockRow(block, reserved)).sort((a, b) => (a.cidr < b.cidr ? -1 : 1));
  const inUse = blocks.reduce((sum, block) => sum + block.inUse, 0);
  const held = cidr === undefined
    ? []
    : reserved.filter((each) => cidrHas(cidr, each.split("/")[0] as string)).map(sizeOf);
  const all = held.reduce((sum, size) => sum + size, 0);
  const taken = own.reduce((sum, block) => sum + reservedInUse(block, reserved), 0);
  return { name, capacity, inUse, reserved: all, available: capacity - inUse - all + taken, blocks };
}

function blockRow(block: BlockSpec, reserved: readonly string[]): Numbers & { readonly cidr: string } {
  const capacity = block.allocations.length;
  const inUse = block.allocations.filter((index) => index !== null).length;
  const held = block.allocations.filter((_, ordinal) => isReserved(block, ordinal, reserved)).length;
  const available = block.unallocated.filter((ordinal) => !isReserved(block, ordinal, reserved)).length;
  return { cidr: block.cidr, capacity, inUse, reserved: held, available };
}

function isReserved(block: BlockSpec, ordinal: number, reserved: readonly string[]): boolean {
  return reserved.some((cidr) => cidrHas(cidr, addressIn(block, ordinal)));
}

/** Reserved addresses that somebody asked for and has. */
function reservedInUse(block: BlockSpec, reserved: readonly string[]): number {
  return block.allocations.filter((index, ordinal) => index !== null && isReserved(block, ordinal, reserved)).length;
}
