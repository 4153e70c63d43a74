/** tcpdump 4.99.3: what crosses a device, as text or as a capture file. */
import { isFailure, requireCidr, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { servicePort } from "../place.ts";
import { compileFilter } from "./filter/compile.ts";
import { FilterComplaint } from "./filter/complaint.ts";
import type { Test } from "./filter/frame.ts";
import { parseFilter } from "./filter/parse.ts";
import type { Expression } from "./filter/syntax.ts";
import { listDevices, listLinkTypes, pickDevice } from "./devices.ts";
import { linkTypeOf, LiveFrames } from "./live.ts";
import { Octets } from "./octets.ts";
import { type TcpdumpOptions, tcpdumpOptions } from "./options.ts";
import { type Capture, isBadCapture, parsePcap } from "./pcap.ts";
import { LINK_TYPES, type LinkType } from "./print/link.ts";
import { Session } from "./session.ts";

const SIGNALS = [1, 2, 13, 15];

/** The program. */
export async function tcpdump(process: Process): Promise<number> {
  const options = tcpdumpOptions(process.argv.slice(1));
  if ("exit" in options) {
    process.out(options.out ?? "");
    process.err(options.err ?? "");
    return options.exit;
  }
  try {
    if (options.list === "devices") return listDevices(process);
    return options.read === undefined ? await live(process, options) : await replay(process, options, options.read);
  } catch (error) {
    if (!(error instanceof FilterComplaint)) throw error;
    return die(process, error.message);
  }
}

function die(process: Process, text: string): number {
  process.err(`tcpdump: ${text}\n`);
  return 1;
}

/** Captures until it is told to stop, has enough, or the device goes away. */
async function live(process: Process, options: TcpdumpOptions): Promise<number> {
  const device = pickDevice(process, options.device);
  if ("problem" in device) return die(process, device.problem);
  const link = linkType(linkTypeOf(device.link));
  if (options.list === "links") return listLinkTypes(process, device.name, link);
  const wanted = options.linkType?.toUpperCase();
  if (wanted !== undefined && wanted !== link.name) {
    const known = LINK_TYPES.some(({ name }) => name === wanted);
    return die(
      process,
      known
        ? `${wanted} is not one of the DLTs supported by this device`
        : `invalid data link type ${options.linkType}`,
    );
  }
  const shut = unwritable(process, options.write);
  if (device.link === "any") process.err(`tcpdump: data link type ${link.name}\n`);
  const test = await filter(process, options, { link, live: true, device: device.name });
  if (typeof test === "number") return test;
  if (shut !== undefined) return die(process, shut);
  const session = new Session(process, options, { link, test });
  announce(process, options, { device: device.name, link });
  const frames = new LiveFrames(process, device.link);
  const interrupted = await follow(process, session, frames);
  if (options.write !== undefined) save(process, options.write, session);
  else if (interrupted) process.out("\n");
  if (frames.gone) process.err("tcpdump: pcap_loop: The interface disappeared\n");
  say(process, session.taken, "captured");
  say(process, session.passed, "received by filter");
  say(process, 0, "dropped by kernel");
  return frames.gone ? 1 : 0;
}

/** Takes frames to the end; whether a signal was that. */
async function follow(process: Process, session: Session, frames: LiveFrames): Promise<boolean> {
  let killed = false;
  for (const signal of SIGNALS) process.handle(signal);
  const off = process.onKill(() => {
    killed = true;
  });
  while (!session.full && !frames.gone) {
    for (const frame of await frames.next(() => killed)) await session.take(frame);
    if (killed) break;
  }
  frames.close();
  off();
  return killed && !session.full;
}

function announce(
  process: Process,
  { print, write, snapshot }: TcpdumpOptions,
  { device, link }: { readonly device: string; readonly link: LinkType },
): void {
  const short = print.verbose === 0 && write === undefined;
  process.err(short ? "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n" : "tcpdump: ");
  process.err(
    `listening on ${device}, link-type ${link.name} (${link.description}), snapshot length ${snapshot} bytes\n`,
  );
}

function say(process: Process, count: number, what: string): void {
  process.err(`${count} packet${count === 1 ? "" : "s"} ${what}\n`);
}

/** Reads a capture file as if it were seen now. */
async function replay(process: Process, options: TcpdumpOptions, path: string): Promise<number> {
  const bytes = path === "-" ? latin1Bytes(process.stdin) : process.files.readBytes(absolute(process, path));
  if (bytes === undefined) return die(process, `${path}: No such file or directory`);
  const parsed = parsePcap(bytes);
  const capture = isBadCapture(parsed) ? parsed.capture : parsed;
  if (capture === undefined) return die(process, (parsed as { problem: string }).problem);
  const link = linkType(capture.link);
  const name = path === "-" ? "-" : path;
  process.err(
    `reading from file ${name}, link-type ${link.name} (${link.description}), snapshot length ${capture.snapshot}\n`,
  );
  const test = await filter(process, options, { link, live: false });
  if (typeof test === "number") return test;
  // -s is for live captures: a file's packets are as long as they were written.
  const session = new Session(process, { ...options, snapshot: capture.snapshot }, { link, test });
  await replayRecords(session, capture);
  if (options.write !== undefined) save(process, options.write, session);
  if (options.onlyCount) process.out(`${session.taken} packet${session.taken === 1 ? "" : "s"}\n`);
  if (!isBadCapture(parsed) || session.full) return 0;
  return die(process, `pcap_loop: ${parsed.problem}`);
}

async function replayRecords(session: Session, capture: Capture): Promise<void> {
  for (const { time, bytes, length } of capture.records) {
    if (session.full) return;
    await session.take({ time, octets: new Octets(bytes), length, outgoing: false, ifindex: 0 });
  }
}

function linkType(number: number): LinkType {
  const known = LINK_TYPES.find((type) => type.number === number);
  if (known === undefined) throw new FilterComplaint(`packet printing is not modelled for link type ${number}: use -w`);
  return known;
}

/** The filter, with the names in it looked up; or an exit status, said why. */
async function filter(
  process: Process,
  options: TcpdumpOptions,
  { link, live, device }: { readonly link: LinkType; readonly live: boolean; readonly device?: string },
): Promise<Test | number> {
  const { expressionFile } = options;
  const text = expressionFile === undefined
    ? options.expression
    : process.files.read(absolute(process, expressionFile))?.replace(/#.*/g, "");
  if (text === undefined) return die(process, `can't open ${expressionFile}: No such file or directory`);
  const expression = parseFilter(text);
  return compileFilter(expression, {
    link: link.number,
    live,
    hosts: await hosts(process, expression),
    port: (name, protocol) => servicePort(process, name, protocol),
    netmask: device === undefined ? 0 : netmaskOf(process, device),
  });
}

/** Addresses of the host names in an expression. */
async function hosts(process: Process, expression: Expression | undefined): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const name of hostNames(expression)) {
    const info = await getaddrinfo(process, name);
    if (!gaiFailed(info)) found.set(name, info.addresses);
  }
  return found;
}

