/** Flows of kube-proxy's own tests, sent as packets through a node on which kube-proxy runs in the mode asked for. */
import type { ProxyConfig } from "../../core/node/mod.ts";
import type { TraceRecord } from "../../wasm/mod.ts";
import { deviation, type FlowEnd } from "./kube_proxy_deviations.ts";
import { FlowNode, type Left } from "./kube_proxy_node.ts";
import type { FlowCase, FlowFile, FlowGroup } from "./kube_proxy_flow_file.ts";
import { type Check, same } from "./kube_proxy_recording.ts";

/** Packets sent per flow, each from a port of its own: enough to see every endpoint. */
const TRIES = 48;
/** The same where they take turns. */
const TURNS = 8;

/** The packet is where it was going, or an answer to it begins its way. */
const ENDS: ReadonlySet<string> = new Set(["delivered", "refused", "sent"]);

/** The mode kube-proxy runs in. */
export type ProxyMode = NonNullable<ProxyConfig["mode"]>;

/** Sends every flow of a file in one mode. */
export async function checkFlows(file: FlowFile, mode: ProxyMode): Promise<Check[]> {
  const checks: Check[] = [];
  for (const group of file.flows) checks.push(...await checkGroup(group, mode));
  return checks;
}

async function checkGroup(group: FlowGroup, mode: ProxyMode): Promise<Check[]> {
  const node = await FlowNode.of(group, configOf(group, mode));
  let sport = 20_000;
  const checks: Check[] = [];
  for (const flow of group.cases) {
    const id = `${mode} ${group.name}: ${flow.name}`;
    try {
      const ends: FlowEnd[] = [];
      for (let i = 0; i < (mode === "userspace" ? TURNS : TRIES); i++) {
        const { sourceIP: src, destIP: dst, destPort: dport, protocol } = flow;
        const packet = { src, dst, dport, protocol, sport: sport++ };
        ends.push(mode === "userspace" ? leftAs(await node.open(packet), packet) : endOf(node.send(packet), packet));
      }
      checks.push(same(id, expectedOf(flow, { group, mode }), together(ends)));
    } catch (error) {
      checks.push({ id, problem: `  ${error}` });
    }
  }
  return checks;
}

/** What left because of a connection: somebody else was dialled, or the packet itself went on as it was. */
function leftAs([left]: readonly Left[], sent: { readonly src: string; readonly dst: string }): FlowEnd {
  if (left === undefined || left.dst === sent.dst) return { output: "", masq: false };
  const host = left.dst.includes(":") ? `[${left.dst}]` : left.dst;
  return { output: `${host}:${left.dport}`, masq: left.src !== sent.src };
}

function configOf({ config }: FlowGroup, mode: ProxyMode): ProxyConfig {
  const detect = config.detectLocal === undefined ? "10.0.0.0/8" : config.detectLocal;
  const { masqueradeAll = false, localhostNodePorts = true, nodePortAddresses } = config;
  return {
    mode,
    ...(detect === null ? {} : { clusterCIDR: detect }),
    ...(nodePortAddresses ? { nodePortAddresses } : {}),
    iptables: { masqueradeAll, localhostNodePorts },
    nftables: { masqueradeAll },
  };
}

function expectedOf(flow: FlowCase, at: { readonly group: FlowGroup; readonly mode: ProxyMode }): FlowEnd {
  const own = at.mode === "nftables" ? flow.nftables_expected_output : undefined;
  const output = (own ?? flow.expected_output).split(", ").sort().join(", ");
  const masq = flow.expected_masq;
  return deviation({ ...at, flow, end: { output, masq } })?.end ?? { output, masq };
}

/** What one packet came to: it left as something else, was refused, dropped, let in by a rule, or nobody did anything. */
function endOf(records: readonly TraceRecord[], sent: { readonly src: string; readonly dst: string }): FlowEnd {
  const own = records.filter(({ trace }) => trace === records[0]?.trace);
  const stopped = own.find(({ layer, action }) => layer === "hook" && action === "dropped");
  if (stopped !== undefined) {
    const answered = own.some(({ action, layer }) => action === "refused" && layer === "local");
    return { output: answered ? "REJECT" : "DROP", masq: false };
  }
  const arrival = own.findIndex(({ action }, i) => i > 0 && ENDS.has(action));
  const forth = arrival < 0 ? own : own.slice(0, arrival);
  const last = forth.findLast(({ action, layer }) => action === "transmitted" || layer === "nat");
  const { packet } = last ?? {};
  if (packet === undefined || packet.dst === sent.dst) return { output: accepted(forth) ? "ACCEPT" : "", masq: false };
  const host = packet.family === 6 ? `[${packet.dst}]` : packet.dst;
  return { output: `${host}:${packet.dport}`, masq: packet.src !== sent.src };
}

/** Whether a rule of the filter table let it in before anything ended its way: no policy was asked at INPUT. */
function accepted(records: readonly TraceRecord[]): boolean {
  const input = records.filter(({ hook, table }) => hook === "INPUT" && table === "filter");
  return input.length > 0 && !input.some(({ action }) => action === "policy");
}

function together(ends: readonly FlowEnd[]): FlowEnd {
  const outputs = [...new Set(ends.map(({ output }) => output))].sort();
  return { output: outputs.join(", "), masq: ends.every(({ masq }) => masq) };
}
