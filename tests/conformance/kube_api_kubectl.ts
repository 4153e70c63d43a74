/** The part of the suite in which our kubectl types the recorded commands. */
import { requireCidr, VirtualClock } from "../../core/base/mod.ts";
import { type ApiServer, ControllerManager, CONTROLLERS, Store } from "../../core/kube/mod.ts";
import { kubectl, type KubectlHost } from "../../core/kubectl/mod.ts";
import { loadState, recordedServer } from "./kube_api_server.ts";
import type { Case, RecordedCommand, Recording, Scene } from "./kube_api_types.ts";
import { glob } from "./match.ts";

/** Left out, and why: by the words a command begins with. */
export const LEFT_OUT: readonly [words: string, reason: string][] = [
  ["exec", "the recording's proxy passed no upgrades on"],
  ["port-forward", "the recording's proxy passed no upgrades on"],
  ["attach", "the recording's proxy passed no upgrades on"],
  ["cp", "the recording's proxy passed no upgrades on"],
];

/** Controllers that ran beside the recorded server: no scheduler, no kubelets. */
export const RAN = [
  "namespace-controller",
  "deployment-controller",
  "replicaset-controller",
  "statefulset-controller",
  "daemonset-controller",
  "endpointslice-controller",
  "endpoints-controller",
  "endpointslice-mirroring-controller",
  "garbage-collector-controller",
];

/** Every recorded command, in order, against the recorded state. */
export async function kubectlCases({ scene }: Recording): Promise<Case[]> {
  if (scene === undefined) return [];
  const [first] = scene.kubectl;
  const clock = new VirtualClock(first?.now ?? 0);
  const server = recordedServer(new Store(), "normal", clock);
  loadState(server, scene.state);
  const controllers = RAN.map((name) => CONTROLLERS[name]).filter((one) => one !== undefined);
  const manager = new ControllerManager(server, { podCIDRs: [requireCidr("10.244.0.0/16")] }, controllers);
  const cases: Case[] = [];
  for (const command of scene.kubectl) {
    if (clock.now() < command.now) clock.advance(command.now);
    const reason = LEFT_OUT.find(([words]) => command.args.join(" ").startsWith(words))?.[1];
    if (reason !== undefined) {
      console.log(`left out: kubectl ${command.args.join(" ")} (${reason})`);
      continue;
    }
    cases.push({ id: command.id, problem: await play(server, scene, command) });
    manager.settle();
  }
  return cases;
}

const LONGEST_WAIT = 5000;

function hostFor(server: ApiServer, scene: Scene): KubectlHost {
  const clock = server.clock as VirtualClock;
  const end = clock.now() + LONGEST_WAIT;
  return {
    api: server,
    namespace: scene.namespace,
    server: "http://127.0.0.1:18001",
    files: { read: () => undefined, list: () => undefined, write: () => undefined },
    clock: {
      now: () => clock.now(),
      sleep(milliseconds) {
        clock.advance(clock.now() + milliseconds);
        return Promise.resolve(clock.now() < end);
      },
    },
    pods: {
      exec: () => Promise.resolve({ stdout: "", stderr: "", exit: 0 }),
      logs({ namespace, pod, container }, { tail, sinceSeconds, timestamps }) {
        const query = [
          ...(sinceSeconds === undefined ? [] : [`sinceSeconds=${sinceSeconds}`]),
          ...(tail === undefined ? [] : [`tailLines=${tail}`]),
          ...(timestamps ? ["timestamps=true"] : []),
        ].join("&");
        const path = `/containerLogs/${namespace}/${pod}/${container}`;
        return Promise.resolve(`asked the kubelet: ${path}${query === "" ? "" : `?${query}`}\n`);
      },
    },
  };
}

async function play(server: ApiServer, scene: Scene, command: RecordedCommand): Promise<string | undefined> {
  try {
    const { stdout, stderr, exit } = await kubectl(command.args, command.stdin ?? "", hostFor(server, scene));
    if (exit !== command.exit) return `exit ${exit}, expected ${command.exit}\n${stdout}${stderr}`;
    return textDifference("stdout", command.stdout, stdout) ?? textDifference("stderr", command.stderr, stderr);
  } catch (error) {
    return `${command.args.join(" ")}: ${(error as Error).stack}`;
  }
}

function textDifference(what: string, expected: string, actual: string): string | undefined {
  if (expected === actual || glob(expected).test(actual) || glob(masked(expected)).test(masked(actual))) {
    return undefined;
  }
  const [left, right] = [expected.split("\n"), actual.split("\n")];
  const shift = widthShift(left, right);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    if (sameLine(left[index] ?? "", right[index] ?? "", shift)) continue;
    return `${what} line ${index + 1}\n    expected ${JSON.stringify(left[index])}\n    got      ${
      JSON.stringify(right[index])
    }`;
  }
  return undefined;
}

/** Times of day in diffs are not compared. */
function masked(text: string): string {
  return text.replace(/^((?:---|\+\+\+) .*)\t.*$/gm, "$1").replace(/\/?(?:tmp\/)?(LIVE|MERGED)-[*\d]+/g, "$1");
}

const AGE = /^(\d+)s$/;

/** Whether some age has one digit more or less, which moves columns. */
function widthShift(left: readonly string[], right: readonly string[]): boolean {
  return left.some((line, index) => line.length !== (right[index] ?? "").length);
}

/** A second's difference in ages is rounding. */
function sameLine(left: string, right: string, shift: boolean): boolean {
  if (left === right || glob(left).test(right)) return true;
  const [a, b] = [left, right].map((line) => line.split(/(\s+)/)) as [string[], string[]];
  if (a.length !== b.length) return false;
  return a.every((word, index) => {
    const other = b[index] as string;
    if (word === other) return true;
    if (/^\s+$/.test(word)) return shift && /^\s+$/.test(other);
    const [x, y] = [AGE.exec(word)?.[1], AGE.exec(other)?.[1]];
    return x !== undefined && y !== undefined && Math.abs(Number(x) - Number(y)) <= 1;
  });
}
