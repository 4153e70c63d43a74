/** Calico's datastore: IPAM's blocks, affinities and handles as objects of crd.projectcalico.org/v1 in the cluster's own API. */
import { type Api, copyOf, isStatus, type KubeObject } from "../../kube/mod.ts";
import {
  blockName,
  type BlockSpec,
  calicoObjects,
  Ipam,
  type IPAMBlock,
  type IpamData,
  type IPPool,
  parseCalicoSelector,
  selects,
} from "../network/calico/mod.ts";

/** The group and version of all of Calico's objects. */
export const CALICO_API = "crd.projectcalico.org/v1";
const GROUP = "crd.projectcalico.org";

interface Affinity extends KubeObject {
  spec: { readonly node: string; readonly cidr: string; readonly state: string; readonly deleted: string };
}
interface Handle extends KubeObject {
  spec: {
    readonly handleID: string;
    readonly block: Readonly<Record<string, number>>;
    readonly deleted: boolean;
  };
}
interface Configuration extends KubeObject {
  spec: {
    readonly strictAffinity?: boolean;
    readonly autoAllocateBlocks?: boolean;
    readonly maxBlocksPerHost?: number;
    readonly ipCooldownSeconds?: number;
  };
}
interface Reservation extends KubeObject {
  spec: { readonly reservedCIDRs?: readonly string[] };
}

/** Creates an object, or changes its spec. What the API refuses is our bug. */
export function putObject(
  api: Api,
  kind: string,
  { name, spec }: { readonly name: string; readonly spec: object },
): void {
  const old = api.store.get(`${kind}.${GROUP}`, name);
  const answer = old === undefined
    ? api.create({ apiVersion: CALICO_API, kind, metadata: { name }, spec } as never)
    : api.update({ ...copyOf(old), spec } as never);
  if (isStatus(answer)) throw new Error(`${kind} ${name}: ${answer.message}`);
}

function removeObject(api: Api, kind: string, name: string): void {
  const answer = api.delete(`${kind}.${GROUP}`, { name });
  if (isStatus(answer) && answer.status === "Failure" && answer.code !== 404) {
    throw new Error(`${kind} ${name}: ${answer.message}`);
  }
}

/** IPAM on a cluster, with the settings that its objects say now. */
export function clusterIpam(api: Api): Ipam {
  const { store } = api;
  const [configuration] = calicoObjects<Configuration>(store, "IPAMConfig");
  const spec = configuration?.spec ?? {};
  const { strictAffinity = false, autoAllocateBlocks = true, maxBlocksPerHost, ipCooldownSeconds = 0 } = spec;
  return new Ipam(new ClusterData(api), {
    config: {
      strictAffinity,
      autoAllocateBlocks,
      ipCooldownSeconds,
      ...(maxBlocksPerHost === undefined || maxBlocksPerHost === 0 ? {} : { maxBlocksPerHost }),
    },
    pools: calicoObjects<IPPool>(store, "IPPool"),
    reserved: calicoObjects<Reservation>(store, "IPReservation").flatMap(({ spec }) => spec.reservedCIDRs ?? []),
    now: api.clock.now(),
    selects: (pool, host) =>
      selects(parseCalicoSelector(pool.spec.nodeSelector ?? "all()"), store.get("Node", host)?.metadata.labels ?? {}),
  });
}

class ClusterData implements IpamData {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  block(cidr: string): BlockSpec | undefined {
    return (this.#api.store.get(`IPAMBlock.${GROUP}`, blockName(cidr)) as IPAMBlock | undefined)?.spec;
  }

  blocks(): readonly BlockSpec[] {
    return (this.#api.store.list(`IPAMBlock.${GROUP}`) as unknown as IPAMBlock[]).map(({ spec }) => spec);
  }

  putBlock(block: BlockSpec): void {
    putObject(this.#api, "IPAMBlock", { name: blockName(block.cidr), spec: block });
  }

  removeBlock(cidr: string): void {
    removeObject(this.#api, "IPAMBlock", blockName(cidr));
  }

  affinities(host: string): readonly string[] {
    const all = this.#api.store.list(`BlockAffinity.${GROUP}`) as unknown as Affinity[];
    return all.filter(({ spec }) => spec.node === host).map(({ spec }) => spec.cidr);
  }

  putAffinity(host: string, cidr: string): void {
    const spec = { state: "confirmed", node: host, type: "host", cidr, deleted: "false" };
    putObject(this.#api, "BlockAffinity", { name: `${host}-${blockName(cidr)}`, spec });
  }

  removeAffinity(host: string, cidr: string): void {
    removeObject(this.#api, "BlockAffinity", `${host}-${blockName(cidr)}`);
  }

  handle(id: string): Readonly<Record<string, number>> | undefined {
    return (this.#api.store.get(`IPAMHandle.${GROUP}`, id.toLowerCase()) as Handle | undefined)?.spec.block;
  }

  putHandle(id: string, counts: Readonly<Record<string, number>> | undefined): void {
    if (counts === undefined) removeObject(this.#api, "IPAMHandle", id.toLowerCase());
    else {
      putObject(this.#api, "IPAMHandle", {
        name: id.toLowerCase(),
        spec: { handleID: id, block: counts, deleted: false },
      });
    }
  }
}
