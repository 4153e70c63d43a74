/**
 * What a program sees. A program is an async function over virtual time: it may wait only through its `clock` and its
 * sockets, so that the runner knows when every program waits and time may move.
 */
import type { Failure, Random, Result } from "../base/mod.ts";
import type { Datagram, IfIndex, Ns, SocketError, SocketOptions } from "../../wasm/mod.ts";
import type { Machine } from "./machine.ts";

/** A program: reads its process, returns its exit status. Contract `Program` of the house. */
export type Program = (process: Process) => Promise<number>;

/** One running command. */
export interface Process {
  readonly pid: number;
  /** `argv[0]` is the name it was called by. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** All of standard input; empty where nothing was piped in. */
  readonly stdin: string;
  readonly uid: number;
  readonly machine: Machine;
  /** The network namespace it runs in: `ip netns exec` changes it. */
  readonly ns: Ns;
  readonly files: Files;
  readonly clock: ProcessClock;
  readonly net: Net;
  readonly random: Random;
  /**
   * Resolves when somebody ends the process (kill, `timeout`, SIGINT, end of the pipe's reader), with the signal number.
   * Never rejects. From then on every wait returns at once with nothing, and a program that keeps waiting is ended.
   */
  readonly killed: Promise<number>;
  /** Calls `listener` with the signal when the process is killed, or at once when it already was. Not a wait. */
  onKill(listener: (signal: number) => void): () => void;
  /**
   * Says that the program ends by itself on this signal, with its own exit status; otherwise that is 128 + signal. With a
   * handler, which is called each time, its waits go on meanwhile.
   */
  handle(signal: number, handler?: () => void): void;
  /** Writes to standard output, standard error. */
  out(text: string): void;
  err(text: string): void;
  /** Runs another command line or argv in the same machine, e.g. `ip netns exec NAME COMMAND`, `timeout 2 COMMAND`. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<Finished>;
  /** Waits for a promise that other tasks of the lab settle: a counted wait, so that time may move meanwhile. */
  join<T>(promise: Promise<T>): Promise<T>;
  /** Runs a command in its own place: the child has this process's input and output, and ends with it. Its exit status. */
  exec(argv: readonly string[], options?: SpawnOptions): Promise<number>;
}

/** What differs from the parent. */
export interface SpawnOptions {
  readonly ns?: Ns;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Virtual milliseconds after which the child gets `signal` (SIGTERM); its `Finished` then has `timedOut`. */
  readonly timeout?: number;
  readonly signal?: number;
  /** Its output also goes to this process's own, as it is written. */
  readonly inherit?: boolean;
  /** Lines of output after which the child gets SIGPIPE: its reader asked for no more. */
  readonly lines?: number;
}

/** What a finished command leaves. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  /** It was ended because its time ran out, or because nothing could ever wake it. */
  readonly timedOut?: boolean;
}

/** Virtual time as a process sees it, in milliseconds since 1970. */
export interface ProcessClock {
  now(): number;
  /** Waits; returns early (false) when the process is killed. */
  sleep(milliseconds: number): Promise<boolean>;
}

/** Files of a machine or container, `/proc/sys` and `/sys` included. Paths are absolute. */
export interface Files {
  read(path: string): string | undefined;
  readBytes(path: string): Uint8Array | undefined;
  /** Undefined, or what write(2) failed with: EINVAL of a sysctl, ENOENT where the folder is missing. */
  write(path: string, content: string | Uint8Array): Failure | undefined;
  remove(path: string): boolean;
  list(path: string): string[] | undefined;
}

/** Sockets of one network namespace as promises. Every `timeout` is virtual milliseconds; running out gives undefined. */
export interface Net {
  /** Opens a TCP connection: the stream, or what connect(2) failed with (ETIMEDOUT after the kernel's SYN retries). */
  connect(address: string, port: number, options?: ConnectOptions): Promise<Result<Stream> | undefined>;
  listen(address: string, port: number, options?: ListenOptions): Result<Listener>;
  udp(family: 4 | 6, options?: SocketOptions): DatagramSocket;
  /** A ping socket: datagrams are ICMP messages from the type byte on, ports are echo ids. */
  ping(family: 4 | 6, options?: SocketOptions): DatagramSocket;
  raw(family: 4 | 6, protocol: number, options?: SocketOptions): DatagramSocket;
}

/** How many connections may wait to be accepted; 128 by default. */
export interface ListenOptions extends SocketOptions {
  readonly backlog?: number;
}

/** Where from, and for how long to try. */
export interface ConnectOptions extends SocketOptions {
  readonly from?: string;
  readonly fromPort?: number;
  readonly timeout?: number;
  /** Told of the ICMP error that ended the attempt (IP_RECVERR). */
  readonly heard?: (error: SocketError) => void;
}

/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A TCP connection. */
export interface Stream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The next bytes; null at the end of the stream; a failure such as ECONNRESET; undefined when time ran out. */
  read(timeout?: number): Promise<Result<Uint8Array> | null | undefined>;
  /** Resolves when the kernel took all of it. */
  write(data: Uint8Array | string): Promise<Result<number>>;
  /** shutdown(SHUT_WR). */
  end(): void;
  close(): void;
  /** close with SO_LINGER 0: RST. */
  abort(): void;
}

/** A listening TCP socket. */
export interface Listener {
  readonly local: Endpoint;
  /** The next connection; undefined when closed or when time ran out. */
  accept(timeout?: number): Promise<Stream | undefined>;
  close(): void;
}

/** A UDP, ping or raw socket. */
export interface DatagramSocket {
  readonly local: Endpoint;
  bind(address: string, port: number): Result<Endpoint>;
  connect(address: string, port: number): Result<Endpoint>;
  set(options: SocketOptions): void;
  /** To the connected peer. `from` picks the source address (IP_PKTINFO). */
  send(data: Uint8Array): Result<number>;
  sendTo(data: Uint8Array, address: string, port: number, from?: string): Result<number>;
  /** The next datagram or queued error; undefined when time ran out or it was closed. */
  receive(timeout?: number): Promise<Received | undefined>;
  /** The next datagram that is there already; undefined where there is none. Errors wait for {@link receive}. */
  receiveNow(): Datagram | undefined;
  close(): void;
}

/** What a datagram socket yields. */
export type Received = { readonly datagram: Datagram } | { readonly error: SocketError };

/** Used by programs that bind to a device. */
export type { IfIndex };
