import type { Namespace } from "../namespace.ts";
import { addNamespace, namespaceOf, removeNamespace } from "../namespace.ts";
import { Entry } from "./entry.ts";
import { Exit, invalid, unknownCommand } from "./exit.ts";
import { forgetNsid, knownNsid, nsidOf, setNsid } from "./nsid.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { parseUnsigned, type Words } from "./words.ts";

/** `ip netns`. Verbs are said in full, but for a few short forms. */
export const ipNetns: IpObject = async (tool, words) => {
  const verb = words.take() ?? "list";
  switch (verb) {
    case "list":
    case "show":
    case "lst":
      return netnsList(tool);
    case "list-id":
      return netnsListIds(tool);
    case "add":
      return netnsAdd(tool, words);
    case "delete":
    case "del":
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
      throw new Exit(255, IP_USAGE["netns"] ?? "", true);
    case "attach":
      throw new Exit(
        words.more ? 255 : 1,
        words.more ? "ip: netns attach is not modelled\n" : "No netns name and PID specified\n",
      );
    case "monitor":
      throw new Exit(255, "ip: netns monitor is not modelled\n", true);
    default:
      throw unknownCommand(verb, "ip netns");
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

function netnsListIds(tool: IpTool): number {
  const all = [["", tool.machine.ns] as const, ...tool.machine.namespaces];
  const known = all.flatMap(([name, namespace]) => {
    const id = knownNsid(tool.namespace, namespace.id);
    return id === undefined ? [] : [[id, name] as const];
  });
  known.sort(([a], [b]) => a - b);
  tool.report(known.map(([id, name]) => {
    const entry = new Entry().put("nsid", id, `nsid ${id} `);
    return (name === "" ? entry : entry.put("name", name, `(iproute2 netns name: ${name})`)).say("\n");
  }));
  return 0;
}

function validName(name: string | undefined, missing = "No netns name specified\n"): string {
  if (name === undefined) throw new Exit(1, missing);
  if (name.includes("/") || name === "." || name === "..") throw new Exit(255, `Invalid netns name "${name}"\n`);
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
  const used = tool.machine.processes.some((process) => process.ns === namespace.id);
  if (!used) removeNamespace(namespace);
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
  const process = pid === undefined ? tool.process : tool.machine.processes.find((one) => String(one.pid) === pid);
  if (pid !== undefined && !/^\d+$/.test(pid)) throw new Exit(1, `Specified string '${pid}' is not a pid\n`);
  const home = process?.ns ?? tool.machine.ns.id;
  const name = [...tool.machine.namespaces].find(([, namespace]) => namespace.id === home)?.[0] ?? "";
  if (pid === undefined || name !== "") tool.process.out(`${name}\n`);
  return 0;
}

function netnsPids(tool: IpTool, words: Words): number {
  const name = validName(words.take());
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
  if (word !== "auto" && id === undefined) throw invalid(word, `Invalid "netnsid" value\n`);
  const namespace = tool.machine.namespaces.get(name);
  if (namespace === undefined) throw new Exit(1, "Cannot open network namespace: No such file or directory\n");
  if (id === undefined) nsidOf(tool.namespace, namespace.id);
  else if (!setNsid(namespaceOf(tool.plane, tool.ns), namespace.id, id)) {
    throw new Exit(1, "Error: Peer netns already has a nsid assigned.\n");
  }
  return 0;
}
