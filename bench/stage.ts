/** Client, router, server: three machines in a row in the plane, and the same three in the real kernel (`kernel/stage.sh`). */
import { readIntent } from "../core/lab/intent.ts";
import { buildMachines } from "../core/lab/machines.ts";
import { World } from "../core/lab/world.ts";
import { type Namespace, namespaceOf, netfilterOf, restoreTables } from "../core/linux/mod.ts";
import { defaultHost } from "../mod.ts";
import type { Ns } from "../wasm/mod.ts";
import { buildSender, skipped } from "./native.ts";

/** What `kernel/stage.sh` builds, as a lab. */
const LAB = `apiVersion: podwire.dev/v1
kind: Lab
machines:
- {name: client, addresses: {eth0: [10.1.0.2/24]}, routes: ["default via 10.1.0.1"]}
- name: router
  addresses: {eth0: [10.1.0.1/24], eth1: [10.2.0.1/24]}
  routes: ["10.3.0.0/16 via 10.2.0.2"]
  sysctls: {net.ipv4.ip_forward: 1}
- {name: server, addresses: {eth0: [10.2.0.2/24]}, routes: ["default via 10.2.0.1", "local 10.3.0.0/16 dev lo"]}
links:
- [client, "router:eth0"]
- ["router:eth1", server]
`;

/** The client's address. */
export const CLIENT = 0x0a010002;
/** The server's address. */
export const SERVER = 0x0a020002;
/** Where the server listens (UDP). */
export const PORT = 8080;

/** The three in the plane. */
export interface Stage {
  readonly world: World;
  readonly client: Ns;
  readonly server: Ns;
}

/** What the router gets: the text of iptables-restore (it begins with a star), that of `nft -f`, or something done to it. */
export type Rules = string | ((router: Namespace) => void);

/** Builds them; the router gets these rules. */
export async function openStage(rules: Rules): Promise<Stage> {
  const intent = readIntent([{ name: "stage.yaml", text: LAB }], {});
  const world = new World(defaultHost(), 1);
  await buildMachines(world, intent.spec, intent.blame);
  const ns = (name: string) => world.machines.get(name)?.ns.id as Ns;
  const router = namespaceOf(world.plane, ns("router"));
  if (typeof rules === "function") rules(router);
  else if (!rules.startsWith("*")) await run(world, "router", { line: "nft -f -", stdin: rules });
  else {
    const answer = restoreTables(netfilterOf(router), rules);
    if (answer.exit !== 0) throw new Error(answer.err);
  }
  const socket = world.plane.socket(ns("server"), "udp", 4);
  if (world.plane.bind(socket, "0.0.0.0", PORT) !== null) throw new Error("the server cannot listen");
  return { world, client: ns("client"), server: ns("server") };
}

async function run(
  world: World,
  name: string,
  { line, stdin }: { readonly line: string; readonly stdin: string },
): Promise<void> {
  const answer = await world.machines.get(name)?.run(line, { stdin });
  if (answer?.exit !== 0) throw new Error(`${line}: ${answer?.stderr}`);
}

/** One measurement in the real kernel: nanoseconds a packet on one core; undefined where it cannot be taken. */
export async function kernel(rules: string, args: readonly string[]): Promise<number | undefined> {
  const sender = await buildSender();
  if (sender === undefined) return undefined;
  const script = new URL("./kernel/stage.sh", import.meta.url).pathname;
  const command = new Deno.Command("unshare", {
    args: ["--net", "--mount", "--propagation", "private", "sh", script, sender, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  try {
    const child = command.spawn();
    const writer = child.stdin.getWriter();
    const written = writer.write(new TextEncoder().encode(rules)).then(() => writer.close()).catch(() => {});
    const { success, stdout, stderr } = await child.output();
    await written;
    if (success) return Number(new TextDecoder().decode(stdout));
    const reason = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    return skipped("the real kernel", `it needs root on Linux, iproute2 and iptables-legacy (${reason})`);
  } catch (error) {
    return skipped("the real kernel", `it needs root on Linux (${error instanceof Error ? error.message : error})`);
  }
}
