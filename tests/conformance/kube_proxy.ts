/** Suite `kube-proxy`: rule sets, sysctls, health answers and conntrack deletions of the real kube-proxy (podwire-kubeproxy/1). */
import { parseAllDocuments } from "yaml";
import { parseIptablesSave, printIptablesSave } from "../../core/linux/netfilter/mod.ts";
import {
  ensuredJumps,
  flowsDue,
  healthAnswers,
  proxySysctls,
  type ServiceView,
  serviceViews,
  staleFlows,
  startLog,
  type Synced,
  syncIptables,
} from "../../core/node/mod.ts";
import type { EndpointSlice, Service } from "../../core/kube/mod.ts";
import type { Flow, Table } from "../../wasm/mod.ts";
import { checkAnchors } from "./kube_proxy_anchors.ts";
import type { FlowFile } from "./kube_proxy_flow_file.ts";
import { checkFlows, type ProxyMode } from "./kube_proxy_flows.ts";
import { checkNftRules } from "./kube_proxy_nft.ts";
import {
  type Check,
  compareLines,
  LATER,
  type RecordedCase,
  type RecordedHealth,
  type Recording,
  same,
  type Views,
} from "./kube_proxy_recording.ts";

/** Chains whose order means nothing: kube-proxy walks a hash map there. */
const SETS = new Set(["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL"]);
const TABLES: readonly Table[] = ["filter", "mangle", "nat"];
const FAMILIES = [4, 6] as const;
const SHOWN = 12;

/**
 * Plays every case of the files; prints the first differences in full. `--only TEXT`: cases with it in their id; `--mode M`: of one mode.
 * A file of flows is sent in iptables mode unless another is asked for.
 */
export async function kubeProxy(args: readonly string[], say: (line: string) => void): Promise<number> {
  const { files, only = "", mode } = readArgs(args);
  if (files.length === 0) {
    say("usage: deno task conformance kube-proxy FILE... [--only TEXT] [--mode iptables|nftables|ipvs|userspace]");
    return 2;
  }
  const checks: (Check & { readonly mode: string })[] = [];
  for (const file of files) {
    const read = JSON.parse(Deno.readTextFileSync(file)) as Recording | FlowFile;
    checks.push(
      ..."flows" in read
        ? await checkFlowFile(read, (mode ?? "iptables") as ProxyMode, only)
        : checkCases(read, mode, only),
    );
  }
  const bad = checks.filter(({ problem }) => problem !== undefined);
  for (const { id, problem } of bad.slice(0, SHOWN)) say(`${id}\n${problem}`);
  for (const each of new Set(checks.map((check) => check.mode))) {
    const own = checks.filter((check) => check.mode === each);
    const failed = own.filter(({ problem }) => problem !== undefined).length;
    say(`${each}: ${own.length - failed} passed, ${failed} failed`);
  }
  say(`${checks.length - bad.length} passed, ${bad.length} failed`);
  return bad.length === 0 ? 0 : 1;
}

function checkCases({ cases }: Recording, mode: string | undefined, only: string) {
  const wanted = cases.filter((each) => each.id.includes(only) && (mode ?? each.mode) === each.mode);
  return wanted.flatMap((recorded) => checkCase(recorded).map((check) => ({ ...check, mode: recorded.mode })));
}

async function checkFlowFile(file: FlowFile, mode: ProxyMode, only: string) {
  const flows = await checkFlows({ ...file, flows: file.flows.filter(({ name }) => name.includes(only)) }, mode);
  const anchors = only === "" ? checkAnchors(file) : [];
  return [...flows.map((check) => ({ ...check, mode })), ...anchors.map((check) => ({ ...check, mode: "anchors" }))];
}

function readArgs(args: readonly string[]): { files: string[]; only?: string; mode?: string } {
  const read: { files: string[]; only?: string; mode?: string } = { files: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--only" || arg === "--mode") read[arg === "--only" ? "only" : "mode"] = args[++i] ?? "";
    else read.files.push(arg);
  }
  return read;
}

