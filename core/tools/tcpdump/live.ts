import type { CapturedFrame, Link } from "../../../wasm/mod.ts";
import { framesOf, kernelEvents, type Process } from "../../linux/mod.ts";
import type { Frame } from "./filter/frame.ts";
import { Octets } from "./octets.ts";

/** A frame as a capture has it. */
export interface Seen extends Frame {
  /** Microseconds since 1970. */
  readonly time: number;
}

/** LINKTYPE_* numbers. */
export const [ETHERNET, RAW, SLL2] = [1, 101, 276] as const;
const LOOPBACK_HARDWARE = 772;
const NO_HARDWARE = 65534;

/** How a device's frames are framed. */
export function linkTypeOf(link: Link | "any"): number {
  if (link === "any") return SLL2;
  return headless(link) ? RAW : ETHERNET;
}

/** Devices that carry packets without a link header. */
function headless({ kind }: Link): boolean {
  return kind === "tun" || kind === "ipip";
}

/** Frames of a device, or of all, as they come. */
export class LiveFrames {
  readonly #queue: Seen[] = [];
  #wake: () => void = () => {};
  #gone = false;
  readonly #offs: (() => void)[] = [];

  constructor(readonly process: Process, readonly device: Link | "any") {
    const { runner, plane } = process.machine;
    const began = runner.clock.now() - plane.now();
    const see = (frame: CapturedFrame): void => this.#see(frame, began);
    const frames = framesOf(runner, plane);
    this.#offs.push(device === "any" ? frames.watchAll(process.ns, see) : frames.watch(process.ns, device.index, see));
    this.#offs.push(process.onKill(() => this.#wake()));
    if (device === "any") return;
    this.#offs.push(
      kernelEvents(runner, plane).listen((event) => {
        const ours = event.what === "link" && event.ns === process.ns && (event.value as Link).index === device.index;
        if (!ours || !event.deleted) return;
        this.#gone = true;
        this.#wake();
      }),
    );
  }

  /** The device was taken away. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The frames that came since; waits for the first. None where the program was killed or the device is gone. */
  async next(killed: () => boolean): Promise<Seen[]> {
    if (this.#queue.length === 0 && !this.#gone && !killed()) {
      await this.process.join(
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    }
    return this.#queue.splice(0);
  }

  close(): void {
    for (const off of this.#offs) off();
  }

  #see(frame: CapturedFrame, began: number): void {
    const link = this.device === "any"
      ? this.process.machine.plane.links(this.process.ns).find(({ index }) => index === frame.dev)
      : this.device;
    if (link === undefined) return;
    // libpcap leaves out what goes into a loopback device: it comes out again.
    if (link.kind === "" && frame.outgoing) return;
    const bytes = this.device === "any" ? cooked(frame, link) : frame.bytes;
    this.#queue.push({
      time: Math.floor((began + frame.time) * 1000 + 1e-3),
      octets: new Octets(bytes),
      length: bytes.length,
      outgoing: frame.outgoing,
      ifindex: frame.dev,
    });
    this.#wake();
  }
}

/** The frame with the header that `any` puts in the link header's place: type, device, direction, source. */
function cooked({ bytes, outgoing, dev }: CapturedFrame, link: Link): Uint8Array {
  const bare = headless(link);
  const payload = bare ? bytes : bytes.subarray(14);
  const cooked = new Uint8Array(20 + payload.length);
  const view = new DataView(cooked.buffer);
  const source = new Octets(bytes);
  view.setUint16(0, bare ? (source.u8(0) >> 4 === 6 ? 0x86dd : 0x0800) : source.u16(12));
  view.setUint32(4, dev);
  view.setUint16(8, bare ? NO_HARDWARE : link.kind === "" ? LOOPBACK_HARDWARE : 1);
  cooked[10] = outgoing ? 4 : bare || link.kind === "" ? 0 : whom(source, link);
  cooked[11] = bare ? 0 : 6;
  if (!bare) cooked.set(bytes.subarray(6, 12), 12);
  cooked.set(payload, 20);
  return cooked;
}

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST. */
function whom(frame: Octets, { mac }: Link): number {
  const to = frame.mac(0);
  if (to === "ff:ff:ff:ff:ff:ff") return 1;
  if ((frame.u8(0) & 1) !== 0) return 2;
  return to === mac ? 0 : 3;
}
