import type { Ns } from "../../../wasm/mod.ts";
import { addNamespace, type Namespace, namespaceOf, removeNamespace } from "../namespace.ts";
import { Entry } from "./entry.ts";
import { Exit, invalid, notModelled, unknownCommand, usage } from "./exit.ts";
import { forgetNsid, knownNsid, nsidOf, setNsid } from "./nsid.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, parseUnsigned, type Words } from "./words.ts";

const VERBS = [
  "list",
  "show",
  "lst",
  "list-id",
  "add",
  "set",
  "delete",
  "identify",
  "pids",
  "exec",
  "monitor",
  "attach",
] as const;

/** `ip netns`. */
export const ipNetns: IpObject = async (tool, words) => {
  const word = words.take() ?? "list";
  switch (word === "help" ? word : abbreviated(word, VERBS)) {
    case "list":
    case "show":
    case "lst":
      return netnsList(tool);
    case "list-id":
      return netnsListIds(tool, words);
    case "add":
      return netnsAdd(tool, words);
    case "delete":
      return netnsDelete(tool, words);
    case "exec":
      return await netnsExec(tool, words);
    case "identify":
      return netnsIdentify(tool, words);
    case "pids":
      return netnsPids(tool, words);
    case "set":
      return netnsSet(tool, words);
    case "help":
      throw usage(IP_USAGE["netns"]);
    case "attach":
      return netnsAttach(tool, words);
    case "monitor":
      throw notModelled("ip: netns monitor");
    default:
      throw unknownCommand(word, "ip netns");
  }
};

/** Newest first, as the folder of a tmpfs is read. */
function named(tool: IpTool): [string, Namespace][] {
  return [...tool.machine.namespaces].reverse();
}

function netnsList(tool: IpTool): number {
  tool.report(
    named(tool).map(([name, namespace]) => {
      const id = knownNsid(tool.namespace, namespace.id);
      const entry = new Entry().put("name", name, name);
      return (id === undefined ? entry : entry.put("id", id, ` (id: ${id})`)).say("\n");
    }),
  );
  return 0;
}

/** `target-nsid N` asks what that namespace calls others, and what they are called here. */
function netnsListIds(tool: IpTool, words: Words): number {
  const asked: { target?: number; nsid?: number } = {};
  while (words.more) {
    const word = words.next();
    const key = word === "target-nsid" ? "target" : word === "nsid" ? "nsid" : undefined;
    if (key === undefined) throw usage(IP_USAGE["netns"]);
    const number = words.next();
    asked[key] = parseUnsigned(number);
    if (asked[key] === undefined) throw invalid(number, `"${word}" value is invalid\n`);
  }
  if (asked.target !== undefined) return listTargetIds(tool, asked.target);
  const all = [["", tool.machine.ns] as const, ...tool.machine.namespaces];
  const known = all.flatMap(([name, namespace]) => {
    const id = knownNsid(tool.namespace, namespace.id);
    return id === undefined ? [] : [[id, name] as const];
  });
  known.sort(([a], [b]) => a - b);
  tool.report(
    known.filter(([id]) => asked.nsid === undefined || id === asked.nsid).map(([id, name]) => {
      const entry = new Entry().put("nsid", id, `nsid ${id} `);
      return (name === "" ? entry : entry.put("name", name, `(iproute2 netns name: ${name})`)).say("\n");
    }),
  );
  return 0;
}

function listTargetIds(tool: IpTool, target: number): number {
  const all = [["", tool.machine.ns] as const, ...tool.machine.namespaces];
  const [, there] = all.find(([, namespace]) => knownNsid(tool.namespace, namespace.id) === target) ?? [];
  if (there === undefined) throw new Exit(2, "RTNETLINK answers: Invalid argument\n");
  const known = all.flatMap(([, { id }]) => {
    const nsid = knownNsid(there, id);
    return nsid === undefined ? [] : [[nsid, knownNsid(tool.namespace, id)] as const];
  });
  known.sort(([a], [b]) => a - b);
  tool.report(known.map(([nsid, here]) => {
    const entry = new Entry().put("nsid", nsid, `nsid ${nsid} `);
    return (here === undefined ? entry : entry.put("current-nsid", here, `current-nsid ${here} `)).say("\n");
  }));
  return 0;
}

function validName(name: string | undefined): string {
  if (name === undefined) throw new Exit(1, "No netns name specified\n");
  if (name === "" || name.includes("/") || name === "." || name === "..") {
    throw new Exit(255, `Invalid netns name "${name}"\n`);
  }
  return name;
}

function netnsAdd(tool: IpTool, words: Words): number {
  const name = validName(words.take());
  if (tool.machine.namespaces.has(name)) {
    throw new Exit(1, `Cannot create namespace file "/run/netns/${name}": File exists\n`);
  }
  tool.machine.namespaces.set(name, addNamespace(tool.plane));
  return 0;
}

function netnsDelete(tool: IpTool, words: Words): number {
  if (!words.more && tool.options.all) {
    for (const [name] of named(tool)) deleteOne(tool, name);
    return 0;
  }
  deleteOne(tool, validName(words.take()));
  return 0;
}

