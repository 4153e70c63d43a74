/** What all files together ask for: one lab specification and the objects to apply, checked before anything is built. */
import { nthIp, printIp, requireCidr, TextError } from "../base/mod.ts";
import { type Draft, type Located, parseManifest } from "../kube/mod.ts";
import { parseIptablesSave } from "../linux/mod.ts";
import { checkCorefile } from "./corefile_check.ts";
import { kindOf, type LabFile } from "./files.ts";
import type { LabOptions } from "./lab.ts";
import { type Blame, DEFAULT_MACHINE, DEFAULT_SWITCH } from "./machines.ts";
import { type LabSpec, LabSpecSchema, type NodeSpec } from "./spec.ts";

/** Where a text begins: file and line of an object. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Everything the files say. */
export interface Intent {
  readonly spec: Omit<LabSpec, "nodes" | "podCIDR"> & { readonly nodes: readonly NodeSpec[]; readonly podCIDR: string };
  /** Where the Lab object stands, if there is one. */
  readonly lab: Place | undefined;
  readonly objects: readonly Located<Draft>[];
  readonly files: readonly LabFile[];
  /** How many pods the objects ask for. */
  readonly pods: number;
  /** Makes the error for a mistake that only building shows. */
  readonly blame: Blame;
}

const DEFAULT_NODES = 3;
/** Each node gets a /24 of it: enough for 256 nodes, or for 16,384 where there are more. */
const [POD_CIDR, LARGE_POD_CIDR] = ["10.244.0.0/16", "10.192.0.0/10"];

/** Reads and checks every file; throws a TextError at the first mistake. */
export function readIntent(files: readonly LabFile[], options: LabOptions): Intent {
  const manifests = files.filter((file) => kindOf(file) === "manifest").map(({ text, name }) =>
    parseManifest(text, name)
  );
  for (const file of files) check(file);
  const objects = [
    ...manifests.flatMap(({ objects }) => objects),
    ...files.filter((file) => kindOf(file) === "corefile").map(corefileMap),
  ];
  const [lab, second] = manifests.flatMap(({ labs }) => labs);
  if (second !== undefined) {
    throw new TextError(second.file, second.line, second.column, "a second Lab", "one Lab object in all files");
  }
  const blame = blamer(lab);
  const written = readSpec(lab, options, blame);
  const nodes = nodeList(written, objects.length > 0, blame);
  const podCIDR = written.podCIDR ?? (nodes.length > 256 ? LARGE_POD_CIDR : POD_CIDR);
  const spec = { ...written, ...withMachines(written, objects.length > 0), nodes, podCIDR };
  return { spec, lab, objects, files, pods: podCount(objects, spec.nodes.length), blame };
}

/** Corefiles and dumps are checked here, so that nothing is built from a world with a wrong one. */
function check(file: LabFile): void {
  const kind = kindOf(file);
  if (kind === "corefile") checkCorefile(file.text, file.name);
  if (kind === "iptables") parseIptablesSave(file.text, file.name);
}

/** A Corefile by itself stands for the ConfigMap that holds it. */
function corefileMap({ name, text }: LabFile): Located<Draft> {
  const value = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "coredns", namespace: "kube-system" },
    data: { Corefile: text },
  };
  return { value, file: name, line: 1, column: 1, at: () => ({ line: 1, column: 1 }) };
}

function readSpec(lab: Located<Draft> | undefined, options: LabOptions, blame: Blame): LabSpec {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...fields } = (lab?.value ?? {}) as Record<
    string,
    unknown
  >;
  const { nodes, network, proxy, seed } = options;
  const given = Object.fromEntries(
    Object.entries({ nodes, network, proxy, seed }).filter(([, value]) => value !== undefined),
  );
  const read = LabSpecSchema.safeParse({ ...fields, ...given });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw issue === undefined ? read.error : blameIssue(issue, blame);
}

type Issue = NonNullable<ReturnType<typeof LabSpecSchema.safeParse>["error"]>["issues"][number];

/** The deepest issue of a failed union, its path from the top. */
function blameIssue(issue: Issue, blame: Blame): TextError {
  if (issue.code === "invalid_union") {
    const deepest = issue.errors.flat().filter(({ code }) => code !== "invalid_type").at(-1) ??
      issue.errors.flat().at(-1);
    if (deepest !== undefined) {
      return blameIssue({ ...deepest, path: [...issue.path, ...deepest.path] } as Issue, blame);
    }
  }
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys") {
    return blame(
      [...path, issue.keys[0] as string],
      `unknown field ${JSON.stringify(issue.keys[0])}`,
      "a field of the Lab object",
    );
  }
  const [problem, expected] = issue.message.includes("expected ")
    ? split(issue.message)
    : [issue.message, "another value"];
  return blame(path, `${path.join(".")}: ${problem}`, expected);
}

function split(message: string): [string, string] {
  const at = message.indexOf("expected ");
  return [
    message.slice(0, at).replace(/[:,]\s*$/, "") || "not what it must be",
    message.slice(at + "expected ".length),
  ];
}

function blamer(lab: Located<Draft> | undefined): Blame {
  return (path, problem, expected) => {
    if (lab === undefined) return new TextError("lab", 1, 1, problem, expected);
    const { line, column } = lab.at(path, problem.startsWith("unknown field") ? "name" : "value");
    return new TextError(lab.file, line, column, problem, expected);
  };
}

/** A lab without nodes, machines and objects is the default machine. */
function withMachines(spec: LabSpec, objects: boolean): Pick<LabSpec, "machines" | "links" | "switches"> {
  const { machines, links, switches, nodes } = spec;
  if (objects || machines.length > 0 || nodes !== undefined) return { machines, links, switches };
  return {
    machines: [DEFAULT_MACHINE],
    links: [{ from: DEFAULT_MACHINE.name, to: DEFAULT_SWITCH }],
    switches: [{ name: DEFAULT_SWITCH }],
  };
}

/** The nodes by name and address: 3 of them, but none where the file has machines and no Kubernetes object. */
function nodeList(spec: LabSpec, objects: boolean, blame: Blame): NodeSpec[] {
  const wanted = spec.nodes ?? (objects ? DEFAULT_NODES : 0);
  const list = typeof wanted === "number"
    ? Array.from({ length: wanted }, (_, i) => ({ name: `node-${i + 1}` }))
    : wanted;
  const seen = new Set<string>();
  return list.map((node, i) => {
    if (seen.has(node.name)) throw blame(["nodes", i, "name"], `a second node ${node.name}`, "a name of its own");
    seen.add(node.name);
    return { address: nodeAddress(spec.nodeCIDR, i), ...node };
  });
}

/** A node's address of each family that `nodeCIDR` has. */
export function nodeAddresses(cidrs: string, index: number): string[] {
  return cidrs.split(",").map((cidr) => printIp(nthIp(requireCidr(cidr), index + 2)));
}

/** Nodes begin at .2: .1 is the router. */
function nodeAddress(cidr: string, index: number): string {
  return nodeAddresses(cidr, index)[0] as string;
}

/** How many pods the workloads among the objects ask for. */
function podCount(objects: readonly Located<Draft>[], nodes: number): number {
  return objects.reduce((sum, { value }) => sum + podsOf(value as Draft & { spec?: { replicas?: number } }, nodes), 0);
}

function podsOf({ kind, spec }: Draft & { readonly spec?: { readonly replicas?: number } }, nodes: number): number {
  if (kind === "Pod" || kind === "Job") return 1;
  if (kind === "DaemonSet") return nodes;
  return ["Deployment", "ReplicaSet", "StatefulSet"].includes(kind) ? spec?.replicas ?? 1 : 0;
}
