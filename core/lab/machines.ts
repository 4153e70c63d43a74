/** Labs that are no cluster: machines, switches and links as the lab file lists them. */
import { TextError } from "../base/mod.ts";
import type { Finished, Machine } from "../linux/mod.ts";
import type { LabSpec, LinkSpec, MachineSpec } from "./spec.ts";
import { type End, plug, portOf } from "./wiring.ts";
import type { World } from "./world.ts";

/** The lab of a lesson that sets no stage: one machine behind a router that reaches the internet. */
export const DEFAULT_MACHINE: MachineSpec = {
  name: "host",
  addresses: { eth0: ["192.168.1.2/24"] },
  routes: ["default via 192.168.1.1"],
  sysctls: {},
  run: ["echo nameserver 198.51.100.53 > /etc/resolv.conf"],
};

/** The wire it hangs on. */
export const DEFAULT_SWITCH = "lan";
/** That wire's network: its first address is the router to the lab's internet. */
export const DEFAULT_NETWORK = "192.168.1.0/24";

/** Where in the lab file a machine or link stands: makes the error for a mistake found while building. */
export type Blame = (path: readonly (string | number)[], problem: string, expected: string) => TextError;

/** Virtual milliseconds after which IPv6 addresses are no longer tentative. */
export const DAD = 2500;

/** Builds machines, switches and links, then sets addresses, routes and sysctls and runs the boot lines, in that order. */
export async function buildMachines(
  world: World,
  spec: Pick<LabSpec, "machines" | "switches" | "links">,
  blame: Blame,
): Promise<void> {
  const machines = spec.machines.map((machine, i) => {
    if (world.machines.has(machine.name)) {
      throw blame(["machines", i, "name"], `a second machine ${machine.name}`, "a name of its own");
    }
    return world.addMachine(machine.name);
  });
  for (const { name } of spec.switches) world.switch(name);
  const sockets = new Sockets(world);
  spec.links.forEach((link, i) =>
    layCable({ world, sockets, blame: (problem, expected) => blame(["links", i], problem, expected) }, link)
  );
  for (const [i, machine] of spec.machines.entries()) {
    const built = machines[i] as Machine;
    const at = (path: readonly (string | number)[], problem: string, expected: string) =>
      blame(["machines", i, ...path], problem, expected);
    await configure(built, machine, at);
    built.onBoot(async () => {
      plugIn(built);
      await configure(built, machine, at);
    });
  }
  if (world.ipv6) await world.runner.advance(DAD);
}

interface Cabling {
  readonly world: World;
  readonly sockets: Sockets;
  readonly blame: (problem: string, expected: string) => TextError;
}

function layCable({ world, sockets, blame }: Cabling, link: LinkSpec): void {
  const ends = [link.from, link.to].map((text) => {
    const end = sockets.take(text);
    if (end === undefined) {
      throw blame(`no machine or switch ${JSON.stringify(text.split(":")[0])}`, "a name from machines or switches");
    }
    return end;
  }) as [End, End];
  const { latency, jitter, loss, bandwidth, mtu, mac } = link;
  plug(world.plane, { ...ends[0], mac }, ends[1], { latency, jitter, loss, bandwidth, mtu });
}

/** Names the device each cable ends in: `NAME:DEVICE` as written, else eth0, eth1 ... of a machine in the order of its links. */
class Sockets {
  readonly #used = new Map<string, number>();

  constructor(readonly world: World) {}

  take(text: string): End | undefined {
    const [name = "", device] = text.split(":");
    const machine = this.world.machines.get(name);
    if (machine === undefined) {
      return this.world.hasSwitch(name) ? portOf(this.world.plane, this.world.switch(name)) : undefined;
    }
    const count = this.#used.get(name) ?? 0;
    this.#used.set(name, count + 1);
    return { ns: machine.ns.id, device: device ?? `eth${count}` };
  }
}

/** Takes the devices that cables end in up again, after a boot. */
function plugIn({ plane, ns }: Machine): void {
  for (const { index, up } of plane.links(ns.id)) if (!up) plane.setLink(ns.id, index, { up: true });
}

async function configure(machine: Machine, spec: MachineSpec, blame: Blame): Promise<void> {
  const devices = Array.isArray(spec.addresses) ? { eth0: spec.addresses } : spec.addresses;
  for (const [device, list] of Object.entries(devices)) {
    for (const address of [list].flat()) {
      await insist(
        machine,
        `ip addr add ${withLength(address)} dev ${device}`,
        () => blame(["addresses", device], ...wrong(address)),
      );
    }
  }
  for (const [i, route] of spec.routes.entries()) {
    await insist(machine, `ip route add ${route}`, (said) => blame(["routes", i], said, "arguments of ip route add"));
  }
  for (const [key, value] of Object.entries(spec.sysctls)) {
    await insist(
      machine,
      `sysctl -qw ${key}=${Number(value)}`,
      (said) => blame(["sysctls", key], said, "a sysctl of Linux"),
    );
  }
  for (const [i, line] of spec.run.entries()) {
    await insist(machine, line, (said) => blame(["run", i], said, "a command that exits with 0"));
  }
}

function wrong(address: string): [string, string] {
  return [`address ${address} could not be set`, "an address on a device that one of the links makes"];
}

function withLength(address: string): string {
  return address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`;
}

/** Runs a boot line that must succeed; otherwise throws the error made from what it said. */
async function insist(machine: Machine, line: string, error: (said: string) => TextError): Promise<Finished> {
  const finished = await machine.run(line);
  if (finished.exit !== 0) throw error((finished.stderr || finished.stdout).trim() || `exit status ${finished.exit}`);
  return finished;
}
