/**
 * What a resolver needs of the machine it runs in. A program's process fits this shape; so does whatever else asks
 * questions from a place. Times are virtual milliseconds.
 */
import type { Failure, Result } from "../../base/mod.ts";

/** A place that can ask. */
export interface DnsHost {
  readonly files: { read(path: string): string | undefined };
  readonly net: DnsNet;
  readonly clock: { now(): number };
  readonly random: { below(bound: number): number };
}

/** As much of a network as asking takes. */
export interface DnsNet {
  udp(family: 4 | 6): DnsSocket;
  connect(
    address: string,
    port: number,
    options?: { readonly timeout?: number; readonly from?: string },
  ): Promise<Result<DnsStream> | undefined>;
}

/** A UDP socket. */
export interface DnsSocket {
  readonly local: { readonly address: string; readonly port: number };
  bind(address: string, port: number): Result<unknown>;
  connect(address: string, port: number): Result<unknown>;
  send(data: Uint8Array): Result<number>;
  sendTo(data: Uint8Array, address: string, port: number): Result<number>;
  receive(timeout?: number): Promise<DnsReceived | undefined>;
  close(): void;
}

/** A datagram, or an error an ICMP message left on the socket. */
export type DnsReceived =
  | { readonly datagram: { readonly from: string; readonly fromPort: number; readonly data: Uint8Array } }
  | { readonly error: { readonly errno: string } };

/** A TCP connection. */
export interface DnsStream {
  read(timeout?: number): Promise<Uint8Array | Failure | null | undefined>;
  write(data: Uint8Array): Promise<Result<number>>;
  close(): void;
}

/** Which C library a program is linked to: their resolvers differ. */
export type Libc = "glibc" | "musl";

/** The C library of an image's files: musl's loader is there or it is not. */
export function libcOf(files: DnsHost["files"]): Libc {
  return ["x86_64", "aarch64"].some((arch) => files.read(`/lib/ld-musl-${arch}.so.1`) !== undefined) ? "musl" : "glibc";
}
