/** The workstation with kubectl: its way to pods goes through the kubelets, as in a real cluster. */
import { kubectl as runKubectl } from "../kubectl/mod.ts";
import type { Process, Program } from "../linux/mod.ts";
import { PROGRAMS } from "../tools/mod.ts";
import type { Cluster } from "./cluster.ts";
import { podAccess } from "./pod_access.ts";

/** A workstation's programs: the usual ones and kubectl, also under its short name k. */
export function adminPrograms(cluster: Cluster): ReadonlyMap<string, Program> {
  const kubectl: Program = (process) => run(cluster, process);
  return new Map([...PROGRAMS, ["kubectl", kubectl], ["k", kubectl]]);
}

/** Virtual milliseconds that kubectl takes to start: controllers that were just told something have done it by then. */
const START = 60;

async function run(cluster: Cluster, process: Process): Promise<number> {
  await process.clock.sleep(START);
  const [first] = cluster.nodes();
  const address = first?.status.addresses?.[0]?.address ?? "127.0.0.1";
  const { stdout, stderr, exit } = await runKubectl(process.argv.slice(1), process.stdin, {
    api: cluster.control.api,
    files: process.files,
    pods: podAccess(cluster, process),
    clock: process.clock,
    server: `https://${address}:6443`,
    env: process.env,
    edit: (text) => edit(process, text),
  });
  process.out(stdout);
  process.err(stderr);
  return exit;
}

/** Hands a text to the editor of the environment in a file of its own; what came out, or its exit status. */
async function edit(process: Process, text: string): Promise<string | number> {
  const path = `/tmp/kubectl-edit-${process.pid}.yaml`;
  process.files.write(path, text);
  const editor = process.env["KUBE_EDITOR"] ?? process.env["EDITOR"] ?? "vi";
  const exit = await process.exec(["sh", "-c", `${editor} ${path}`]);
  const edited = process.files.read(path) ?? "";
  process.files.remove(path);
  return exit === 0 ? edited : exit;
}
