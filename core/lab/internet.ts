/**
 * What lies outside: a router with one foot in the lab, and one machine that stands for the internet.
 *
 *     nodes or machines -- (lan) -- router -- internet 198.51.100.10
 *                                   masquerades       .53 resolves names, .80 answers HTTP, 192.0.2.x know the names
 *
 * Addresses are those of RFC 5737: nobody's.
 */
import { nthIp, printIp, requireCidr } from "../base/mod.ts";
import { Recursor } from "../dns/mod.ts";
import type { Machine, Process, Program, Task } from "../linux/mod.ts";
import { answerer, PROGRAMS, recursion, serveNames } from "../tools/mod.ts";
import { OUTSIDE_SERVERS, ROOT_HINT_RECORDS, ROOT_HINTS } from "./internet_names.ts";
import { plug, portOf } from "./wiring.ts";
import type { World } from "./world.ts";

/** The client outside. */
const INTERNET_ADDRESS = "198.51.100.10";
/** Its name server. */
export const NAME_SERVER = "198.51.100.53";
const WEB_SERVER = "198.51.100.80";
const OUTER_GATEWAY = "198.51.100.1";
/** Addresses of load balancers: every LoadBalancer Service of the cluster gets one. */
export const LOAD_BALANCERS = "203.0.113.0/24";

/** The same in IPv6 (RFC 3849). */
const OUTER6 = { client: "2001:db8:198:51::10", gateway: "2001:db8:198:51::1", length: 64 };

/** Makes the router and the machine outside, joined to a switch of the lab at the first address of each of `cidrs`. */
export async function buildInternet(world: World, lan: string, cidrs: string): Promise<void> {
  const [cidr = "", cidr6] = cidrs.split(",");
  const router = world.addMachine("router");
  const internet = world.addMachine("internet", {
    programs: new Map([...PROGRAMS, ["resolver", resolver], ["web", webServer]]),
  });
  plug(world.plane, { ns: router.ns.id, device: "eth0" }, portOf(world.plane, world.switch(lan)));
  plug(world.plane, { ns: router.ns.id, device: "eth1" }, { ns: internet.ns.id, device: "eth0" });
  const prefix = requireCidr(cidr);
  await lines(router, [
    `ip addr add ${printIp(nthIp(prefix, 1))}/${prefix.length} dev eth0`,
    `ip addr add ${OUTER_GATEWAY}/24 dev eth1`,
    `ip route add 192.0.2.0/24 via ${INTERNET_ADDRESS}`,
    "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1",
    `iptables -t nat -A POSTROUTING -s ${cidr} -o eth1 -j MASQUERADE`,
  ]);
  await lines(internet, [
    ...[INTERNET_ADDRESS, NAME_SERVER, WEB_SERVER].map((address) => `ip addr add ${address}/24 dev eth0`),
    ...OUTSIDE_SERVERS.map(({ address }) => `ip addr add ${address}/32 dev lo`),
    `ip route add default via ${OUTER_GATEWAY}`,
  ]);
  if (cidr6 !== undefined) await joinOverIpv6(router, internet, cidr6);
  internet.files.put("/etc/resolv.conf", `nameserver ${NAME_SERVER}\n`);
  internet.files.put("/usr/share/dns/root.hints", ROOT_HINTS);
  for (const { address, zones } of OUTSIDE_SERVERS) {
    const origins = zones.map(({ origin }) => origin);
    const serve: Program = async (process) => {
      await serveNames(process, { addresses: [address], port: 53, answer: answerer(zones, origins) });
      return 0;
    };
    internet.startProgram(serve, ["nsd", address]);
  }
  internet.start(["resolver"]);
  internet.start(["web"]);
}

/** The second family: the router forwards and masquerades it too. */
async function joinOverIpv6(router: Machine, internet: Machine, cidr: string): Promise<void> {
  const prefix = requireCidr(cidr);
  await lines(router, [
    `ip addr add ${printIp(nthIp(prefix, 1))}/${prefix.length} dev eth0`,
    `ip addr add ${OUTER6.gateway}/${OUTER6.length} dev eth1`,
    "sysctl -qw net.ipv6.conf.all.forwarding=1",
    `ip6tables -t nat -A POSTROUTING -s ${cidr} -o eth1 -j MASQUERADE`,
  ]);
  await lines(internet, [
    `ip addr add ${OUTER6.client}/${OUTER6.length} dev eth0`,
    `ip route add default via ${OUTER6.gateway}`,
  ]);
}

/** The first address of the lab's network: the way out for everybody in it. */
export function gatewayOf(cidr: string): string {
  return printIp(nthIp(requireCidr(cidr), 1));
}

/** Points load balancer addresses at nodes: `addresses` each with the nodes that take its traffic. */
export async function routeLoadBalancers(
  world: World,
  task: Task,
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const router = world.machines.get("router") as Machine;
  const run = (line: string) => task.join(router.start(line).finished);
  const known = (await run("ip -4 route show proto static")).stdout.matchAll(/^(\d\S+)/gm);
  for (const [, address] of known) if (!addresses.has(address as string)) await run(`ip route del ${address}`);
  for (const [address, nodes] of addresses) {
    if (nodes.length > 0) {
      await run(`ip route replace ${address}/32 proto static ${nodes.map((node) => `nexthop via ${node}`).join(" ")}`);
    } else await run(`ip route del ${address}/32`);
  }
}

async function lines(machine: Machine, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const { exit, stderr } = await machine.run(command);
    if (exit !== 0) throw new Error(`${machine.name}: ${command}: ${stderr}`);
  }
}

/** Resolves names for whoever asks, until it is killed. */
const resolver: Program = async (process: Process) => {
  const recursor = new Recursor(process, { hints: ROOT_HINT_RECORDS });
  await serveNames(process, { addresses: [NAME_SERVER], port: 53, answer: recursion(recursor, undefined) });
  return 0;
};

const PAGE = "<!doctype html>\n<title>Example</title>\n<h1>The world outside</h1>\n";

/** Answers every HTTP request with one page until it is killed. */
const webServer: Program = async ({ net }: Process) => {
  const listener = net.listen(WEB_SERVER, 80);
  if ("errno" in listener) return 1;
  for (;;) {
    const stream = await listener.accept();
    if (stream === undefined) return 0;
    await stream.read();
    await stream.write(
      `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\nConnection: close\r\n\r\n${PAGE}`,
    );
    stream.close();
  }
};
