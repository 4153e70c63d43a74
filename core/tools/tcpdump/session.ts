import type { Process } from "../../linux/mod.ts";
import type { Test } from "./filter/frame.ts";
import { asciiText, hexLines } from "./hexdump.ts";
import type { Seen } from "./live.ts";
import { MachineNames } from "./names.ts";
import type { TcpdumpOptions } from "./options.ts";
import { type CaptureRecord, printPcap } from "./pcap.ts";
import { LAYERS, type LinkType, printFrame } from "./print/link.ts";
import { Conversations } from "./print/conversations.ts";
import { Out } from "./print/out.ts";
import { Stamps } from "./stamp.ts";

/** One run of tcpdump: takes frames, and prints, writes or counts those that pass. */
export class Session {
  #taken = 0;
  #passed = 0;
  readonly #records: CaptureRecord[] = [];
  readonly #stamps: Stamps;
  readonly #names: MachineNames;
  readonly #conversations = new Conversations();

  constructor(
    readonly process: Process,
    readonly options: TcpdumpOptions,
    readonly frames: { readonly link: LinkType; readonly test: Test },
  ) {
    this.#stamps = new Stamps(options.stamp);
    this.#names = new MachineNames(process, options.print);
  }

  /** Packets printed, written or counted. */
  get taken(): number {
    return this.#taken;
  }

  /** Packets that passed the filter, those after the last one wanted included. */
  get passed(): number {
    return this.#passed;
  }

  get full(): boolean {
    return this.options.count !== undefined && this.#taken >= this.options.count;
  }

  async take(frame: Seen): Promise<void> {
    const { direction, snapshot, write, both, onlyCount } = this.options;
    if (!this.frames.test(frame)) return;
    this.#passed++;
    if (direction !== "inout" && frame.outgoing !== (direction === "out")) return;
    if (this.full) return;
    this.#taken++;
    const octets = frame.octets.upTo(snapshot);
    const cut = { ...frame, octets };
    if (write !== undefined) this.#records.push({ time: frame.time, bytes: octets.slice(0), length: frame.length });
    if (!onlyCount && (write === undefined || both)) await this.#print(cut);
  }

  /** The capture file of what was taken. */
  file(): Uint8Array {
    return printPcap({ link: this.frames.link.number, snapshot: this.options.snapshot, records: this.#records });
  }

  async #print(frame: Seen): Promise<void> {
    const { print } = this.options;
    if (!print.numeric) {
      // A dry run says which names are wanted; it must not teach the connections anything.
      printFrame(new Out(print, this.#names, LAYERS), this.frames.link, frame.octets, frame.length);
      await this.#names.lookUp();
    }
    const out = new Out(print, this.#names, LAYERS, this.#conversations);
    const header = printFrame(out, this.frames.link, frame.octets, frame.length);
    const number = this.options.numbered ? `${String(this.#taken).padStart(5)}  ` : "";
    this.process.out(`${number}${this.#stamps.text(frame.time)}${out.text}${this.#dump(frame, header)}\n`);
  }

  /** -A, -X, -x and their doubles, the first of which decides. */
  #dump({ octets }: Seen, header: number): string {
    const { hex, ascii, text } = this.options.dump;
    const from = (times: number): Uint8Array => octets.slice(times > 1 ? 0 : Math.min(header, octets.length));
    if (ascii > 0) return hexLines(from(ascii), true);
    if (hex > 0) return hexLines(from(hex), false);
    return text > 0 ? asciiText(from(text)) : "";
  }
}
