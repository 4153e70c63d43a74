/** `autopath [ZONES...] RESOLV_CONF | @PLUGIN` */
import { isUnder, type Message, parseResolvConf, sameName } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { isUnwritten } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Next, Outcome, SetupContext } from "../plugin.ts";
import { matchingZone, normalizeZones, zonesOf } from "../zones.ts";

/** What the plugin was told. */
export interface Autopath {
  readonly zones: readonly string[];
  /** Absolute names, the empty one last. */
  readonly search: readonly string[];
  /** The plugin that knows the search list of who asks. */
  readonly plugin: string | undefined;
}

/** autopath: walks a client's search list for it, so that one question is enough. */
export const autopath: DnsPlugin = {
  name: "autopath",
  setup(corefile, context) {
    const { zones, search, plugin } = readAutopath(corefile, context);
    return {
      prepare() {
        const teller = plugin === undefined ? undefined : context.sibling(plugin);
        const wrong = teller !== undefined && teller.searchPath === undefined;
        return Promise.resolve(wrong ? `${plugin} does not implement the AutoPather interface` : undefined);
      },
      handle(query, next) {
        if (matchingZone(zones, query.name) === undefined) return next(query);
        const teller = plugin === undefined ? undefined : context.sibling(plugin);
        const path = teller?.searchPath?.(query) ?? search;
        const first = path[0];
        if (first === undefined || !isUnder(query.name, first)) return next(query);
        return walk(path, query, next);
      },
    };
  },
};

/** The first reply that is no NXDOMAIN; where there is none, the first of all. */
async function walk(path: readonly string[], query: DnsQuery, next: Next): Promise<Outcome> {
  const asked = query.question.name;
  const base = asked.slice(0, asked.length - (path[0] as string).length - 1);
  let first: Outcome | undefined;
  for (const suffix of path) {
    const name = `${base}.${suffix === "." ? "" : suffix}`;
    const question = { ...query.question, name };
    const message = { ...query.message, questions: [question] };
    const outcome = await next({ ...query, name: name.toLowerCase(), question, message });
    if (outcome.error !== undefined) return outcome;
    first ??= outcome;
    if (isUnwritten(outcome) || outcome.reply === undefined || outcome.reply.rcode === "NXDOMAIN") continue;
    return { ...outcome, reply: renamed(outcome.reply, query) };
  }
  const reply = first?.reply;
  if (first === undefined || reply === undefined) return first ?? await next(query);
  return { ...first, reply };
}

/** The reply with a CNAME from the name asked for to the one that was found. */
function renamed(reply: Message, { question, message }: DnsQuery): Message {
  const target = reply.answers.find((rr) => !sameName(rr.name, question.name));
  const alias = target === undefined
    ? []
    : [{ name: question.name, type: "CNAME", class: "IN", ttl: target.ttl, data: target.name }];
  return { ...reply, questions: message.questions, answers: [...alias, ...reply.answers] };
}

/** Reads the directive; throws a CorefileError. */
export function readAutopath(corefile: Dispenser, { zones, host }: SetupContext): Autopath {
  let autopath: Autopath | undefined;
  while (corefile.next()) {
    const args = corefile.remainingArgs();
    const file = args.pop();
    if (file === undefined) throw corefile.plainError("no resolv-conf specified", "a resolv.conf, or @PLUGIN");
    const own = zonesOf(args, zones);
    if (file.startsWith("@")) {
      autopath = { zones: own, search: [], plugin: file.slice(1) };
      continue;
    }
    const text = host.readFile(file);
    if (text === undefined || file === "") {
      const problem = `failed to parse ${JSON.stringify(file)}: open ${file}: no such file or directory`;
      throw corefile.plainError(problem, "a resolv.conf, or @PLUGIN");
    }
    const search = parseResolvConf(text).search.flatMap(normalizeZones);
    autopath = { zones: own, search: [...search, ""], plugin: undefined };
  }
  if (autopath === undefined) throw new Error("autopath is set up without its directive");
  return autopath;
}
