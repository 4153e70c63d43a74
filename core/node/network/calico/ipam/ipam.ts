/**
 * Calico's IPAM: addresses in blocks, blocks with an affinity to a host, handles that count who has how many where.
 *
 *     autoassign   the host's own blocks, in the order of their names; then a block nobody has; then, without strict affinity,
 *                  addresses of other hosts' blocks
 *
 * It works on a datastore of three kinds of objects, and says in Calico's words what it cannot do.
 */
import { cidrHas, printCidr, requireCidr } from "../../../../base/mod.ts";
import type { BlockAttributes, BlockSpec, IPPool } from "../objects.ts";
import {
  addressIn,
  allocate,
  assignFirst,
  attributesAt,
  type Claimant,
  coolDown,
  cooled,
  free,
  hostOf,
  isEmpty,
  newBlock,
  ordinalOf,
  withoutHost,
} from "./block.ts";
import { blockWalk, walkPosition } from "./walk.ts";

/** What IPAM keeps. Blocks by CIDR; affinities as `HOST CIDR`; handles by id: how many addresses of which block. */
export interface IpamData {
  block(cidr: string): BlockSpec | undefined;
  blocks(): readonly BlockSpec[];
  putBlock(block: BlockSpec): void;
  removeBlock(cidr: string): void;
  /** CIDRs of a host's blocks. */
  affinities(host: string): readonly string[];
  putAffinity(host: string, cidr: string): void;
  removeAffinity(host: string, cidr: string): void;
  handle(id: string): Readonly<Record<string, number>> | undefined;
  /** Undefined removes it. */
  putHandle(id: string, counts: Readonly<Record<string, number>> | undefined): void;
}

/** IPAM's settings (IPAMConfiguration). */
export interface IpamConfig {
  readonly strictAffinity: boolean;
  readonly autoAllocateBlocks: boolean;
  readonly maxBlocksPerHost?: number;
  /** For how long nobody gets an address that was taken back. */
  readonly ipCooldownSeconds?: number;
}

/** Its surroundings. */
export interface IpamSettings {
  readonly config: IpamConfig;
  /** By name in order. */
  readonly pools: readonly IPPool[];
  /** CIDRs that are not given out by themselves (IPReservation). */
  readonly reserved: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether a pool's node selector selects a host. */
  selects(pool: IPPool, host: string): boolean;
}

/** Who wants addresses, and how many. */
export interface AutoAssign {
  readonly host: string;
  readonly family: 4 | 6;
  readonly count: number;
  readonly handle?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** CIDRs of the only pools to take. */
  readonly pools?: readonly string[];
  readonly use?: string;
  readonly maxBlocks?: number;
  /** How many addresses the handle may have. */
  readonly maxPerHandle?: number;
}

/** What autoassign gave: addresses with their block's prefix length, and why they are fewer than asked for. */
export interface Assigned {
  readonly addresses: readonly string[];
  readonly messages: readonly string[];
  /** What a caller is told beside the addresses, which it has all the same. */
  readonly error?: string;
}

/** Something that IPAM refuses, in its words. */
export class IpamError extends Error {}

const MAX_BLOCKS = 20;
const DEFAULT_SIZE = { 4: 26, 6: 122 } as const;

/** IPAM over a datastore. */
export class Ipam {
  constructor(readonly data: IpamData, readonly settings: IpamSettings) {}

