import type { Octets } from "../octets.ts";

/** A frame as filters look at it. */
export interface Frame {
  readonly octets: Octets;
  /** What it was on the wire. */
  readonly length: number;
  readonly outgoing: boolean;
  readonly ifindex: number;
}

/** Where a link type keeps what filters ask for; `shift` bytes of VLAN tags are behind the addresses. */
export interface LinkLayout {
  readonly payload: number;
  /** The Ethernet type of what it carries. */
  type(octets: Octets, shift: number): number;
  /** Whether there are hardware addresses at 0 and 6. */
  readonly addressed: boolean;
}

/** Layouts by LINKTYPE_* number. */
export const LAYOUTS: Readonly<Record<number, LinkLayout>> = {
  1: { payload: 14, type: (octets, shift) => octets.u16(12 + shift), addressed: true },
  113: { payload: 16, type: (octets, shift) => octets.u16(14 + shift), addressed: false },
  276: { payload: 20, type: (octets, shift) => octets.u16(shift), addressed: false },
  101: { payload: 0, type: (octets) => (octets.u8(0) >> 4 === 6 ? 0x86dd : 0x0800), addressed: false },
};

export const [IPV4, IPV6, ARP, RARP] = [0x0800, 0x86dd, 0x0806, 0x8035] as const;

/** A test of a frame. */
export type Test = (frame: Frame) => boolean;
/** A number read from a frame; undefined where the frame has none. */
export type Value = (frame: Frame) => number | undefined;

/** Where headers begin at one place of an expression: `vlan` moves them for all that follows. */
export class Place {
  constructor(readonly layout: LinkLayout, readonly shift = 0) {}

  get network(): number {
    return this.layout.payload + this.shift;
  }

  type({ octets }: Frame): number {
    return this.layout.type(octets, this.shift);
  }

  isType(type: number): Test {
    return (frame) => this.type(frame) === type;
  }

  /** IPv4 with that protocol. */
  ip4(protocol: number): Test {
    return (frame) => this.type(frame) === IPV4 && frame.octets.u8(this.network + 9) === protocol;
  }

  /** IPv6 with that next header, also behind a fragment header. */
  ip6(protocol: number): Test {
    return (frame) => {
      if (this.type(frame) !== IPV6) return false;
      const next = frame.octets.u8(this.network + 6);
      return next === protocol || (next === 44 && frame.octets.u8(this.network + 40) === protocol);
    };
  }

  /** Where the IPv4 payload begins; undefined in a fragment that is not the first. */
  transport4({ octets }: Frame): number | undefined {
    if ((octets.u16(this.network + 6) & 0x1fff) !== 0) return undefined;
    return this.network + (octets.u8(this.network) & 15) * 4;
  }
}

/** Every test must fit. */
export const all = (...tests: readonly Test[]): Test => (frame) => tests.every((test) => test(frame));
/** One fitting test is enough. */
export const any = (...tests: readonly Test[]): Test => (frame) => tests.some((test) => test(frame));
