/** `kubectl top`: what nodes and pods use, by metrics.k8s.io. */
import { type KubeObject, nanoOf } from "../../kube/mod.ts";
import { CommandError } from "../errors.ts";
import { flags } from "../flags.ts";
import { alignTabs, TABLE_TABS } from "../print/tabs.ts";
import type { Session } from "../session.ts";
import type { Verb, VerbGroup } from "./verb.ts";

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

interface Measured extends KubeObject {
  readonly usage?: Usage;
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

interface Sum {
  readonly cpu: number;
  readonly memory: number;
}

const BASE = "/apis/metrics.k8s.io/v1beta1";
const COMMON = "selector/l= no-headers sort-by= use-protocol-buffers show-swap";

const topNode: Verb = {
  flags: flags(`${COMMON} show-capacity`),
  run(session) {
    const [name] = session.flags.args;
    const measured = read(session, `${BASE}/nodes`, name);
    const nodes = session.client.list<KubeObject>(`/api/v1/nodes${session.selectorQuery()}`);
    const which = session.flags.is("show-capacity") ? "capacity" : "allocatable";
    const rows = ordered(session, measured.map((one) => ({ one, sum: sumOf([one.usage as Usage]) }))).map(
      ({ one, sum }) => {
        const node = nodes.find(({ metadata }) => metadata.name === one.metadata.name);
        const has = (node as { status?: Record<string, Usage | undefined> } | undefined)?.status?.[which];
        const share = (used: number, of: string | undefined, scale: number) =>
          of === undefined ? "<unknown>" : `${Math.trunc(100 * used / (Number(nanoOf(of)) / scale))}%`;
        const { cpu, memory } = sum;
        return [
          one.metadata.name,
          milli(cpu),
          share(cpu, has?.cpu, 1e6),
          mebi(memory),
          share(memory, has?.memory, 1e9),
        ];
      },
    );
    print(session, ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"], rows);
    return 0;
  },
};

const topPod: Verb = {
  flags: flags(`${COMMON} all-namespaces/A containers field-selector= sum`),
  run(session) {
    const { flags } = session;
    const [name] = flags.args;
    const all = flags.is("all-namespaces");
    const measured = read(session, all ? `${BASE}/pods` : `${BASE}/namespaces/${session.namespace}/pods`, name);
    if (measured.length === 0) {
      const where = all ? "" : ` in ${session.namespace} namespace`;
      session.complain(`No resources found${where}${where === "" ? "" : "."}`);
      return 0;
    }
    const pods = measured.map((one) => ({ one, sum: sumOf((one.containers ?? []).map(({ usage }) => usage)) }));
    const sorted = ordered(session, pods);
    const space = ({ metadata }: KubeObject) => all ? [metadata.namespace ?? ""] : [];
    const rows = flags.is("containers")
      ? sorted.flatMap(({ one }) =>
        (one.containers ?? []).map(({ name, usage }) => {
          const { cpu, memory } = sumOf([usage]);
          return [...space(one), one.metadata.name, name, milli(cpu), mebi(memory)];
        })
      )
      : sorted.map(({ one, sum }) => [...space(one), one.metadata.name, milli(sum.cpu), mebi(sum.memory)]);
    const names = [...(all ? ["NAMESPACE"] : []), ...(flags.is("containers") ? ["POD", "NAME"] : ["NAME"])];
    const head = [...names, "CPU(cores)", "MEMORY(bytes)"];
    print(session, head, flags.is("sum") ? [...rows, ...sumRows(pods.map(({ sum }) => sum), names.length)] : rows);
    return 0;
  },
};

/** `kubectl top node|pod`. */
export const top: VerbGroup = {
  verbs: { node: topNode, nodes: topNode, no: topNode, pod: topPod, pods: topPod, po: topPod },
};

function read(session: Session, path: string, name: string | undefined): Measured[] {
  if (!session.resources.all().some(({ group }) => group === "metrics.k8s.io")) {
    throw new CommandError("error: Metrics API not available");
  }
  if (name !== undefined) return [session.client.get(`${path}/${name}`) as Measured];
  return session.client.list<Measured>(path + session.selectorQuery());
}

function sumOf(usages: readonly Usage[]): Sum {
  const total = (of: "cpu" | "memory") => usages.reduce((sum, usage) => sum + Number(nanoOf(usage[of])), 0);
  return { cpu: total("cpu") / 1e6, memory: total("memory") / 1e9 };
}

function ordered<T extends { readonly one: Measured; readonly sum: Sum }>(session: Session, rows: readonly T[]): T[] {
  const by = session.flags.value("sort-by") ?? "";
  if (by !== "" && by !== "cpu" && by !== "memory") {
    throw new CommandError("error: --sort-by accepts only cpu or memory");
  }
  const key = ({ metadata }: KubeObject) => `${metadata.namespace ?? ""}/${metadata.name}`;
  if (by !== "") return rows.toSorted((a, b) => b.sum[by] - a.sum[by]);
  return rows.toSorted((a, b) => (key(a.one) < key(b.one) ? -1 : 1));
}

function milli(cpu: number): string {
  return `${Math.ceil(cpu)}m`;
}

function mebi(memory: number): string {
  return `${Math.trunc(memory / 2 ** 20)}Mi`;
}

function sumRows(sums: readonly Sum[], names: number): string[][] {
  const cpu = sums.reduce((sum, one) => sum + one.cpu, 0);
  const memory = sums.reduce((sum, one) => sum + one.memory, 0);
  const empty = Array.from({ length: names }, () => "");
  return [[...empty, "________", "________"], [...empty, milli(cpu), mebi(memory)]];
}

function print(session: Session, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = session.flags.is("no-headers") ? rows : [head, ...rows];
  session.write(alignTabs(all.map((row) => row.map((cell) => `${cell}\t`).join("") + "\n").join(""), TABLE_TABS));
}