  /** Gives a host addresses, as many as it can. Throws an IpamError where the pools asked for cannot be taken. */
  autoAssign(ask: AutoAssign): Assigned {
    const pools = this.#poolsFor(ask);
    const claim = new Claim(this, ask);
    const limit = ask.maxBlocks ?? this.settings.config.maxBlocksPerHost ?? MAX_BLOCKS;
    // More than its handle may have: Calico says the same as of a host with too many blocks.
    if (this.#had(ask.handle) + ask.count > (ask.maxPerHandle ?? Infinity)) return claim.blockLimit(limit);
    for (const cidr of this.#ownBlocks(ask.host, pools)) claim.take(this.#block(cidr));
    while (claim.missing > 0 && this.settings.config.autoAllocateBlocks) {
      if (this.data.affinities(ask.host).length >= limit) return claim.blockLimit(limit);
      const cidr = this.#freeBlock(ask.host, pools);
      if (cidr === undefined) break;
      claim.take(this.claimBlock(cidr, ask.host));
    }
    if (claim.missing === 0) return claim.answer();
    if (this.settings.config.strictAffinity) {
      return claim.answer("No more free affine blocks and strict affinity enabled");
    }
    for (const cidr of pools.flatMap((pool) => this.#borrowable(pool, ask.host))) claim.take(this.#block(cidr));
    const names = pools.map(({ spec }) => spec.cidr).join(" ");
    return claim.missing === 0 ? claim.answer() : claim.answer(`No IPs available in pools: [${names}]`);
  }

  /** Gives a host one address of its choice. Throws an IpamError. */
  assign(
    { host, address, handle, attributes }: {
      readonly host: string;
      readonly address: string;
      readonly handle?: string;
      readonly attributes?: Readonly<Record<string, string>>;
    },
  ): void {
    const pool = this.#enabled().find(({ spec }) => cidrHas(spec.cidr, address));
    if (pool === undefined) throw new IpamError("The provided IP address is not in a configured pool\n");
    const cidr = blockAt(pool, address);
    const block = this.#block(cidr) ?? this.claimBlock(cidr, host);
    const owner = hostOf(block);
    if (this.settings.config.strictAffinity && owner !== host) {
      throw new IpamError(
        owner === undefined
          ? `Attempt to assign from block ${cidr} with no affinity`
          : "Block host affinity does not match",
      );
    }
    const ordinal = ordinalOf(block, address);
    if (block.allocations[ordinal] !== null) {
      throw new IpamError(`resource already exists: ${address} with error: Address already assigned in block`);
    }
    if (handle !== undefined) this.count(handle, cidr, 1);
    this.data.putBlock(allocate(block, [ordinal], attributesOf(handle, attributes)));
  }

  /** Takes addresses back: those that somebody had go, and those of pools that nobody had are counted as well. */
  release(addresses: readonly string[]): { readonly released: string[]; readonly unallocated: string[] } {
    const unallocated: string[] = [];
    const released: string[] = [];
    const byBlock = new Map<string, Set<number>>();
    for (const address of addresses) {
      const { pool, block } = this.#placeOf(address);
      const ordinal = block === undefined ? -1 : ordinalOf(block, address);
      const had = block !== undefined && attributesAt(block, ordinal) !== undefined;
      if (pool !== undefined) released.push(address);
      if (!had) unallocated.push(address);
      else byBlock.set(block.cidr, (byBlock.get(block.cidr) ?? new Set()).add(ordinal));
    }
    for (const [cidr, ordinals] of byBlock) this.#free(cidr, [...ordinals], true);
    return { released: released.sort(), unallocated: unallocated.sort() };
  }

  /** Takes back all that a handle has. Throws an IpamError where there is none of that name. */
  releaseHandle(handle: string): void {
    const counts = this.data.handle(handle);
    if (counts === undefined) {
      const what = `ipamhandles.crd.projectcalico.org "${handle}" not found`;
      throw new IpamError(`resource does not exist: IPAMHandle(${handle}) with error: ${what}`);
    }
    for (const cidr of Object.keys(counts)) {
      const ordinals = ordinalsOf(this.data.block(cidr), handle);
      if (ordinals.length > 0) this.#free(cidr, ordinals, false);
    }
  }

  /** The addresses that a handle has, in order. */
  addressesOf(handle: string): string[] {
    return Object.keys(this.data.handle(handle) ?? {}).flatMap((cidr) => {
      const block = this.data.block(cidr);
      return ordinalsOf(block, handle).map((ordinal) => addressIn(block as BlockSpec, ordinal));
    });
  }

  /** What is known of an address. Throws an IpamError where nobody has it. */
  attributes(address: string): BlockAttributes {
    const { block } = this.#placeOf(address);
    const found = block === undefined ? undefined : attributesAt(block, ordinalOf(block, address));
    if (found === undefined) {
      throw new IpamError(`resource does not exist: ${address} with error: IP is unassigned`);
    }
    return found;
  }

  /** Makes blocks a host's own; those of other hosts stay theirs. Throws an IpamError. */
  claimAffinity(cidr: string, host: string): { readonly claimed: string[]; readonly failed: string[] } {
    const pool = this.#enabled().find(({ spec }) => cidrHas(spec.cidr, bare(cidr)));
    if (pool === undefined) throw new IpamError(`The requested CIDR (${cidr}) is not within any configured pools.`);
    if (requireCidr(cidr).length > sizeOf(pool)) {
      throw new IpamError(`The requested CIDR (${cidr}) is smaller than the minimum.`);
    }
    const blocks = [...blockWalk(cidr, sizeOf(pool), host)].sort(byAddress);
    const claimed = blocks.filter((each) => {
      const old = this.data.block(each);
      if (old === undefined) this.claimBlock(each, host);
      return old === undefined || hostOf(old) === host;
    });
    return { claimed, failed: blocks.filter((each) => !claimed.includes(each)) };
  }

  /** Blocks of a host are nobody's any more; empty ones go. Throws an IpamError at the first that must be empty and is not. */
  releaseAffinities(host: string, cidrs: readonly string[], mustBeEmpty = false): void {
    for (const cidr of cidrs) {
      const block = this.data.block(cidr);
      if (block === undefined || hostOf(block) !== host) continue;
      if (mustBeEmpty && !isEmpty(block)) throw new IpamError(`block '${cidr}' is not empty`);
      this.data.removeAffinity(host, cidr);
      if (isEmpty(block)) this.data.removeBlock(cidr);
      else this.data.putBlock(withoutHost(block));
    }
  }

  /** The same of all blocks of a host: those that it must keep do not keep the others. Throws the IpamError of the last of them. */
  releaseHost(host: string, mustBeEmpty: boolean): void {
    let refused: unknown;
    for (const cidr of [...this.data.affinities(host)].sort()) {
      try {
        this.releaseAffinities(host, [cidr], mustBeEmpty);
      } catch (error) {
        refused = error;
      }
    }
    if (refused !== undefined) throw refused;
  }

  /** Writes a new block of a host. */
  claimBlock(cidr: string, host: string): BlockSpec {
    const block = newBlock(cidr, host, this.settings.config.strictAffinity);
    this.data.putBlock(block);
    this.data.putAffinity(host, cidr);
    return block;
  }

  /** Changes a handle's count of a block by so many; a handle without any goes. */
  count(handle: string, cidr: string, change: number): void {
    const counts = { ...this.data.handle(handle) };
    const next = (counts[cidr] ?? 0) + change;
    if (next > 0) counts[cidr] = next;
    else delete counts[cidr];
    this.data.putHandle(handle, Object.keys(counts).length === 0 ? undefined : counts);
  }

  /** A block as it is now: without addresses that have cooled down. */
  #block(cidr: string): BlockSpec | undefined {
    const { now, config: { ipCooldownSeconds = 0 } } = this.settings;
    const block = this.data.block(cidr);
    return block === undefined ? undefined : cooled(block, timeText(now - 1_000 * ipCooldownSeconds));
  }

  /** The pool that an address is of, and its block where there is one. */
  #placeOf(address: string): { readonly pool: IPPool | undefined; readonly block: BlockSpec | undefined } {
    const pool = this.settings.pools.find(({ spec }) => cidrHas(spec.cidr, address));
    return { pool, block: pool === undefined ? undefined : this.data.block(blockAt(pool, address)) };
  }

  #free(cidr: string, ordinals: readonly number[], byAddress: boolean): void {
    const block = this.data.block(cidr) as BlockSpec;
    const handles = ordinals.map((ordinal) => attributesAt(block, ordinal)?.handle_id).filter((id) => id !== undefined);
    const { now, config: { ipCooldownSeconds = 0 } } = this.settings;
    const next = ipCooldownSeconds === 0
      ? free(block, ordinals)
      : coolDown(block, ordinals, { now: timeText(now), byAddress });
    if (hostOf(next) === undefined && isEmpty(next)) this.data.removeBlock(cidr);
    else this.data.putBlock(next);
    for (const handle of new Set(handles)) {
      this.count(handle, cidr, -handles.filter((each) => each === handle).length);
    }
  }

  #had(handle: string | undefined): number {
    return handle === undefined ? 0 : this.addressesOf(handle).length;
  }