function hostNames(expression: Expression | undefined): readonly string[] {
  switch (expression?.kind) {
    case "and":
    case "or":
      return [...hostNames(expression.left), ...hostNames(expression.right)];
    case "not":
      return hostNames(expression.of);
    case "match": {
      const { type } = expression.qualifiers;
      return expression.id.kind === "id" && (type === undefined || type === "host") ? [expression.id.text] : [];
    }
    default:
      return [];
  }
}

function netmaskOf(process: Process, device: string): number {
  const { plane } = process.machine;
  const link = plane.links(process.ns).find(({ name }) => name === device);
  const address = plane.addresses(process.ns).find((each) => each.dev === link?.index && !each.address.includes(":"));
  if (address === undefined) return 0;
  const { length } = requireCidr(address.address);
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

function absolute(process: Process, path: string): string {
  return path.startsWith("/") ? path : `${process.cwd === "/" ? "" : process.cwd}/${path}`;
}

/** What open(2) says of a file that is to be written, if it fails. The file is there, and empty, from then on. */
function unwritable(process: Process, path: string | undefined): string | undefined {
  if (path === undefined || path === "-") return undefined;
  const failed = process.files.write(absolute(process, path), new Uint8Array());
  return isFailure(failed) ? `${path}: ${strerror(failed.errno)}` : undefined;
}

/** Writes the capture; to standard output each byte is a character of its own. */
function save(process: Process, path: string, session: Session): void {
  const file = session.file();
  if (path !== "-") process.files.write(absolute(process, path), file);
  else process.out([...file].map((byte) => String.fromCharCode(byte)).join(""));
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
