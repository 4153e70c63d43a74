import { isFailure } from "../../base/mod.ts";
import type { Flow } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import { compileIpvs, connectionKey, IPVS_TABLE, type IpvsProgram } from "./compile.ts";
import { type RealServer, serverKey, socketText, type VirtualAddress, type VirtualServer } from "./types.ts";

const KEY: StateKey<Ipvs> = { label: "ipvs" };

/** The virtual servers of a namespace. */
export function ipvsOf(namespace: Namespace): Ipvs {
  return namespace.state(KEY, () => new Ipvs(namespace));
}

/** Why a change was refused, in ipvsadm's words. */
export type IpvsRefusal =
  | "Service already exists"
  | "No such service"
  | "Destination already exists"
  | "No such destination";

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** What a real server has to do. */
export interface IpvsLoad {
  readonly active: number;
  readonly inactive: number;
  /** Connections since it was added. */
  readonly connections: number;
  /** Of the connections that are tracked now. */
  readonly packets: readonly [number, number];
  readonly bytes: readonly [number, number];
}

/** IPVS of one namespace: the virtual servers, with the compiled form in the plane, which chooses and counts. */
export class Ipvs {
  #servers = new Map<string, VirtualServer>();
  readonly #compiled = new Map<4 | 6, IpvsProgram>();
  readonly #counts = new Map<string, number>();

  constructor(readonly namespace: Namespace) {}

  /** All virtual servers, in the order they were added. */
  get servers(): readonly VirtualServer[] {
    return [...this.#servers.values()];
  }

  find(at: VirtualAddress): VirtualServer | undefined {
    return this.#servers.get(serverKey(at));
  }

  add(server: VirtualServer): IpvsRefusal | undefined {
    if (this.find(server) !== undefined) return "Service already exists";
    this.replace([...this.servers, server]);
  }

  /** Changes scheduler and persistence; its real servers stay. */
  edit(server: VirtualServer): IpvsRefusal | undefined {
    const before = this.find(server);
    if (before === undefined) return "No such service";
    this.#put({ ...server, servers: before.servers });
  }

  delete(at: VirtualAddress): IpvsRefusal | undefined {
    if (this.find(at) === undefined) return "No such service";
    this.replace(this.servers.filter((server) => serverKey(server) !== serverKey(at)));
  }

  addReal(at: VirtualAddress, real: RealServer): IpvsRefusal | undefined {
    const server = this.find(at);
    if (server === undefined) return "No such service";
    if (findReal(server, real) !== undefined) return "Destination already exists";
    this.#put({ ...server, servers: [...server.servers, real] });
  }

  editReal(at: VirtualAddress, real: RealServer): IpvsRefusal | undefined {
    return this.#changeReal(at, real, [real]);
  }

  deleteReal(at: VirtualAddress, real: Pick<RealServer, "address" | "port">): IpvsRefusal | undefined {
    return this.#changeReal(at, real, []);
  }

  #changeReal(
    at: VirtualAddress,
    real: Pick<RealServer, "address" | "port">,
    by: readonly RealServer[],
  ): IpvsRefusal | undefined {
    const server = this.find(at);
    if (server === undefined) return "No such service";
    const known = findReal(server, real);
    if (known === undefined) return "No such destination";
    this.#put({ ...server, servers: server.servers.flatMap((each) => (each === known ? by : [each])) });
  }

