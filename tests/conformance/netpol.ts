/**
 * Suite `netpol`: cyclonus' cases of NetworkPolicy (restated, with truth tables by Kubernetes' own semantics), judged by the
 * PolicyView and, on a cluster with Calico, by packets. A pod's talk with itself is left out: no policy is asked about it.
 */
import { decide, type PolicyProtocol, policyView } from "../../core/node/mod.ts";
import type { Namespace, NetworkPolicy, Pod } from "../../core/kube/mod.ts";
import { after, type NetpolFile, type Objects, ofKind, startingObjects } from "./netpol_cluster.ts";
import { PolicyPlane } from "./netpol_plane.ts";

const SHOWN = 10;

/** One probe of a step: who, to whom, by what; whether it was denied. */
export interface Probe {
  readonly from: Pod;
  readonly to: Pod;
  readonly protocol: PolicyProtocol;
  readonly port: number;
}

/** Judges every probe of a state: true where it gets through. */
export interface Judge {
  readonly name: string;
  settle(objects: Objects): Promise<void>;
  allows(probe: Probe): Promise<boolean>;
}

/** Plays every case; `--only TEXT`: cases with it in their description or tags; `--view`: without packets. */
export async function netpol(args: readonly string[], say: (line: string) => void): Promise<number> {
  const [path, ...options] = args;
  if (path === undefined || path.startsWith("--")) {
    say("usage: deno task conformance netpol FILE [--only TEXT] [--view]");
    return 2;
  }
  const only = options.includes("--only") ? options[options.indexOf("--only") + 1] ?? "" : "";
  const file = JSON.parse(Deno.readTextFileSync(path)) as NetpolFile;
  const judges = [new ViewJudge(), ...options.includes("--view") ? [] : [await PolicyPlane.open(file)]];
  let failed = 0;
  for (const judge of judges) failed += await play(file, judge, { only, say });
  return failed === 0 ? 0 : 1;
}

interface Telling {
  readonly only: string;
  say(line: string): void;
}

async function play(file: NetpolFile, judge: Judge, { only, say }: Telling): Promise<number> {
  let [passed, failed, shown, steps] = [0, 0, 0, 0];
  for (const { description, tags, steps: list } of file.cases) {
    if (![description, ...tags].some((text) => text.includes(only))) continue;
    let objects = startingObjects(file);
    for (const { actions, blocked } of list) {
      objects = actions.reduce(after, objects);
      await judge.settle(objects);
      const wrong = await judgeStep(judge, objects, blocked);
      steps++;
      passed += wrong.probes - wrong.wrong.length;
      failed += wrong.wrong.length;
      if (wrong.wrong.length > 0 && shown++ < SHOWN) {
        say(`${judge.name}: ${description}\n  ${wrong.wrong.slice(0, 6).join("\n  ")}`);
      }
    }
  }
  say(`${judge.name}: ${passed} passed, ${failed} failed (${steps} steps)`);
  return failed;
}

async function judgeStep(judge: Judge, objects: Objects, blocked: Readonly<Record<string, readonly string[]>>) {
  const pods = ofKind<Pod>(objects, "Pod");
  const wrong: string[] = [];
  let probes = 0;
  for (const [what, pairs] of Object.entries(blocked)) {
    const [protocol, port] = what.split("/") as [PolicyProtocol, string];
    const denied = new Set(pairs);
    for (const [from, to] of pods.flatMap((from) => pods.map((to) => [from, to] as const))) {
      if (from === to) continue;
      const pair = `${key(from)}>${key(to)}`;
      const allowed = await judge.allows({ from, to, protocol, port: Number(port) });
      probes++;
      if (allowed === denied.has(pair)) wrong.push(`${what} ${pair}: ${allowed ? "allowed" : "denied"}`);
    }
  }
  return { probes, wrong };
}

const key = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/** The PolicyView's own judgement. */
class ViewJudge implements Judge {
  readonly name = "view";
  #view = policyView({ policies: [], namespaces: [], pods: [] });

  settle(objects: Objects): Promise<void> {
    this.#view = policyView({
      policies: ofKind<NetworkPolicy>(objects, "NetworkPolicy"),
      namespaces: ofKind<Namespace>(objects, "Namespace"),
      pods: ofKind<Pod>(objects, "Pod"),
    });
    return Promise.resolve();
  }

  allows({ from, to, protocol, port }: Probe): Promise<boolean> {
    const party = (pod: Pod) => ({
      address: pod.status.podIP ?? "",
      pod: this.#view.pods.find(({ namespace, name }) => `${namespace}/${name}` === key(pod)),
    });
    return Promise.resolve(decide(this.#view, { from: party(from), to: party(to), protocol, port }).allowed);
  }
}