  #enabled(): IPPool[] {
    return this.settings.pools.filter(({ spec }) => spec.disabled !== true);
  }

  #poolsFor({ host, family, pools: wanted, use = "Workload" }: AutoAssign): IPPool[] {
    const all = this.#enabled().filter(({ spec }) => spec.cidr.includes(":") === (family === 6));
    const named = (wanted ?? []).map((cidr) => {
      const found = all.find(({ spec }) => spec.cidr === cidr);
      if (found === undefined) throw new IpamError(`the given pool (${cidr}) does not exist, or is not enabled`);
      return found;
    });
    const candidates = wanted === undefined
      ? all.filter((pool) => this.settings.selects(pool, host) && pool.spec.assignmentMode !== "Manual")
      : named;
    if (candidates.length === 0) {
      throw new IpamError(`no configured Calico pools for node ${host}`);
    }
    const usable = candidates.filter(({ spec }) => (spec.allowedUses ?? ["Workload", "Tunnel"]).includes(use));
    if (usable.length === 0) {
      throw new IpamError(`cannot find a qualified ippool, no pools match the required use (${use})`);
    }
    return usable;
  }

  #ownBlocks(host: string, pools: readonly IPPool[]): string[] {
    const own = this.data.affinities(host).filter((cidr) => pools.some(({ spec }) => cidrHas(spec.cidr, bare(cidr))));
    return own.sort((a, b) => (blockName(a) < blockName(b) ? -1 : 1));
  }

  #freeBlock(host: string, pools: readonly IPPool[]): string | undefined {
    for (const pool of pools) {
      for (const cidr of blockWalk(pool.spec.cidr, sizeOf(pool), host)) {
        if (this.data.block(cidr) === undefined && !this.#reservedWhole(cidr)) return cidr;
      }
    }
    return undefined;
  }

  #reservedWhole(cidr: string): boolean {
    const block = requireCidr(cidr);
    return this.settings.reserved.some((each) => requireCidr(each).length <= block.length && cidrHas(each, bare(cidr)));
  }

  /** Blocks of a pool that are not a host's own, in the order it comes to them. */
  #borrowable(pool: IPPool, host: string): string[] {
    const position = walkPosition(pool.spec.cidr, sizeOf(pool), host);
    const found = this.data.blocks().filter((block) =>
      cidrHas(pool.spec.cidr, bare(block.cidr)) && hostOf(block) !== host
    ).map(({ cidr }) => cidr);
    return found.sort((a, b) => (position(a) < position(b) ? -1 : 1));
  }
}

