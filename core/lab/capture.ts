import { joinBytes } from "../base/mod.ts";
import type { CapturedFrame, Link } from "../../wasm/mod.ts";
import { framesOf, type Machine } from "../linux/mod.ts";
import { PlaceError } from "./places.ts";

/** LINKTYPE_ETHERNET and LINKTYPE_RAW. */
const [ETHERNET, RAW] = [1, 101];
/** pcapng's block types (draft-ietf-opsawg-pcapng). */
const [SECTION, INTERFACE, PACKET] = [0x0a0d0d0a, 1, 6];
/** Options: an interface's name and the resolution of its times, a packet's direction. */
const [IF_NAME, IF_TSRESOL, EPB_FLAGS] = [2, 9, 2];
const NANOSECONDS = 9;

/** Frames of a place's devices as they cross them, from when it was started. */
export class Capture {
  readonly #devices: readonly Link[];
  readonly #seen: CapturedFrame[] = [];
  readonly #offs: (() => void)[];
  /** Milliseconds since 1970 when the plane began. */
  readonly #began: number;

  /** Starts capturing on one device, or on all that the place has now. Throws a PlaceError where it has none of that name. */
  constructor(machine: Machine, device?: string) {
    const { plane, runner } = machine;
    const links = plane.links(machine.ns.id);
    this.#devices = device === undefined ? links : links.filter((link) => link.name === device);
    if (this.#devices.length === 0) {
      throw new PlaceError(
        `${machine.name}: no device ${device}, expected one of ${links.map(({ name }) => name).join(" ")}`,
      );
    }
    this.#began = runner.clock.now() - plane.now();
    const frames = framesOf(runner, plane);
    this.#offs = this.#devices.map(({ index, kind }) =>
      frames.watch(machine.ns.id, index, (frame) => {
        // What goes into a loopback device comes out of it again: once is enough.
        if (kind !== "" || !frame.outgoing) this.#seen.push(frame);
      })
    );
  }

  /** Ends the capture and gives it as a pcapng file: one interface a device, times in nanoseconds of virtual time. */
  stop(): Uint8Array {
    for (const off of this.#offs.splice(0)) off();
    return printPcapng(this.#devices, this.#seen, this.#began);
  }
}

/** A pcapng section: its header, an interface for each device, a packet for each frame. */
function printPcapng(devices: readonly Link[], frames: readonly CapturedFrame[], began: number): Uint8Array {
  const numbers = new Map(devices.map(({ index }, number) => [index, number]));
  return joinBytes([
    block(SECTION, [u32(0x1a2b3c4d), u16(1, 0), u32(0xffffffff, 0xffffffff)]),
    ...devices.map((link) => interfaceBlock(link)),
    ...frames.map((frame) => packetBlock(frame, numbers.get(frame.dev) as number, began)),
  ]);
}

function interfaceBlock({ kind, name }: Link): Uint8Array {
  const link = kind === "tun" || kind === "ipip" ? RAW : ETHERNET;
  const options = [option(IF_NAME, new TextEncoder().encode(name)), option(IF_TSRESOL, Uint8Array.of(NANOSECONDS))];
  return block(INTERFACE, [u16(link, 0), u32(0), ...options, u32(0)]);
}

function packetBlock({ time, bytes, outgoing }: CapturedFrame, number: number, began: number): Uint8Array {
  // Whole milliseconds and the rest apart: together they have more digits than a double holds.
  const whole = Math.floor(time);
  const at = BigInt(began + whole) * 1_000_000n + BigInt(Math.round((time - whole) * 1e6));
  return block(PACKET, [
    u32(number, Number(at >> 32n), Number(at & 0xffff_ffffn), bytes.length, bytes.length),
    padded(bytes),
    option(EPB_FLAGS, u32(outgoing ? 2 : 1)),
    u32(0),
  ]);
}

/** Type, length, body, length again. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(parts);
  return joinBytes([u32(type, body.length + 12), body, u32(body.length + 12)]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  return joinBytes([u16(code, value.length), padded(value)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joinBytes([bytes, new Uint8Array((4 - bytes.length % 4) % 4)]);
}

function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value & 255, value >>> 8]));
}

function u32(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]),
  );
}