function checkCase(recorded: RecordedCase): Check[] {
  const { id, mode, then } = recorded;
  const before = viewsOf(recorded, recorded.objects);
  const after = viewsOf(recorded, then.objects);
  return [
    ...(mode === "nftables" ? checkNftRules(recorded, [before, after]) : checkIptables(recorded, [before, after])),
    ...checkSysctls(recorded, before),
    ...checkLog(recorded),
    ...checkHealth(`${id} health`, recorded.health, before),
    ...checkHealth(`${id} then health`, then.health, after),
    ...checkConntrack(recorded, before, after),
  ];
}

function ofKinds(text: string) {
  const objects = parseAllDocuments(text).map((document) => document.toJS()).filter((object) => object !== null);
  return <T>(kind: string) => objects.filter((object) => object.kind === kind) as T[];
}

function checkLog({ id, config, node, mode, objects, log = [] }: RecordedCase): Check[] {
  const endpointSlices = ofKinds(objects)<EndpointSlice>("EndpointSlice");
  const ours = startLog({ config: { ...config, mode }, node, endpointSlices, fresh: true });
  return [same(`${id} log`, [...log].sort().join("\n"), [...new Set(ours)].sort().join("\n"))];
}

function viewsOf({ node, config, serviceCIDRs }: RecordedCase, text: string): Views {
  const ofKind = ofKinds(text);
  const services = ofKind<Service>("Service");
  const endpointSlices = ofKind<EndpointSlice>("EndpointSlice");
  return serviceViews({ services, endpointSlices, node: { ...node, nfacct: true }, config, serviceCIDRs });
}

// ------------------------------------------------------------------------------------------------ rules

function checkIptables(recorded: RecordedCase, [before, after]: readonly [Views, Views]): Check[] {
  return FAMILIES.flatMap((family, i) =>
    checkRules(recorded, family, [before[i], after[i]] as [ServiceView, ServiceView])
  );
}

type Rules = ReadonlyMap<string, readonly string[]>;

function checkRules(recorded: RecordedCase, family: 4 | 6, views: readonly [ServiceView, ServiceView]): Check[] {
  const { id, rules, then } = recorded;
  const world = new RuleWorld(family);
  for (const { table, chain, rule } of ensuredJumps()) {
    world.load(`*${table}\n${rule === undefined ? `:${chain} - [0:0]` : `-I ${chain} ${rule}`}\nCOMMIT\n`);
  }
  const checks: Check[] = [];
  let synced: Synced | undefined;
  for (const [i, expected] of [rules, then.rules].entries()) {
    const sync = syncIptables(views[i] as ServiceView, synced, { now: i * LATER });
    synced = sync.synced;
    world.load(sync.text);
    checks.push(...world.compare(`${id}${i === 0 ? "" : " then"}`, expected));
  }
  return checks;
}

/** Tables as restore texts leave them. The rules go through our own reader and printer to come out as iptables-save has them. */
class RuleWorld {
  readonly #tables = new Map<Table, Map<string, string[]>>(TABLES.map((table) => [table, builtins(table)]));

  constructor(readonly family: 4 | 6) {}

  /** What `iptables-restore --noflush` does: a chain that is declared is emptied. */
  load(text: string): void {
    let chains = new Map<string, string[]>();
    for (const line of text.split("\n")) {
      const [word = "", chain = ""] = line.split(" ");
      if (word.startsWith("*")) chains = this.#tables.get(word.slice(1) as Table) as Map<string, string[]>;
      if (word.startsWith(":")) chains.set(word.slice(1), []);
      if (word === "-A") chains.get(chain)?.push(line);
      if (word === "-I") chains.get(chain)?.unshift(line.replace("-I", "-A"));
      if (word === "-X") chains.delete(chain);
    }
  }

