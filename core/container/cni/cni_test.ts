/** Plugins that wire containers onto a node's devices; results as the real plugins gave them. */
import { assertEquals } from "@std/assert";
import { addNamespace, type Namespace } from "../../linux/mod.ts";
import { lab } from "../../tools/lab_test.ts";
import { PROGRAMS } from "../../tools/mod.ts";
import { type CniCall, type CniConf, type CniEnv, type CniResult, isCniError, PLUGINS, runConflist } from "./mod.ts";

const SUBNET = { type: "host-local", ranges: [[{ subnet: "10.22.0.0/24" }]] };

/** A node behind a cable to `out` (192.168.7.2), with containers c1, c2 ... */
function node() {
  const { run, machines } = lab([{ from: "node", to: "out", net: "192.168.7" }], PROGRAMS);
  const machine = machines["node"]!;
  const containers = new Map<string, Namespace>();
  const container = (name: string): Namespace => {
    const known = containers.get(name) ?? addNamespace(machine.plane);
    containers.set(name, known);
    machine.namespaces.set(name, known);
    return known;
  };
  const call = (command: CniCall["command"], name: string, plugin: Omit<CniConf, "cniVersion" | "name">): unknown => {
    const env: CniEnv = {
      containerId: `id-${name}`,
      netns: container(name),
      netnsPath: `/var/run/netns/${name}`,
      ifname: "eth0",
      args: {},
    };
    const list = JSON.stringify({ cniVersion: "1.0.0", name: "podnet", plugins: [plugin] });
    return runConflist(list, command, { machine, env });
  };
  /** Adds a container; its result, or what was wrong. */
  const add = (name: string, plugin: Omit<CniConf, "cniVersion" | "name">): CniResult => {
    const answer = call("ADD", name, plugin) as CniResult;
    if (isCniError(answer)) throw new Error(answer.msg);
    return answer;
  };
  const ping = async (from: string, to: string): Promise<boolean> =>
    /1 received/.test(await run("node", `ip netns exec ${from} ping -c 1 -W 1 ${to}`));
  return {
    run: (line: string) => run("node", line),
    out: (line: string) => run("out", line),
    add,
    call,
    ping,
    machine,
  };
}

Deno.test("macvlan: containers on the node's device reach each other and the segment, not the node", async () => {
  const { add, ping, out, call, run } = node();
  const conf = { type: "macvlan", master: "eth0", mode: "bridge", ipam: SUBNET };
  const { interfaces, ips } = add("c1", conf);
  assertEquals(interfaces?.map(({ name, sandbox }) => ({ name, sandbox })), [
    { name: "eth0", sandbox: "/var/run/netns/c1" },
  ]);
  assertEquals(ips, [{ interface: 0, address: "10.22.0.2/24", gateway: "10.22.0.1" }]);
  add("c2", conf);
  await out("ip addr add 10.22.0.100/24 dev eth0");
  await run("ip addr add 10.22.0.101/24 dev eth0");
  assertEquals([await ping("c1", "10.22.0.3"), await ping("c1", "10.22.0.100"), await ping("c1", "10.22.0.101")], [
    true,
    true,
    false,
  ]);
  call("DEL", "c1", conf);
  assertEquals(await ping("c2", "10.22.0.2"), false);
});

Deno.test("macvlan without master and IPAM: on the default route's device, at layer 2 only", async () => {
  const { add, run } = node();
  await run("ip route add default via 192.168.7.2");
  const { ips, dns, interfaces } = add("c1", { type: "macvlan", ipam: {} as never });
  assertEquals([ips, dns, interfaces?.length], [undefined, {}, 1]);
  assertEquals(await run("ip netns exec c1 ip -br addr show eth0 | cut -c1-8"), "eth0@if2\n");
});

for (const type of ["ipvlan", "vlan"] as const) {
  Deno.test(`${type}: two containers on the node's device`, async () => {
    const { add, ping, run } = node();
    const both = (vlanId: number) => ({ type, master: "eth0", ...(type === "vlan" && { vlanId }), ipam: SUBNET });
    add("c1", both(5));
    add("c2", both(6));
    assertEquals(await ping("c1", "10.22.0.3"), type === "ipvlan");
    const shown = await run("ip -n c1 -d link show eth0 | grep -o 'vlan  *mode l2 bridge\\|vlan protocol 802.1Q id 5'");
    assertEquals(shown, type === "vlan" ? "vlan protocol 802.1Q id 5\n" : "vlan  mode l2 bridge\n");
  });
}

