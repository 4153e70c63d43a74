/** The workstation with kubectl: its way to pods goes through the kubelets, as in a real cluster. */
import { type Container, kubectl as runKubectl, type PodAccess } from "../kubectl/mod.ts";
import { execProblem } from "../container/mod.ts";
import { type Process, type Program, quoteWords, type RunningProcess } from "../linux/mod.ts";
import { PROGRAMS } from "../tools/mod.ts";
import type { Cluster } from "./cluster.ts";
import { logText } from "./pod_log.ts";

/** A workstation's programs: the usual ones and kubectl, also under its short name k. */
export function adminPrograms(cluster: Cluster): ReadonlyMap<string, Program> {
  const kubectl: Program = (process) => run(cluster, process);
  return new Map([...PROGRAMS, ["kubectl", kubectl], ["k", kubectl]]);
}

async function run(cluster: Cluster, process: Process): Promise<number> {
  const [first] = cluster.nodes();
  const address = first?.status.addresses?.[0]?.address ?? "127.0.0.1";
  const { stdout, stderr, exit } = await runKubectl(process.argv.slice(1), process.stdin, {
    api: cluster.control.api,
    files: process.files,
    pods: podAccess(cluster, process),
    clock: process.clock,
    server: `https://${address}:6443`,
    env: process.env,
  });
  process.out(stdout);
  process.err(stderr);
  return exit;
}

function podAccess(cluster: Cluster, process: Process): PodAccess {
  return {
    async exec(target, command, stdin) {
      const machine = machineOf(cluster, target);
      if (machine === undefined) {
        return {
          stdout: "",
          stderr: `error: unable to upgrade connection: container not found ("${target.container}")\n`,
          exit: 1,
        };
      }
      const problem = execProblem(machine, command);
      if (problem !== undefined) {
        return { stdout: "", stderr: `error: Internal error occurred: ${problem}\n`, exit: 127 };
      }
      const { finished } = machine.start(quoteWords(command), { stdin });
      return await (process as RunningProcess).task.join(finished);
    },
    logs(target, options) {
      const text = logText(cluster, target, options);
      return Promise.resolve(text);
    },
  };
}

function machineOf(cluster: Cluster, { namespace, pod, container }: Container) {
  const object = cluster.pod(namespace, pod);
  return object === undefined ? undefined : cluster.containerOf(object, container);
}
