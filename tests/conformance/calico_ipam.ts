/** The IPAM sequences: our IPAM over maps, its answers and what it changed held against the recorded ones, step by step. */
import { cidrHas } from "../../core/base/mod.ts";
import {
  type BlockSpec,
  blockWalk,
  Ipam,
  type IpamConfig,
  type IpamData,
  IpamError,
  type IPPool,
  parseCalicoSelector,
  selects,
  utilization,
} from "../../core/node/mod.ts";
import type { IpamSequence, IpamStart, IpamStep } from "./calico_format.ts";
import { type Check, same } from "./kube_proxy_recording.ts";

type Counts = Readonly<Record<string, number>>;
type Call = IpamStep["call"];

/** A datastore that remembers what was changed since somebody looked. */
class Memory implements IpamData {
  readonly #blocks = new Map<string, BlockSpec>();
  readonly #affinities = new Map<string, Set<string>>();
  readonly #handles = new Map<string, Counts>();
  #before = this.#look();

  block = (cidr: string) => this.#blocks.get(cidr);
  blocks = () => [...this.#blocks.values()];
  putBlock = (block: BlockSpec) => void this.#blocks.set(block.cidr, block);
  removeBlock = (cidr: string) => void this.#blocks.delete(cidr);
  affinities = (host: string) => [...this.#affinities.get(host) ?? []];
  putAffinity = (host: string, cidr: string) =>
    void this.#affinities.set(host, (this.#affinities.get(host) ?? new Set()).add(cidr));
  removeAffinity = (host: string, cidr: string) => void this.#affinities.get(host)?.delete(cidr);
  handle = (id: string) => this.#handles.get(id);
  putHandle = (id: string, counts: Counts | undefined) =>
    void (counts === undefined ? this.#handles.delete(id) : this.#handles.set(id, counts));

  /** What differs from the last look, as recordings have it. */
  changes(): Record<string, Record<string, unknown>> {
    const now = this.#look();
    const found: Record<string, Record<string, unknown>> = {};
    for (const [kind, objects] of Object.entries(now)) {
      const before = this.#before[kind] ?? {};
      const names = [...new Set([...Object.keys(before), ...Object.keys(objects)])].sort();
      const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(objects[name]));
      if (changed.length > 0) found[kind] = Object.fromEntries(changed.map((name) => [name, objects[name] ?? null]));
    }
    this.#before = now;
    return found;
  }

  #look(): Record<string, Record<string, unknown>> {
    return {
      blocks: Object.fromEntries([...this.#blocks].map(([cidr, block]) => [cidr, shown(block)])),
      affinities: Object.fromEntries(
        [...this.#affinities].flatMap(([host, cidrs]) => [...cidrs].map((cidr) => [`${host} ${cidr}`, "confirmed"])),
      ),
      handles: Object.fromEntries(this.#handles),
    };
  }
}

function shown(block: BlockSpec): unknown {
  return {
    affinity: block.affinity ?? null,
    allocations: Object.fromEntries(
      block.allocations.flatMap((index, ordinal) => index === null ? [] : [[ordinal, index]]),
    ),
    unallocated: block.unallocated,
    attributes: block.attributes.map((each) => each.releasedAt === undefined ? each : { releasedAt: "*" }),
    sequenceNumber: block.sequenceNumber,
    sequenceNumberForAllocation: block.sequenceNumberForAllocation,
    deleted: block.deleted,
  };
}

/** Plays a sequence; per step one check of its answer, and one of the state. */
export function checkIpamSequence(sequence: IpamSequence): Check[] {
  const memory = new Memory();
  let config: IpamConfig = { strictAffinity: false, autoAllocateBlocks: true };
  const reserved = (sequence.objects ?? []).flatMap((object) =>
    (object as unknown as { spec: { reservedCIDRs?: string[] } }).spec.reservedCIDRs ?? []
  );
  const pools = [...sequence.pools as IPPool[]].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return sequence.steps.flatMap((step, i) => {
    const id = `ipam ${sequence.name} ${i} ${step.call.op}`;
    if (sequence.varies?.includes(i)) return [];
    const selected = (pool: IPPool, host: string) =>
      selects(parseCalicoSelector(pool.spec.nodeSelector ?? "all()"), sequence.labels?.[host] ?? {});
    const ipam = new Ipam(memory, { config, pools, reserved, now: 0, selects: selected });
    const answer = ask(ipam, step.call, (next) => config = next);
    const { config: _config, ...state } = step.state;
    return [
      same(`${id} answer`, ordered([step.result, step.error ?? null]), ordered([answer.result, answer.error ?? null])),
      same(`${id} state`, ordered(state), ordered(memory.changes())),
    ];
  });
}

/** The first block of a host in an empty pool. */
export function checkIpamStart({ pool, blockSize, host, block }: IpamStart): Check {
  return same(`ipam start ${pool} ${blockSize} ${host}`, block, blockWalk(pool, blockSize, host).next().value);
}

interface Answered {
  readonly result: unknown;
  readonly error?: string;
}

function ask(ipam: Ipam, call: Call, configure: (config: IpamConfig) => void): Answered {
  try {
    return OPERATIONS[call.op]?.(ipam, call, configure) ?? { result: undefined, error: `${call.op} is not modelled` };
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    const empty = {
      autoassign: { v4: null, v6: null },
      claim: { claimed: [], failed: [] },
      attributes: { attributes: null },
    };
    return { result: empty[call.op as keyof typeof empty] ?? null, error: error.message };
  }
}

type Operation = (ipam: Ipam, call: Call, configure: (config: IpamConfig) => void) => Answered;

const text = (call: Call, name: string): string => String(call[name]);

const OPERATIONS: Readonly<Record<string, Operation>> = {
  autoassign(ipam, call) {
    const asked = ([4, 6] as const).map((family) => {
      const count = Number(call[`num${family}`] ?? 0);
      if (count === 0) return undefined;
      return {
        count,
        ...ipam.autoAssign({
          ...call as unknown as { host: string },
          family,
          count,
          ...poolsOf(call, family),
          ...attributesOf(call),
        }),
      };
    });
    const [v4, v6] = asked.map((each) =>
      each === undefined
        ? null
        : { ips: each.addresses, messages: each.messages.length === 0 ? null : each.messages, requested: each.count }
    );
    const error = asked.find((each) => each?.error !== undefined)?.error;
    return { result: { v4, v6 }, ...(error === undefined ? {} : { error }) };
  },
  assign(ipam, call) {
    ipam.assign({ ...call as unknown as { host: string; address: string }, ...attributesOf(call) });
    return { result: null };
  },
  release(ipam, call) {
    return { result: ipam.release((call["releases"] as { address: string }[]).map(({ address }) => address)) };
  },
  "release-handle"(ipam, call) {
    ipam.releaseHandle(text(call, "handle"));
    return { result: null };
  },
  "ips-of-handle": (ipam, call) => ({ result: { ips: ipam.addressesOf(text(call, "handle")) } }),
  attributes: (ipam, call) => ({ result: { attributes: ipam.attributes(text(call, "address")) } }),
  utilization(ipam) {
    return { result: { pools: utilization(ipam.data.blocks(), ipam.settings.pools, ipam.settings.reserved) } };
  },
  /** On Linux no address is set aside for the host, and then the library does nothing. */
  "ensure-block": () => ({ result: { v4: null, v6: null } }),
  claim: (ipam, call) => ({ result: ipam.claimAffinity(text(call, "cidr"), text(call, "host")) }),
  "release-affinity"(ipam, call) {
    const wanted = requirePrefix(text(call, "cidr"));
    const cidrs = ipam.data.affinities(text(call, "host")).filter(wanted).sort();
    ipam.releaseAffinities(text(call, "host"), cidrs, call["mustBeEmpty"] === true);
    return { result: null };
  },
  "release-host"(ipam, call) {
    ipam.releaseHost(text(call, "host"), call["mustBeEmpty"] === true);
    return { result: null };
  },
  "release-pool"(ipam, call) {
    const wanted = requirePrefix(text(call, "cidr"));
    for (const { cidr, affinity } of ipam.data.blocks()) {
      if (wanted(cidr) && affinity) ipam.releaseAffinities(affinity.replace("host:", ""), [cidr]);
    }
    return { result: null };
  },
  "remove-host"(ipam, call) {
    ipam.releaseAffinities(text(call, "host"), ipam.data.affinities(text(call, "host")));
    return { result: null };
  },
  "set-config"(_ipam, call, configure) {
    const strictAffinity = call["strict"] === true;
    if (call["maxBlocks"] !== undefined && !strictAffinity) {
      return { result: null, error: "MaxBlocksPerHost requires StrictAffinity to be enabled" };
    }
    const cooldown = Number(call["cooldown"] ?? 0);
    if (cooldown > 1200) return { result: null, error: "IPCooldownSeconds must be at most 1200" };
    configure({
      strictAffinity,
      autoAllocateBlocks: call["auto"] === true,
      ipCooldownSeconds: cooldown,
      ...(call["maxBlocks"] === undefined ? {} : { maxBlocksPerHost: Number(call["maxBlocks"]) }),
    });
    return { result: null };
  },
};

function poolsOf(call: Call, family: 4 | 6): { pools?: string[] } {
  const pools = call[`pools${family}`] as string[] | undefined;
  return pools === undefined ? {} : { pools };
}

function attributesOf(call: Call): { attributes?: Record<string, string> } {
  const attributes = call["attrs"] as Record<string, string> | undefined;
  return attributes === undefined ? {} : { attributes };
}

function requirePrefix(cidr: string): (block: string) => boolean {
  return (block) => cidrHas(cidr, block.split("/")[0] as string);
}

/** Keys in order, so that only values count. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, ordered(each)]),
  );
}