/** One autoassign on its way: what it has, and what is missing. */
class Claim {
  readonly #addresses: string[] = [];
  readonly #ipam: Ipam;
  readonly #ask: AutoAssign;

  constructor(ipam: Ipam, ask: AutoAssign) {
    this.#ipam = ipam;
    this.#ask = ask;
  }

  get missing(): number {
    return this.#ask.count - this.#addresses.length;
  }

  /** Takes what a block has; its handle counts what was asked of the block, as Calico does, given or not. */
  take(block: BlockSpec | undefined): void {
    const { handle, attributes } = this.#ask;
    if (block === undefined || this.missing === 0) return;
    const { reserved } = this.#ipam.settings;
    const claimant: Claimant = {
      attributes: attributesOf(handle, attributes),
      reserved: (address) => reserved.some((cidr) => cidrHas(cidr, address)),
    };
    const given = assignFirst(block, this.missing, claimant);
    if (given.addresses.length === 0) return;
    if (handle !== undefined) this.#ipam.count(handle, block.cidr, this.missing);
    this.#ipam.data.putBlock(given.block);
    const length = block.cidr.split("/")[1];
    this.#addresses.push(...given.addresses.map((address) => `${address}/${length}`));
  }

  answer(...messages: string[]): Assigned {
    return { addresses: this.#addresses, messages };
  }

  blockLimit(limit: number): Assigned {
    const why = `Need to allocate an IPAM block but could not - limit of ${limit} blocks reached for this node`;
    return { ...this.answer(why), error: "cannot allocate new block due to per host block limit" };
  }
}

/** Which addresses of a block a handle has. */
function ordinalsOf(block: BlockSpec | undefined, handle: string): number[] {
  if (block === undefined) return [];
  return [...block.allocations.keys()].filter((ordinal) => attributesAt(block, ordinal)?.handle_id === handle);
}

function attributesOf(handle: string | undefined, secondary: Readonly<Record<string, string>> | undefined) {
  return {
    ...(handle === undefined ? {} : { handle_id: handle }),
    ...(secondary === undefined ? {} : { secondary }),
  };
}

/** `10-65-1-0-26`: what a block's object is called. */
export function blockName(cidr: string): string {
  return cidr.replace(/[.:/]/g, "-");
}

function sizeOf({ spec }: IPPool): number {
  return spec.blockSize ?? DEFAULT_SIZE[spec.cidr.includes(":") ? 6 : 4];
}

/** The block of a pool that an address lies in. */
function blockAt(pool: IPPool, address: string): string {
  const { ip } = requireCidr(`${address}/${sizeOf(pool)}`);
  const host = (1n << BigInt((ip.family === 4 ? 32 : 128) - sizeOf(pool))) - 1n;
  return printCidr({ ip: { ...ip, value: ip.value & ~host }, length: sizeOf(pool) });
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function bare(cidr: string): string {
  return cidr.split("/")[0] as string;
}

function byAddress(a: string, b: string): number {
  return Number(requireCidr(a).ip.value - requireCidr(b).ip.value);
}
