/** The frames arping sends and reads (RFC 826; RFC 792 for MAC addresses). */
import { parseIp } from "../../base/mod.ts";
import { onesSum } from "../tcpdump/checksum.ts";
import { Octets } from "../tcpdump/octets.ts";

/** Behind the ARP message libnet's buffer goes on. */
const PADDING = 16;
const ETHERTYPE = { arp: 0x0806, ip: 0x0800, vlan: 0x8100 } as const;

/** One ARP message to send. */
export interface ArpFrame {
  readonly operation: 1 | 2;
  readonly from: { readonly mac: string; readonly ip: string };
  readonly to: { readonly mac: string; readonly ip: string };
  /** Where the frame goes. */
  readonly destination: string;
  readonly vlan?: number;
}

/** The octets of `02:00:00:00:00:01`. */
function macBytes(mac: string): number[] {
  return mac.split(/[:.-]/).map((part) => parseInt(part, 16));
}

/** The text of six octets. */
function macText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function ipBytes(ip: string): number[] {
  const value = Number(parseIp(ip)?.value ?? 0n);
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

function ipText(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

const word = (value: number): number[] => [value >>> 8, value & 255];

function checksum(bytes: readonly number[]): number {
  return ~onesSum(new Octets(Uint8Array.from(bytes)), bytes.length) & 0xffff;
}

/** The frame of an ARP message. */
export function printArpFrame({ operation, from, to, destination, vlan }: ArpFrame): Uint8Array {
  const tag = vlan === undefined ? [] : [...word(ETHERTYPE.vlan), ...word(vlan & 0xfff)];
  const head = [...macBytes(destination), ...macBytes(from.mac), ...tag, ...word(ETHERTYPE.arp)];
  const body = [0, 1, 8, 0, 6, 4, 0, operation, ...macBytes(from.mac), ...ipBytes(from.ip), ...macBytes(to.mac)];
  return Uint8Array.from([...head, ...body, ...ipBytes(to.ip), ...new Array<number>(PADDING).fill(0)]);
}

/** An ARP reply of a frame: who answers, for which address; undefined where it is none. */
export function readArpReply(frame: Uint8Array): { readonly mac: string; readonly ip: string } | undefined {
  if (frame.length < 42 || frame[12] !== 8 || frame[13] !== 6 || frame[21] !== 2) return undefined;
  return { mac: macText(frame, 22), ip: ipText(frame, 28) };
}

/** One echo request to a MAC address. */
export interface EchoFrame {
  readonly from: { readonly mac: string; readonly ip: string };
  readonly to: { readonly mac: string; readonly ip: string };
  readonly id: number;
  readonly sequence: number;
}

/** The frame of an echo request: 20 octets of IP, 8 of ICMP, 20 of nothing. */
export function printEchoFrame({ from, to, id, sequence }: EchoFrame): Uint8Array {
  const icmp = [8, 0, 0, 0, ...word(id), ...word(sequence), ...new Array<number>(20).fill(0)];
  icmp.splice(2, 2, ...word(checksum(icmp)));
  const ip = [
    0x45,
    0,
    ...word(20 + icmp.length),
    ...word(id),
    0,
    0,
    64,
    1,
    0,
    0,
    ...ipBytes(from.ip),
    ...ipBytes(to.ip),
  ];
  ip.splice(10, 2, ...word(checksum(ip)));
  return Uint8Array.from([...macBytes(to.mac), ...macBytes(from.mac), ...word(ETHERTYPE.ip), ...ip, ...icmp]);
}

/** An echo reply of a frame to this id: who sent it, and which it answers. */
export function readEchoReply(
  frame: Uint8Array,
  id: number,
): { readonly mac: string; readonly ip: string; readonly sequence: number } | undefined {
  const at = 14 + ((frame[14] ?? 0) & 15) * 4;
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 1 || frame[at] !== 0) return undefined;
  if ((frame[at + 4] ?? 0) << 8 !== (id & 0xff00) || frame[at + 5] !== (id & 255)) return undefined;
  return { mac: macText(frame, 6), ip: ipText(frame, 26), sequence: (frame[at + 6] ?? 0) << 8 | (frame[at + 7] ?? 0) };
}