  #put(server: VirtualServer): void {
    this.replace(this.servers.map((each) => (serverKey(each) === serverKey(server) ? server : each)));
  }

  /** Puts these virtual servers in place of all there are. */
  replace(servers: readonly VirtualServer[]): void {
    this.#keepCounts();
    this.#servers = new Map(servers.map((server) => [serverKey(server), server]));
    for (const family of [4, 6] as const) this.#load(family);
  }

  #load(family: 4 | 6): void {
    const { plane, id } = this.namespace;
    const own = this.servers.filter(({ address }) => address.includes(":") === (family === 6));
    if (own.length === 0) {
      if (this.#compiled.delete(family)) plane.dropTable(id, family, IPVS_TABLE);
      return;
    }
    const compiled = compileIpvs(own, family);
    const refused = plane.loadTable(id, family, IPVS_TABLE, compiled.program);
    if (isFailure(refused)) throw new Error(`virtual servers: ${refused.errno}`);
    this.#compiled.set(family, compiled);
  }

  /** What the programs that run now have counted, by {@link connectionKey}. */
  #running(): ReadonlyMap<string, number> {
    const { plane, id } = this.namespace;
    const found = new Map<string, number>();
    for (const [family, { lines }] of this.#compiled) {
      const counts = plane.counters(id, family, IPVS_TABLE);
      for (const [line, key] of lines.entries()) if (key !== undefined) found.set(key, counts[2 * line] ?? 0);
    }
    return found;
  }

  /** Keeps what was counted over a change of programs. */
  #keepCounts(): void {
    for (const [key, count] of this.#running()) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** What a trace's line of the program is. */
  ruleAt(family: 4 | 6, line: number): string | undefined {
    const program = this.#compiled.get(family);
    if (program === undefined || line >= program.lines.length) return undefined;
    const key = program.lines[line];
    return key === undefined ? "virtual servers" : `virtual server ${key}`;
  }

  /** Forgets what was counted. */
  zero(): void {
    this.#counts.clear();
    for (const [key, count] of this.#running()) this.#counts.set(key, -count);
  }

  /** The connections of virtual servers that are tracked. */
  connections(): readonly { readonly server: VirtualServer; readonly real: RealServer; readonly flow: Flow }[] {
    const byPlace = new Map(this.servers.map((server) => [placeKey(server), server]));
    return this.namespace.plane.flows(this.namespace.id).flatMap((flow) => {
      const { dst, dport } = flow.original;
      const server = byPlace.get(`${flow.proto} ${dst} ${dport}`);
      const real = server && findReal(server, { address: flow.reply.src, port: flow.reply.sport });
      return server === undefined || real === undefined ? [] : [{ server, real, flow }];
    });
  }

  /** What every real server has to do, by {@link connectionKey}. */
  loads(): ReadonlyMap<string, IpvsLoad> {
    const running = this.#running();
    const loads = new Map<string, IpvsLoad>();
    for (const server of this.servers) {
      for (const real of server.servers) {
        const key = connectionKey(server, real);
        loads.set(key, { ...IDLE, connections: (this.#counts.get(key) ?? 0) + (running.get(key) ?? 0) });
      }
    }
    for (const { server, real, flow } of this.connections()) {
      const key = connectionKey(server, real);
      const load = loads.get(key) ?? IDLE;
      const active = ACTIVE.has(flow.state ?? "") ? 1 : 0;
      loads.set(key, {
        ...load,
        active: load.active + active,
        inactive: load.inactive + 1 - active,
        packets: [load.packets[0] + flow.original.packets, load.packets[1] + flow.reply.packets],
        bytes: [load.bytes[0] + flow.original.bytes, load.bytes[1] + flow.reply.bytes],
      });
    }
    return loads;
  }
}

/** States of connections that count as active (tcp_state_active_table). */
const ACTIVE: ReadonlySet<string> = new Set(["SYN_SENT", "SYN_RECV", "ESTABLISHED"]);

const IDLE: IpvsLoad = { active: 0, inactive: 0, connections: 0, packets: [0, 0], bytes: [0, 0] };

function placeKey({ protocol, address, port }: VirtualAddress): string {
  return `${PROTOCOLS[protocol]} ${address} ${port}`;
}

function findReal(server: VirtualServer, real: Pick<RealServer, "address" | "port">): RealServer | undefined {
  return server.servers.find((each) => socketText(each) === socketText(real));
}
