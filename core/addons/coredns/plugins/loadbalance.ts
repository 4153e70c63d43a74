import { type Cidr, contains, parseCidr, parseIp, type Random } from "../../../base/mod.ts";
import type { Message, Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin, Host, Outcome } from "../plugin.ts";
import { goDuration, goQuote } from "../go_values.ts";
import { parseWeights, type Weights } from "./weights.ts";

const RELOAD = 30_000;

/** What the plugin was told: a weight file where it weighs, and how often to look at it (milliseconds; 0 for never). */
export interface LoadbalanceOptions {
  /** Networks whose addresses come first. */
  readonly prefer?: readonly Cidr[];
  readonly weighted?: { readonly file: string; readonly reload: number };
}

/** loadbalance: shuffles the addresses and mail exchangers of positive answers, or puts the one that weighs most often first. */
export const loadbalance: DnsPlugin = {
  name: "loadbalance",
  setup(corefile, { host, rooted }) {
    const { weighted, prefer = [] } = readLoadbalance(corefile);
    if (weighted === undefined) {
      return { handle: async (query, next) => preferred(shuffled(await next(query), host.random), prefer) };
    }
    const read = weightReader(host, { ...weighted, file: rooted(weighted.file) });
    return { handle: async (query, next) => preferred(weighed(await next(query), read(), host.random), prefer) };
  },
};

/** CNAMEs, addresses (those of preferred networks first, in the networks' order), mail exchangers, then the rest. */
function preferred(outcome: Outcome, networks: readonly Cidr[]): Outcome {
  const { reply } = outcome;
  if (networks.length === 0 || reply === undefined || !isOrdered(reply)) return outcome;
  const rank = ({ data }: Rr): number => {
    const ip = parseIp(data);
    const at = networks.findIndex((net) => ip !== undefined && net.ip.family === ip.family && contains(net, ip));
    return at < 0 ? networks.length : at;
  };
  const kind = ({ type }: Rr): number => ({ CNAME: 0, A: 1, AAAA: 1, MX: 2 })[type] ?? 3;
  const order = (a: Rr, b: Rr) => kind(a) - kind(b) || (kind(a) === 1 ? rank(a) - rank(b) : 0);
  const { answers, additionals } = reply;
  return {
    ...outcome,
    reply: { ...reply, answers: answers.toSorted(order), additionals: additionals.toSorted(order) },
  };
}

/** Replies whose records may change places. */
function isOrdered({ rcode, questions }: Message): boolean {
  return rcode === "NOERROR" && !["AXFR", "IXFR"].includes(questions[0]?.type ?? "");
}

/** Gives the weights, read again when the file is due; the old ones where it cannot be read. */
function weightReader(host: Host, { file, reload }: NonNullable<LoadbalanceOptions["weighted"]>): () => Weights {
  let weights: Weights = new Map();
  let due = -Infinity;
  return () => {
    if (host.clock.now() < due) return weights;
    due = reload === 0 ? Infinity : host.clock.now() + reload;
    const text = host.readFile(file);
    const parsed = text === undefined ? { error: `open ${file}: no such file or directory` } : parseWeights(text);
    if (parsed instanceof Map) weights = parsed;
    else host.log(`[ERROR] plugin/loadbalance: ${"error" in parsed ? parsed.error : ""}`);
    return weights;
  };
}

/** One address, drawn by weight, is put first; the others keep their order. An address without a weight weighs 1. */
function weighed(outcome: Outcome, weights: Weights, random: Random): Outcome {
  const { reply } = outcome;
  const answers = reply?.answers ?? [];
  const first = answers.find((rr) => rr.type === "A" || rr.type === "AAAA");
  const own = first === undefined ? undefined : weights.get(first.name.toLowerCase());
  if (reply === undefined || first === undefined || own === undefined) return outcome;
  const candidates = answers.filter((rr) => rr.type === first.type && rr.name === first.name);
  const weightOf = (rr: Rr) => own.get(rr.data) ?? 1;
  let left = random.below(candidates.reduce((sum, rr) => sum + weightOf(rr), 0));
  const drawn = candidates.find((rr) => (left -= weightOf(rr)) < 0) as Rr;
  const at = answers.indexOf(first);
  const rest = answers.filter((rr) => rr !== drawn);
  return { ...outcome, reply: { ...reply, answers: [...rest.slice(0, at), drawn, ...rest.slice(at)] } };
}

