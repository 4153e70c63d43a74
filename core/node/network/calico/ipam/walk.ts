/** In which order a host looks at the blocks of a pool: from one that its name draws to the end, and on from the start. */
import { cidrSize, network, printCidr, requireCidr } from "../../../../base/mod.ts";
import { fnv32, GoRandom } from "./go_random.ts";

interface Walk {
  readonly base: bigint;
  /** Addresses of a block, and blocks of the pool. */
  readonly size: bigint;
  readonly blocks: bigint;
  readonly start: bigint;
}

function walkOf(pool: string, blockSize: number, host: string): Walk {
  const cidr = network(requireCidr(pool));
  const size = 1n << BigInt((cidr.ip.family === 4 ? 32 : 128) - blockSize);
  const blocks = cidrSize(cidr) / size;
  return { base: cidr.ip.value, size, blocks, start: new GoRandom(fnv32(host)).below(blocks) };
}

/** A pool's blocks in a host's order. */
export function* blockWalk(pool: string, blockSize: number, host: string): Generator<string> {
  const { base, size, blocks, start } = walkOf(pool, blockSize, host);
  const { family } = requireCidr(pool).ip;
  for (let i = 0n; i < blocks; i++) {
    const value = base + ((start + i) % blocks) * size;
    yield printCidr({ ip: { family, value }, length: blockSize });
  }
}

/** How far into its walk a host comes to a block. */
export function walkPosition(
  pool: string,
  blockSize: number,
  host: string,
): (block: string) => bigint {
  const { base, size, blocks, start } = walkOf(pool, blockSize, host);
  return (block) => ((requireCidr(block).ip.value - base) / size - start + blocks) % blocks;
}