Deno.test("ptp: the host routes to a container, whose subnet lies behind its gateway", async () => {
  const { add, ping, run } = node();
  const conf = { type: "ptp", ipam: { ...SUBNET, routes: [{ dst: "0.0.0.0/0" }] } };
  const { interfaces, ips, routes } = add("c1", conf);
  assertEquals(interfaces?.[1]?.sandbox, "/var/run/netns/c1");
  assertEquals(ips, [{ interface: 1, address: "10.22.0.2/24", gateway: "10.22.0.1" }]);
  assertEquals(routes, [{ dst: "0.0.0.0/0" }]);
  add("c2", conf);
  assertEquals(
    await run("ip -n c1 route"),
    "default via 10.22.0.1 dev eth0 \n10.22.0.0/24 via 10.22.0.1 dev eth0 src 10.22.0.2 \n10.22.0.1 dev eth0 scope link src 10.22.0.2 \n",
  );
  assertEquals([await ping("c1", "10.22.0.1"), await ping("c1", "10.22.0.3")], [true, true]);
});

Deno.test("host-device: a device of the host goes into the container under its name there, and comes back under its own", async () => {
  const { add, call, run } = node();
  await run("ip link add hd0 type veth peer name hd1 address 02:00:00:00:0a:02");
  const conf = { type: "host-device", hwaddr: "02:00:00:00:0a:02" };
  assertEquals(add("c1", conf).interfaces, [
    { name: "eth0", mac: "02:00:00:00:0a:02", sandbox: "/var/run/netns/c1" },
  ]);
  assertEquals(await run("ip link show hd1"), 'Device "hd1" does not exist.\nexit 1\n');
  call("DEL", "c1", conf);
  assertEquals(await run("ip -br link show hd1 | cut -c1-7"), "hd1@hd0\n");
});

Deno.test("bridge with a VLAN: containers of one VLAN and their gateway, apart from another's", async () => {
  const { add, ping, run } = node();
  const conf = (vlan: number, subnet: string) => ({
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    vlan,
    ipam: { type: "host-local", ranges: [[{ subnet }]] },
  });
  add("c1", conf(100, "10.22.0.0/24"));
  add("c2", conf(100, "10.22.0.0/24"));
  add("c3", conf(200, "10.22.0.128/24"));
  assertEquals([await ping("c1", "10.22.0.3"), await ping("c1", "10.22.0.1")], [true, true]);
  assertEquals(await run("ip -br addr show cni0.100 | grep -o 10.22.0.1/24"), "10.22.0.1/24\n");
  assertEquals(await run("bridge vlan show vid 200 | grep -c 200"), "2\n");
});

const WRONG: readonly (readonly [conf: Readonly<Record<string, unknown>> & { readonly type: string }, msg: string])[] =
  [
    [{ type: "macvlan", master: "none0" }, 'failed to lookup master "none0": Link not found'],
    [{ type: "macvlan", master: "eth0", mode: "odd" }, 'unknown macvlan mode: "odd"'],
    [
      { type: "vlan", vlanId: 5 },
      '"master" field is required. It specifies the host interface name to create the VLAN for.',
    ],
    [{ type: "vlan", master: "eth0", vlanId: 5000 }, "invalid VLAN ID 5000 (must be between 0 and 4095 inclusive)"],
    [{ type: "host-device" }, 'specify either "device", "hwaddr", "kernelpath" or "pciBusID"'],
    [{ type: "host-device", device: "none0" }, "failed to find host device: Link not found"],
    [
      { type: "host-device", hwaddr: "zz" },
      'failed to find host device: failed to parse MAC address "zz": address zz: invalid MAC address',
    ],
  ];

Deno.test("plugins refuse in the words of the real ones", () => {
  for (const [conf, msg] of WRONG) {
    assertEquals(node().call("ADD", "c1", conf as never), { cniVersion: "1.0.0", code: 999, msg });
  }
  assertEquals(Object.keys(PLUGINS).length, 8);
});
