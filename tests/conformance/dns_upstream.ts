/** The name servers of podwire-dns/1: small authoritative servers from zone files, on UDP and TCP port 53. */
import { isFailure } from "../../core/base/mod.ts";
import {
  absolute,
  isMalformed,
  isUnder,
  joinLabels,
  labelsOf,
  type Message,
  NO_FLAGS,
  parseMessage,
  parseZoneFile,
  printMessage,
  type Rr,
  sameName,
} from "../../core/dns/mod.ts";
import type { DatagramSocket, Process, Stream } from "../../core/linux/mod.ts";
import type { UpstreamMode, UpstreamSpec } from "./dns_format.ts";

const CHAIN = 9;

interface Zone {
  readonly origin: string;
  readonly records: readonly Rr[];
}

interface Answer {
  readonly rcode: string;
  readonly answers: readonly Rr[];
  readonly authorities: readonly Rr[];
}

/** One such server. */
export class Upstream {
  readonly #zones: readonly Zone[];
  /** Questions received. */
  queries = 0;
  mode: UpstreamMode;

  constructor(readonly address: string, readonly spec: UpstreamSpec) {
    this.mode = spec.mode ?? "normal";
    this.#zones = Object.entries(spec.zones ?? {}).map(([name, text]) => {
      const origin = absolute(name);
      return { origin, records: parseZoneFile(text, { origin, file: `zone ${name} of ${address}` }) };
    });
  }

  /** The program: serves until it is killed. */
  async serve(process: Process): Promise<number> {
    const socket = process.net.udp(4);
    const listener = process.net.listen(this.address, 53);
    if (isFailure(socket.bind(this.address, 53)) || isFailure(listener)) throw new Error(`${this.address}:53 is taken`);
    void (async () => {
      for (let stream = await listener.accept(); stream !== undefined; stream = await listener.accept()) {
        void this.#converse(process, stream);
      }
    })();
    for (;;) {
      const got = await socket.receive();
      if (got === undefined) return 0;
      if ("datagram" in got) void this.#reply(process, socket, got.datagram);
    }
  }

  async #reply(
    process: Process,
    socket: DatagramSocket,
    { data, from, fromPort }: { readonly data: Uint8Array; readonly from: string; readonly fromPort: number },
  ): Promise<void> {
    const reply = this.#answer(data, "udp");
    if (reply === undefined) return;
    if (this.spec.delay !== undefined) await process.clock.sleep(this.spec.delay * 1000);
    socket.sendTo(reply, from, fromPort);
  }

  async #converse(process: Process, stream: Stream): Promise<void> {
    for (let bytes = new Uint8Array();;) {
      const size = bytes.length < 2 ? Infinity : 2 + (bytes[0] as number) * 256 + (bytes[1] as number);
      if (bytes.length >= size) {
        const reply = this.#answer(bytes.slice(2, size), "tcp");
        bytes = bytes.slice(size);
        if (reply === undefined) continue;
        if (this.spec.delay !== undefined) await process.clock.sleep(this.spec.delay * 1000);
        await stream.write(Uint8Array.of(reply.length >> 8, reply.length & 255, ...reply));
        continue;
      }
      const more = await stream.read();
      if (!(more instanceof Uint8Array)) return stream.close();
      bytes = Uint8Array.of(...bytes, ...more);
    }
  }

  #answer(bytes: Uint8Array, proto: "udp" | "tcp"): Uint8Array | undefined {
    const query = parseMessage(bytes);
    if (isMalformed(query) || query.questions.length !== 1) return undefined;
    this.queries++;
    if (this.mode === "drop") return undefined;
    const { name, type } = query.questions[0] as Message["questions"][number];
    const answer: Answer = this.mode === "normal"
      ? this.#lookUp(name, type)
      : { rcode: this.mode.toUpperCase(), answers: [], authorities: [] };
    const reply: Message = {
      ...query,
      ...answer,
      flags: {
        ...NO_FLAGS,
        qr: true,
        rd: query.flags.rd,
        ra: this.spec.ra ?? true,
        aa: this.spec.aa ?? false,
      },
      additionals: [],
    };
    const { edns: _edns, ...bare } = reply;
    const whole: Message = query.edns === undefined
      ? bare
      : { ...bare, edns: { version: 0, udpSize: 1232, dnssecOk: false, options: [] } };
    const packed = printMessage(whole, true);
    if (proto === "tcp" || packed.length <= Math.max(512, query.edns?.udpSize ?? 0)) return packed;
    return printMessage({ ...whole, flags: { ...whole.flags, tc: true }, answers: [], authorities: [] }, true);
  }

  #lookUp(name: string, type: string, depth = 0): Answer {
    const zone = this.#zones.filter(({ origin }) => isUnder(name, origin))
      .sort((a, b) => b.origin.length - a.origin.length)[0];
    if (zone === undefined) return { rcode: "REFUSED", answers: [], authorities: [] };
    const soa = zone.records.filter((rr) => rr.type === "SOA");
    const found = recordsAt(zone, name);
    if (found === undefined) return { rcode: "NXDOMAIN", answers: [], authorities: soa };
    const exact = type === "ANY" ? found : found.filter((rr) => rr.type === type);
    if (exact.length > 0) return { rcode: "NOERROR", answers: exact, authorities: [] };
    const alias = found.find((rr) => rr.type === "CNAME");
    if (alias === undefined) return { rcode: "NOERROR", answers: [], authorities: soa };
    if (depth >= CHAIN - 1) return { rcode: "NOERROR", answers: [alias], authorities: [] };
    const rest = this.#lookUp(alias.data, type, depth + 1);
    return {
      rcode: rest.rcode === "REFUSED" ? "NOERROR" : rest.rcode,
      answers: [alias, ...rest.answers],
      authorities: rest.authorities,
    };
  }
}

/** The records at a name, a wildcard's under the name asked; none where it only has names below it; undefined for nothing. */
function recordsAt({ origin, records }: Zone, name: string): readonly Rr[] | undefined {
  // Compression points back to the question: owners come in its case.
  const own = records.filter((rr) => sameName(rr.name, name)).map((rr) => ({ ...rr, name }));
  if (own.length > 0) return own;
  const exists = (at: string) => records.some((rr) => isUnder(rr.name, at));
  if (exists(name)) return [];
  for (let labels = labelsOf(name).slice(1);; labels = labels.slice(1)) {
    const ancestor = joinLabels(labels);
    if (!exists(ancestor) && !sameName(ancestor, origin)) continue;
    const wild = records.filter((rr) => sameName(rr.name, ancestor === "." ? "*." : `*.${ancestor}`));
    return wild.length === 0 ? undefined : wild.map((rr) => ({ ...rr, name }));
  }
}
