/** How a place looks a name up: every name tried, who answered each and why, and what the smallest fix would be. */
import {
  absolute,
  glibcCandidates,
  hostsByName,
  type Libc,
  libcOf,
  type Message,
  muslCandidates,
  parseHosts,
  type ResolverSettings,
  resolverSettings,
  type Trail,
  TRAIL_WANTED,
  trailOf,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { ask } from "./ask.ts";

/** One question and what became of it. */
export interface Told {
  readonly type: string;
  /** The name server that answered; undefined where none did. */
  readonly server?: string;
  /** `NOERROR`, `NODATA`, `NXDOMAIN` ..., or `timed out` and the like. */
  readonly outcome: string;
  readonly milliseconds: number;
  /** Data of the answer's records, CNAMEs first. */
  readonly answers: readonly string[];
  /** The server's own account, from CoreDNS in the lab. */
  readonly trail?: Trail;
}

/** One name of those tried. */
export interface Tried {
  readonly name: string;
  readonly questions: readonly Told[];
}

/** The whole look-up. */
export interface NameStory {
  readonly name: string;
  readonly libc: Libc;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  /** Addresses of /etc/hosts, which comes first: nobody is asked then. */
  readonly hosts: readonly string[];
  readonly tried: readonly Tried[];
  readonly found: boolean;
  /** Questions asked before the name that was found. */
  readonly wasted: number;
  /** What to change, in one line; absent where nothing need be. */
  readonly fix?: string;
}

/** Looks a name up as a place's C library does, one question after the other, and tells the story. */
export async function nameStory(process: Process, name: string, types: readonly string[]): Promise<NameStory> {
  const settings = resolverSettings(process.files);
  const libc = libcOf(process.files);
  const hosts = hostsByName(parseHosts(process.files.read("/etc/hosts") ?? ""), name, 0).map(({ address }) => address);
  const names = libc === "musl" ? muslCandidates(name, settings) : glibcCandidates(name, settings);
  const tried: Tried[] = [];
  for (const candidate of hosts.length > 0 ? [] : names) {
    const questions: Told[] = [];
    for (const type of types) questions.push(await tell(process, settings, { name: candidate, type }));
    tried.push({ name: candidate, questions });
    if (questions.some(({ answers }) => answers.length > 0) || questions.every(isDeaf)) break;
  }
  const found = tried.findIndex(({ questions }) => questions.some(({ answers }) => answers.length > 0));
  const wasted = found <= 0 ? 0 : tried.slice(0, found).flatMap(({ questions }) => questions).length;
  const { nameservers, search, ndots } = settings;
  const story = { name, libc, nameservers, search, ndots, hosts, tried, found: hosts.length > 0 || found >= 0, wasted };
  const fix = smallestFix(story, found);
  return fix === undefined ? story : { ...story, fix };
}

function isDeaf({ server }: Told): boolean {
  return server === undefined;
}

async function tell(
  process: Process,
  settings: ResolverSettings,
  { name, type }: { readonly name: string; readonly type: string },
): Promise<Told> {
  const began = process.clock.now();
  const edns = { version: 0, udpSize: 4096, dnssecOk: false, options: [TRAIL_WANTED] };
  const { answered, complaints } = await ask(process, settings.nameservers, { name, type, class: "IN" }, {
    port: 53,
    timeout: settings.timeout,
    tries: settings.attempts,
    tcp: settings.flags.has("use-vc"),
    recurse: true,
    edns,
    ignoreCut: false,
  });
  const milliseconds = Math.floor(process.clock.now() - began);
  if (answered === undefined) {
    return { type, outcome: complaints.at(-1)?.replace(/^.*: /, "") ?? "no answer", milliseconds, answers: [] };
  }
  const { message, server } = answered;
  const trail = trailOf(message);
  const told = { type, server, outcome: outcomeOf(message, type), milliseconds, answers: dataOf(message) };
  return trail === undefined ? told : { ...told, trail };
}

function outcomeOf({ rcode, answers }: Message, type: string): string {
  return rcode === "NOERROR" && !answers.some((rr) => rr.type === type) ? "NODATA" : rcode;
}

function dataOf({ rcode, answers }: Message): string[] {
  return rcode === "NOERROR" ? answers.map(({ data }) => data) : [];
}

/** The one change that helps most: what the server says where nothing was found, fewer questions where something was. */
function smallestFix(
  { name, tried, wasted, ndots, nameservers }: Omit<NameStory, "fix">,
  found: number,
): string | undefined {
  const all = tried.flatMap(({ questions }) => questions);
  if (all.length > 0 && all.every(isDeaf)) {
    const refused = all.every(({ outcome }) => outcome === "connection refused");
    const what = refused ? "nothing behind it answers" : "its answers or the questions are lost";
    return `${
      nameservers.join(" and ")
    }: ${what}; see whether the pods of k8s-app=kube-dns run, and whether a NetworkPolicy lets port 53 through`;
  }
  if (found < 0) return all.find(({ trail }) => trail?.fix !== undefined)?.trail?.fix;
  if (wasted === 0) return undefined;
  const whole = (tried[found] as Tried).name;
  if (whole !== absolute(name)) return undefined;
  const dots = name.split(".").length - 1;
  const lower = dots > 0 && dots < ndots ? `, or options ndots:${dots} in the pod's dnsConfig` : "";
  return `write ${whole} with the dot at its end${lower}: ${wasted} questions fewer`;
}

/** The story for people. */
export function printNameStory(story: NameStory): string {
  const { name, libc, nameservers, search, ndots, hosts, tried, wasted, fix } = story;
  const list = search.length === 0 ? "no search list" : `search ${search.join(" ")}`;
  const lines = [`${name}: ${libc}, nameserver ${nameservers.join(" ")}, ${list}, ndots:${ndots}`];
  if (hosts.length > 0) lines.push(`  /etc/hosts has it: ${hosts.join(" ")}; no name server is asked`);
  for (const [i, each] of tried.entries()) lines.push(`  ${i + 1}. ${each.name}`, ...each.questions.flatMap(printTold));
  const count = tried.reduce((sum, { questions }) => sum + questions.length, 0);
  if (hosts.length === 0) {
    lines.push(`  questions: ${count}${wasted > 0 ? `, ${wasted} of them for the search list` : ""}`);
  }
  if (fix !== undefined) lines.push(`  fix: ${fix}`);
  return lines.map((line) => `${line}\n`).join("");
}

function printTold({ type, server, outcome, milliseconds, answers, trail }: Told): string[] {
  const found = answers.length === 0 ? "" : ` ${answers.join(" ")}`;
  const by = server === undefined ? "" : ` from ${server}`;
  const head = `     ${type.padEnd(4)} ${outcome}${found}${by} in ${milliseconds} ms`;
  if (trail === undefined) return [head];
  const block = trail.block === "" ? "no server block is for this name" : `block ${trail.block}`;
  const steps = trail.steps.map(({ plugin, did }) => `          ${plugin}: ${did}`);
  return [head, `          ${trail.server}, ${block}`, ...steps];
}

/** `dig --explain NAME [TYPE]`; exit status 0 where something was found. */
export async function explainName(process: Process): Promise<number> {
  const [name, type] = process.argv.slice(1).filter((word) => word !== "--explain");
  if (name === undefined) {
    process.err("Usage:  dig --explain NAME [TYPE]\n");
    return 1;
  }
  const story = await nameStory(process, name, type === undefined ? ["A", "AAAA"] : [type.toUpperCase()]);
  process.out(printNameStory(story));
  return story.found ? 0 : 1;
}