/** CNAMEs first and as they are, then what is neither address nor MX, then the shuffled ones. */
function shuffled(outcome: Outcome, random: Random): Outcome {
  const { reply } = outcome;
  if (reply === undefined || !isOrdered(reply)) return outcome;
  const of = (records: readonly Rr[]): Rr[] => {
    const pick = (test: (rr: Rr) => boolean) => records.filter(test);
    const address = (rr: Rr) => rr.type === "A" || rr.type === "AAAA";
    return [
      ...pick((rr) => rr.type === "CNAME"),
      ...pick((rr) => rr.type !== "CNAME" && !address(rr) && rr.type !== "MX"),
      ...shuffle(pick(address), random),
      ...shuffle(pick((rr) => rr.type === "MX"), random),
    ];
  };
  const { answers, authorities, additionals } = reply;
  const sections: Partial<Message> = {
    answers: of(answers),
    authorities: of(authorities),
    additionals: of(additionals),
  };
  return { ...outcome, reply: { ...reply, ...sections } };
}

function shuffle(records: Rr[], random: Random): Rr[] {
  for (let i = records.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [records[i], records[j]] = [records[j] as Rr, records[i] as Rr];
  }
  return records;
}

/** Reads the directive; throws a CorefileError. */
export function readLoadbalance(corefile: Dispenser): LoadbalanceOptions {
  let options: LoadbalanceOptions = {};
  while (corefile.next()) {
    const [policy, ...more] = corefile.remainingArgs();
    if (policy === "weighted") options = { weighted: readWeighted(corefile, more) };
    else if (policy !== undefined && policy !== "round_robin") {
      throw corefile.plainError(`unknown policy: ${policy}`, "round_robin or weighted");
    } else if (more.length > 0) throw corefile.error(`unknown property for round_robin`, "the end of the line");
    const prefer = readPreferred(corefile);
    if (prefer.length > 0) options = { ...options, prefer: [...options.prefer ?? [], ...prefer] };
  }
  return options;
}

function readPreferred(corefile: Dispenser): readonly Cidr[] {
  const networks: Cidr[] = [];
  while (corefile.nextBlock()) {
    if (corefile.word() !== "prefer") throw corefile.error(`unknown property '${corefile.word()}'`, "prefer");
    for (const word of corefile.remainingArgs()) {
      const net = word.includes("/") ? parseCidr(word) : undefined;
      if (net === undefined) {
        throw corefile.error(
          `invalid CIDR ${goQuote(word)}: invalid CIDR address: ${word}`,
          "a network such as 10.0.0.0/8",
        );
      }
      networks.push(net);
    }
  }
  return networks;
}

function readWeighted(corefile: Dispenser, args: readonly string[]): { file: string; reload: number } {
  const [file] = args;
  if (file === undefined) throw corefile.error("missing weight file argument", "the name of a weight file");
  if (args.length > 1) throw corefile.error("unexpected argument(s)", "the end of the line");
  let reload = RELOAD;
  while (corefile.nextBlock()) {
    if (corefile.word() !== "reload") throw corefile.error(`unknown property '${corefile.word()}'`, "reload");
    const [time, more] = corefile.remainingArgs();
    if (time === undefined) throw corefile.error("reload duration value is missing", "a duration");
    if (more !== undefined) throw corefile.error("unexpected argument", "the end of the line");
    const parsed = goDuration(time);
    if ("error" in parsed) throw corefile.error(`invalid reload duration '${time}'`, "a duration such as 30s");
    reload = parsed.value;
  }
  return { file, reload };
}
