/** Plain-JavaScript peers for conntrack's table: a Map by text, and open addressing in typed arrays. Both directions of a flow are found. */
import { PACKET } from "../rulesets.ts";

/** Flows in a Map by text, as one writes it at first. */
export class TextFlows {
  #flows = new Map<string, number>();

  insert(packets: Uint32Array): void {
    this.#flows = new Map();
    for (let at = 0, n = 0; at < packets.length; at += PACKET, n++) {
      const [src, dst, ports, proto] = [packets[at], packets[at + 1], packets[at + 2] as number, packets[at + 3]];
      this.#flows.set(`${src} ${dst} ${ports >>> 16} ${ports & 0xffff} ${proto}`, n);
      this.#flows.set(`${dst} ${src} ${ports & 0xffff} ${ports >>> 16} ${proto}`, n);
    }
  }

  /** How many of the packets belong to a flow that is there. */
  find(packets: Uint32Array): number {
    let found = 0;
    for (let at = 0; at < packets.length; at += PACKET) {
      const [src, dst, ports, proto] = [packets[at], packets[at + 1], packets[at + 2] as number, packets[at + 3]];
      if (this.#flows.has(`${src} ${dst} ${ports >>> 16} ${ports & 0xffff} ${proto}`)) found++;
    }
    return found;
  }
}

/** Flows in one Int32Array with linear probing: as well as it can be written. Only finds and inserts; knows no states or timeouts. */
export class TypedFlows {
  #slots = new Int32Array();
  #mask = 0;

  insert(packets: Uint32Array): void {
    const size = 2 ** Math.ceil(Math.log2(packets.length / PACKET * 4));
    this.#slots = new Int32Array(size * 4);
    this.#mask = size - 1;
    for (let at = 0; at < packets.length; at += PACKET) {
      const src = (packets[at] as number) | 0, dst = (packets[at + 1] as number) | 0, ports = packets[at + 2] as number;
      const proto = packets[at + 3] as number;
      this.#put(src, dst, ports | 0, proto);
      this.#put(dst, src, ports >>> 16 | ports << 16, proto);
    }
  }

  /** How many of the packets belong to a flow that is there. */
  find(packets: Uint32Array): number {
    const slots = this.#slots;
    let found = 0;
    for (let at = 0; at < packets.length; at += PACKET) {
      const src = (packets[at] as number) | 0,
        dst = (packets[at + 1] as number) | 0,
        ports = (packets[at + 2] as number) | 0;
      const proto = packets[at + 3] as number;
      for (let n = hash(src, dst, ports) & this.#mask; slots[4 * n + 3] !== 0; n = n + 1 & this.#mask) {
        if (
          slots[4 * n] === src && slots[4 * n + 1] === dst && slots[4 * n + 2] === ports && slots[4 * n + 3] === proto
        ) {
          found++;
          break;
        }
      }
    }
    return found;
  }

  #put(src: number, dst: number, ports: number, proto: number): void {
    let n = hash(src, dst, ports) & this.#mask;
    while (this.#slots[4 * n + 3] !== 0) n = n + 1 & this.#mask;
    this.#slots[4 * n] = src;
    this.#slots[4 * n + 1] = dst;
    this.#slots[4 * n + 2] = ports;
    this.#slots[4 * n + 3] = proto;
  }
}

function hash(src: number, dst: number, ports: number): number {
  let h = Math.imul(src ^ Math.imul(dst, 0x9e3779b1), 0x85ebca6b) ^ ports;
  h = Math.imul(h ^ h >>> 15, 0xc2b2ae35);
  return h ^ h >>> 13;
}