function deleteOne(tool: IpTool, name: string): void {
  const namespace = tool.machine.namespaces.get(name);
  if (namespace === undefined) {
    throw new Exit(1, `Cannot remove namespace file "/run/netns/${name}": No such file or directory\n`);
  }
  tool.machine.namespaces.delete(name);
  forgetNsid(tool.machine, namespace.id);
  const used = tool.machine.processes.some((process) => process.ns === namespace.id) ||
    namespace === tool.machine.ns || [...tool.machine.namespaces.values()].includes(namespace);
  if (!used) removeNamespace(namespace);
}

/** `ip netns attach NAME PID`: a name for the namespace of a process. */
function netnsAttach(tool: IpTool, words: Words): number {
  const [name, pid] = words.rest();
  if (name === undefined || pid === undefined) throw new Exit(1, "No netns name and PID specified\n");
  if (!/^\d+$/.test(pid)) throw new Exit(1, `Invalid PID: ${pid}\n`);
  if (tool.machine.namespaces.has(validName(name))) {
    throw new Exit(1, `Cannot create namespace file "/run/netns/${name}": File exists\n`);
  }
  const home = homeOf(tool, pid);
  if (home === undefined) {
    throw new Exit(1, `Bind /proc/${pid}/ns/net -> /run/netns/${name} failed: No such file or directory\n`);
  }
  tool.machine.namespaces.set(name, namespaceOf(tool.plane, home));
  return 0;
}

/** The namespace of a process; the first is the machine itself. */
function homeOf(tool: IpTool, pid: string): Ns | undefined {
  const process = tool.machine.processes.find((one) => String(one.pid) === pid);
  return process?.ns ?? (pid === "1" ? tool.machine.ns.id : undefined);
}

async function netnsExec(tool: IpTool, words: Words): Promise<number> {
  if (tool.options.all) return await execInAll(tool, words.rest());
  const name = words.take();
  if (name === undefined) throw new Exit(1, "No netns name specified\n");
  if (!words.more) throw new Exit(1, "No command specified\n");
  const namespace = tool.machine.namespaces.get(name);
  if (namespace === undefined) {
    throw new Exit(255, `Cannot open network namespace "${name}": No such file or directory\n`);
  }
  return await execIn(tool, namespace, words.rest());
}

async function execIn(tool: IpTool, namespace: Namespace, argv: readonly string[]): Promise<number> {
  const command = argv[0] ?? "";
  if (!tool.machine.knows(command) && tool.process.files.read(command) === undefined) {
    throw new Exit(1, `exec of "${command}" failed: No such file or directory\n`);
  }
  return await tool.process.exec(argv, { ns: namespace.id });
}

async function execInAll(tool: IpTool, argv: readonly string[]): Promise<number> {
  let status = 0;
  for (const [name, namespace] of named(tool)) {
    tool.process.out(`\nnetns: ${name}\n`);
    status = await execIn(tool, namespace, argv) || status;
  }
  return status;
}

function netnsIdentify(tool: IpTool, words: Words): number {
  const pid = words.take();
  if (words.more) throw new Exit(1, "extra arguments specified\n");
  if (pid !== undefined && !/^\d+$/.test(pid)) throw new Exit(1, `Specified string '${pid}' is not a pid\n`);
  const home = pid === undefined ? tool.process.ns : homeOf(tool, pid);
  if (home === undefined) throw new Exit(1, "Cannot open network namespace: No such file or directory\n");
  const name = [...tool.machine.namespaces].find(([, namespace]) => namespace.id === home)?.[0] ?? "";
  tool.process.out(`${name}\n`);
  return 0;
}

function netnsPids(tool: IpTool, words: Words): number {
  const name = validName(words.take());
  if (words.more) throw new Exit(1, "extra arguments specified\n");
  const namespace = tool.machine.namespaces.get(name);
  if (namespace === undefined) throw new Exit(1, `Cannot open network namespace: No such file or directory\n`);
  for (const process of tool.machine.processes) if (process.ns === namespace.id) tool.process.out(`${process.pid}\n`);
  return 0;
}

function netnsSet(tool: IpTool, words: Words): number {
  const name = validName(words.take());
  const word = words.take();
  if (word === undefined) throw new Exit(1, "No nsid specified\n");
  const id = word === "auto" ? undefined : parseUnsigned(word);
  if (word !== "auto" && id === undefined) throw invalid(word, `Invalid "netnsid" value`);
  const namespace = tool.machine.namespaces.get(name);
  if (namespace === undefined) {
    throw new Exit(1, `Cannot open network namespace "${name}": No such file or directory\n`);
  }
  if (id === undefined) nsidOf(tool.namespace, namespace.id);
  else if (!setNsid(tool.namespace, namespace.id, id)) {
    const known = knownNsid(tool.namespace, namespace.id) !== undefined;
    throw new Exit(
      2,
      `Error: ${known ? "Peer netns already has a nsid assigned" : "The specified nsid is already used"}.\n`,
    );
  }
  return 0;
}