  compare(id: string, expected: Readonly<Record<string, string>>): Check[] {
    return TABLES.flatMap((table) => {
      const name = `${this.family === 4 ? "iptables" : "ip6tables"}_${table}`;
      const [theirs, ours] = [readRules(expected[name] ?? ""), readRules(this.#save(table))];
      const chains = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
      return chains.map((chain) => compareLines(`${id} ${name} ${chain}`, theirs.get(chain), ours.get(chain)));
    });
  }

  #save(table: Table): string {
    const chains = this.#tables.get(table) as Map<string, string[]>;
    const head = [...chains.keys()].map((chain) => `:${chain} ${/^[A-Z]+$/.test(chain) ? "ACCEPT" : "-"} [0:0]`);
    const text = [`*${table}`, ...head, ...[...chains.values()].flat(), "COMMIT", ""].join("\n");
    return printIptablesSave(parseIptablesSave(text, "kube-proxy", { family: this.family }));
  }
}

function builtins(table: Table): Map<string, string[]> {
  const hooks = { filter: "INPUT FORWARD OUTPUT", nat: "PREROUTING INPUT OUTPUT POSTROUTING" }[table as string] ??
    "PREROUTING INPUT FORWARD OUTPUT POSTROUTING";
  return new Map(hooks.split(" ").map((hook) => [hook, []]));
}

function readRules(text: string): Rules {
  const chains = new Map<string, string[]>();
  for (const line of text.split("\n").map((line) => line.replace(/ +/g, " "))) {
    const declared = /^:(\S+)/.exec(line)?.[1];
    if (declared !== undefined) chains.set(declared, []);
    const [, chain, rule] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain !== undefined) chains.get(chain)?.push(rule ?? "");
  }
  for (const [chain, rules] of chains) if (SETS.has(chain)) rules.sort();
  return chains;
}

// ------------------------------------------------------------------------------------------------ sysctls, health, conntrack

function checkSysctls({ id, config, sysctls = {} }: RecordedCase, views: Views): Check[] {
  const ours = proxySysctls(views[0], config);
  const names = [...new Set([...Object.keys(sysctls), ...Object.keys(ours)])];
  return names.map((name) => same(`${id} sysctl ${name}`, sysctls[name], ours[name]));
}

function checkHealth(
  id: string,
  health: RecordedHealth | undefined,
  views: readonly [ServiceView, ServiceView],
): Check[] {
  return Object.entries(health ?? {}).flatMap(([port, answers]) =>
    Object.entries(answers).map(([address, answer]) => {
      const view = views[address.includes(":") ? 1 : 0] as ServiceView;
      const listens = view.nodePortAddresses === "all" || view.nodePortAddresses.includes(address);
      const ours = listens ? healthAnswers(view).get(Number(port)) : undefined;
      return same(`${id} ${address}:${port}`, answer, ours ?? { error: "refused" });
    })
  );
}

function checkConntrack({ id, then }: RecordedCase, old: Views, views: Views): Check[] {
  const { before, deleted } = then.conntrack ?? { before: [], deleted: [] };
  return before.map((text) => {
    const flow = readFlow(text);
    const i = flow.family === 4 ? 0 : 1;
    const goes = flowsDue(old[i], views[i]) && staleFlows(views[i])(flow);
    return same(`${id} conntrack ${text}`, deleted.includes(text), goes);
  });
}

/** `udp 192.0.2.77:20002 > 10.96.0.10:53 reply 10.244.1.7:53 > 192.0.2.77:20002` */
function readFlow(text: string): Flow {
  const [proto = "", from = "", , to = "", , backend = "", , back = ""] = text.split(" ");
  const side = (source: string, target: string) => {
    const [src, sport] = endOf(source);
    const [dst, dport] = endOf(target);
    return { src, sport, dst, dport, packets: 1, bytes: 1 };
  };
  return {
    id: 1,
    family: from.startsWith("[") ? 6 : 4,
    proto: { tcp: 6, udp: 17, sctp: 132 }[proto] ?? 0,
    timeout: 100,
    original: side(from, to),
    reply: side(backend, back),
    mark: 0,
    zone: 0,
    replied: true,
    assured: false,
    confirmed: true,
    snat: false,
    dnat: true,
  };
}

function endOf(text: string): [string, number] {
  const colon = text.lastIndexOf(":");
  return [text.slice(0, colon).replace(/[[\]]/g, ""), Number(text.slice(colon + 1))];
}
