/** What dig does in several steps: zone transfers, and `+trace` from the root down. */
import { isFailure } from "../../base/mod.ts";
import {
  type Edns,
  framed,
  FrameReader,
  getaddrinfo,
  isMalformed,
  type Message,
  parseMessage,
  printMessage,
  queryMessage,
  type Question,
  type Rr,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { type Answered, ask } from "./ask.ts";
import { recordLine } from "./columns.ts";

/** A finished transfer, or undefined where the server gave none. */
export interface Transferred {
  readonly records: readonly Rr[];
  readonly messages: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Fetches a zone over TCP: messages until the SOA comes again. */
export async function transfer(
  process: Process,
  { address, port }: { readonly address: string; readonly port: number },
  question: Question,
): Promise<Transferred | "refused" | undefined> {
  const began = process.clock.now();
  const stream = await process.net.connect(address, port, { timeout: PATIENCE });
  if (stream === undefined || isFailure(stream)) return undefined;
  try {
    const query = queryMessage(process.random.below(65536), question);
    await stream.write(framed(printMessage({ ...query, flags: { ...query.flags, rd: false, ad: true } })));
    const frames = new FrameReader();
    const records: Rr[] = [];
    let [messages, bytes] = [0, 0];
    for (;;) {
      const frame = frames.next();
      if (frame === undefined) {
        const chunk = await stream.read(PATIENCE);
        if (!(chunk instanceof Uint8Array)) return messages === 0 ? undefined : "refused";
        frames.push(chunk);
        continue;
      }
      const message = parseMessage(frame);
      if (isMalformed(message) || message.rcode !== "NOERROR" || message.answers.length === 0) return "refused";
      records.push(...message.answers);
      messages++;
      bytes += frame.length;
      if (records.length > 1 && records.at(-1)?.type === "SOA") {
        return { records, messages, bytes, milliseconds: process.clock.now() - began };
      }
    }
  } finally {
    stream.close();
  }
}

const PATIENCE = 10_000;
const STEPS = 20;

/** The text of `dig +trace`: from the servers of the root to those that answer; false where nobody did. */
export async function trace(
  process: Process,
  { servers, port, question }: {
    readonly servers: readonly string[];
    readonly port: number;
    readonly question: Question;
  },
): Promise<boolean> {
  const root = { name: ".", type: "NS", class: "IN" };
  let answered = await askOne(process, servers, { question: root, port, recurse: true });
  let from = answered?.server;
  for (let step = 0; step < STEPS && answered !== undefined; step++) {
    process.out(hopText(answered, from ?? ""));
    const { message } = answered;
    const next = referred(message, step === 0);
    if (next.length === 0) return true;
    answered = undefined;
    for (const name of next) {
      const addresses = await addressesOf(process, name, message);
      answered = await askOne(process, addresses, { question, port, recurse: false });
      from = name.replace(/\.$/, "");
      if (answered !== undefined) break;
    }
  }
  if (answered === undefined) process.out(";; no servers could be reached\n");
  return answered !== undefined;
}

/** The name servers that a reply leads on to; none where it is the end. */
function referred(message: Message, first: boolean): readonly string[] {
  const servers = (first ? message.answers : message.authorities).filter((rr) => rr.type === "NS");
  return first || message.answers.length === 0 ? servers.map(({ data }) => data) : [];
}

async function addressesOf(process: Process, name: string, message: Message): Promise<readonly string[]> {
  const glue = message.additionals.filter((rr) => rr.type === "A" && rr.name.toLowerCase() === name.toLowerCase());
  if (glue.length > 0) return glue.map(({ data }) => data);
  const info = await getaddrinfo(process, name, { family: 4 });
  return "addresses" in info ? info.addresses : [];
}

interface One {
  readonly question: Question;
  readonly port: number;
  readonly recurse: boolean;
}

const EDNS: Edns = { version: 0, udpSize: 1232, dnssecOk: true, options: [] };

async function askOne(
  process: Process,
  servers: readonly string[],
  { question, port, recurse }: One,
): Promise<Answered | undefined> {
  const options = { port, timeout: 5000, tries: 3, tcp: false, recurse, ignoreCut: false, edns: EDNS };
  const { answered, complaints } = await ask(process, servers, question, options);
  process.out(complaints.map((line) => `${line}\n`).join(""));
  return answered;
}

/** The records of one step and where they came from. */
function hopText({ message, size, server, port, milliseconds }: Answered, name: string): string {
  const records = message.answers.length > 0 ? message.answers : message.authorities;
  const lines = records.map((rr) => `${recordLine(rr)}\n`).join("");
  return `${lines};; Received ${size} bytes from ${server}#${port}(${name}) in ${Math.floor(milliseconds)} ms\n\n`;
}
