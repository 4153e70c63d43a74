/**
 * Virtual servers as a program of the plane. Packets for one are taken at INPUT, behind the filter table, and at OUTPUT, behind the
 * nat table:
 *
 *     chain INPUT, OUTPUT    to a virtual server -> its chain                    (found by hash)
 *     chain of a server      a client that was here before -> its real server    (persistence)
 *                            as its scheduler chooses -> a real server           (schedule.ts)
 *                            nobody -> port unreachable                          (ip_vs_leave)
 *     chain of a real one    remember the client; DNAT
 */
import { BASE, CHAIN, HOOK, NAT, OP, PROGRAM, RECENT, TARGET } from "../../../wasm/mod.ts";
import { fullMask, parseWords, type Words } from "../netfilter/address.ts";
import { Encoder, range } from "../netfilter/encoder.ts";
import { keeps, schedule } from "./schedule.ts";
import { serverKey, socketText, type VirtualServer } from "./types.ts";

/** The plane's number of the table. */
export const IPVS_TABLE = PROGRAM.NFT - 1;
/** Behind the filter table at INPUT (ip_vs_reply4 and its like stand at NF_IP_PRI_NAT_SRC - 2). */
const AT_INPUT = 98;
/** Behind iptables' nat table at OUTPUT. */
const AT_OUTPUT = -99;
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 };
const PORT_UNREACHABLE = { 4: 3, 6: 4 };

/** A rule of the program: what it asks, what it does. */
type Write = (out: Encoder) => void;

interface ProgramChain {
  readonly hook?: number;
  readonly rules: readonly { readonly when: Write; readonly then: Write }[];
}

/** The program, and which line counts connections to which real server. */
export interface IpvsProgram {
  readonly program: Uint32Array;
  /** By line: `PROTOCOL SOCKET > SOCKET`, where it is a real server's. */
  readonly lines: readonly (string | undefined)[];
}

/** What a real server is counted by. */
export function connectionKey(
  server: VirtualServer,
  real: { readonly address: string; readonly port: number },
): string {
  return `${serverKey(server)} > ${socketText(real)}`;
}

/** Compiles the virtual servers of a family. */
export function compileIpvs(servers: readonly VirtualServer[], family: 4 | 6): IpvsProgram {
  const chains: ProgramChain[] = [];
  const reals = servers.map(({ servers: own }) => own.filter(({ weight }) => weight > 0));
  const first = 2;
  const chainOf = (i: number) => first + i;
  let next = first + servers.length;
  const firstReal = reals.map((own) => (next += own.length) - own.length);
  const dispatch = servers.map((server, i) => ({ when: isFor(server, family), then: goto(chainOf(i)) }));
  chains.push({ hook: placeOf(HOOK.INPUT, CHAIN.FILTER, AT_INPUT), rules: dispatch });
  chains.push({ hook: placeOf(HOOK.OUTPUT, CHAIN.NAT, AT_OUTPUT), rules: dispatch });
  for (const [i, server] of servers.entries()) {
    chains.push({ rules: choose(server, { reals: reals[i] ?? [], first: firstReal[i] ?? 0, family }) });
  }
  const counted: (string | undefined)[] = chains.flatMap(({ rules, hook }) => [
    ...rules.map(() => undefined),
    ...(hook === undefined ? [] : [undefined]),
  ]);
  for (const [i, server] of servers.entries()) {
    for (const real of reals[i] ?? []) {
      const name = recentName(server, real);
      const remember = {
        when: keeps(server) === undefined ? always : recent(name, RECENT.SET, 0, family),
        then: dnat(real, family),
      };
      chains.push({ rules: [remember] });
      counted.push(connectionKey(server, real));
    }
  }
  return { program: encode(chains, family), lines: counted };
}

function placeOf(hook: number, type: number, priority: number): number {
  return (hook | (type << 8) | (priority << 16)) >>> 0;
}

function encode(chains: readonly ProgramChain[], family: 4 | 6): Uint32Array {
  const out = new Encoder(family, () => 0);
  out.push(PROGRAM.VERSION, family, IPVS_TABLE, chains.length);
  for (const { hook, rules } of chains) {
    out.push(hook ?? PROGRAM.NO_HOOK, rules.length, hook === undefined ? 0 : 1, 0, 0, 0, 0);
  }
  for (const { rules } of chains) {
    for (const { when, then } of rules) {
      const start = out.length;
      out.push(0, 0, 0, 0, 0);
      when(out);
      then(out);
      out.patch(start, out.length - start);
    }
  }
  return out.finish();
}

const always: Write = (out) => out.push(0, 0);

/** Base and matches of a packet to a virtual server. */
function isFor({ protocol, address, port }: VirtualServer, family: 4 | 6): Write {
  const number = PROTOCOLS[protocol];
  const ports = range(port, port);
  return (out) => {
    out.word(BASE.DESTINATION | BASE.PROTO);
    out.address(parseWords(address, family));
    out.address(fullMask(family));
    out.push(number, 1);
    const op = { tcp: OP.TCP, udp: OP.UDP, sctp: OP.MULTIPORT }[protocol];
    out.begin(op, false);
    if (op === OP.TCP) out.push(ANY, ports, 0, 0);
    else if (op === OP.UDP) out.push(ANY, ports, 0);
    else out.push(2, ports);
    out.end();
  };
}

const ANY = range(0, 0xffff);

interface Choice {
  readonly reals: VirtualServer["servers"];
  /** The chain of the first real server. */
  readonly first: number;
  readonly family: 4 | 6;
}

function choose(server: VirtualServer, { reals, first, family }: Choice): { when: Write; then: Write }[] {
  const seconds = keeps(server);
  const back = seconds === undefined ? [] : reals.map((real, i) => ({
    when: recent(recentName(server, real), RECENT.CHECK, seconds, family),
    then: goto(first + i),
  }));
  const nobody = { when: always, then: target(TARGET.REJECT, PORT_UNREACHABLE[family]) };
  const turns = schedule(server, reals, family).map(({ when, real }) => ({
    when: when ?? always,
    then: real === undefined ? nobody.then : goto(first + real),
  }));
  return [...back, ...turns, ...(reals.length > 0 ? [] : [nobody])];
}

function recentName(server: VirtualServer, real: { readonly address: string; readonly port: number }): string {
  return `ipvs ${connectionKey(server, real)}`;
}

/** A client's address on a real server's list: put there, or found there within the time. */
function recent(name: string, mode: number, seconds: number, family: 4 | 6): Write {
  return (out) => {
    out.push(0, 1);
    out.begin(OP.RECENT, false);
    out.push(0, mode, mode === RECENT.CHECK ? RECENT.REAP : 0, seconds, 0);
    out.address(fullMask(family));
    out.text(name);
    out.end();
  };
}

function target(number: number, ...operands: readonly number[]): Write {
  return (out) => {
    out.begin(number, false);
    out.push(...operands);
    out.end();
  };
}

const goto = (chain: number): Write => target(TARGET.GOTO, chain);

function dnat(real: { readonly address: string; readonly port: number }, family: 4 | 6): Write {
  const address: Words | undefined = parseWords(real.address, family);
  return (out) => {
    out.begin(TARGET.DNAT, false);
    out.word(NAT.ADDRESS | NAT.PORTS);
    out.address(address);
    out.address(address);
    out.push(range(real.port, real.port), 0);
    out.end();
  };
}
