/** Devices on devices, tunnels and bridges with VLANs: what Linux 6.1 and iproute2 6.1 answered to the same commands. */
import { assertEquals } from "@std/assert";
import { lab } from "./lab_test.ts";
import { PROGRAMS } from "./programs.ts";

/** A machine whose shell has `p NS ADDRESS`: whether a ping from a namespace is answered, as `yes` or `no`. */
function machine(): (lines: string) => Promise<string> {
  const { run } = lab([{ from: "m", to: "other", net: "192.168.77" }], PROGRAMS);
  const ask = 'p() { ip netns exec $1 ping -c 1 -W 3 $2 >/dev/null 2>&1 && echo "$1 $2 yes" || echo "$1 $2 no"; }\n';
  return async (lines) => {
    let text = "";
    for (const line of lines.trim().split("\n")) text += await run("m", ask + line.trim());
    return text;
  };
}

/** Namespaces joined by one cable: v0 in the first, v1 in the second. */
const CABLE = `
  ip netns add a; ip netns add b
  ip link add v0 netns a address 02:00:00:00:00:01 type veth peer name v1 netns b address 02:00:00:00:00:02
  ip -n a link set v0 up; ip -n b link set v1 up`;

Deno.test("a VLAN's frames reach the VLAN of the same id only, and one VLAN travels inside another", async () => {
  const run = machine();
  await run(CABLE);
  await run(`
    ip -n a link add link v0 name v0.10 type vlan id 10; ip -n a addr add 10.0.10.1/24 dev v0.10; ip -n a link set v0.10 up
    ip -n b link add link v1 name v1.11 type vlan id 11; ip -n b addr add 10.0.10.2/24 dev v1.11; ip -n b link set v1.11 up`);
  assertEquals(await run("p a 10.0.10.2"), "a 10.0.10.2 no\n");
  await run("ip -n b link del v1.11");
  await run(`
    ip -n b link add link v1 name v1.10 type vlan id 10; ip -n b addr add 10.0.10.2/24 dev v1.10; ip -n b link set v1.10 up
    ip -n a link add link v0 name s type vlan protocol 802.1ad id 100; ip -n b link add link v1 name s type vlan protocol 802.1ad id 100
    ip -n a link set dev s up; ip -n b link set dev s up
    ip -n a link add link s name s.5 type vlan id 5; ip -n b link add link s name s.5 type vlan id 5
    ip -n a addr add 10.0.5.1/24 dev s.5; ip -n b addr add 10.0.5.2/24 dev s.5; ip -n a link set s.5 up; ip -n b link set s.5 up`);
  assertEquals(await run("p a 10.0.10.2\np a 10.0.5.2"), "a 10.0.10.2 yes\na 10.0.5.2 yes\n");
  await run("ip -n a link set v0 address 02:00:00:00:00:77");
  assertEquals(await run("p a 10.0.10.2"), "a 10.0.10.2 yes\n", "the neighbour hears of the new address");
});

Deno.test("a VLAN follows the device below it: MAC, MTU, up and down, and its end", async () => {
  assertEquals(
    await machine()(`
      ip link add d0 address 02:00:00:00:00:01 type dummy
      ip link add link d0 name d0.10 type vlan id 10
      ip link set d0.10 up
      ip link set d0 up
      ip link set d0 address 02:00:00:00:00:09; ip link set d0 mtu 1400
      ip -o link show d0.10
      ip link set d0.10 mtu 1500
      ip link set d0 down
      ip -br link show d0.10
      ip link del d0
      ip link show d0.10`),
    `RTNETLINK answers: Network is down
exit 2
3: d0.10@d0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1400 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff
RTNETLINK answers: Numerical result out of range
exit 2
d0.10@d0         DOWN           02:00:00:00:00:09 <BROADCAST,NOARP,M-DOWN> 
Device "d0.10" does not exist.
exit 1
`.replace("3: ", "4: "),
  );
});

Deno.test("ip link refuses what cannot be a VLAN, macvlan or ipvlan in the kernel's words", async () => {
  assertEquals(
    await machine()(`
      ip link add d0 type dummy; ip link add link d0 name d0.10 type vlan id 10
      ip link add link d0 name x type vlan id 10
      ip link add link d0 name x type vlan
      ip link add name x type vlan id 10
      ip link add link d0 name x type vlan id 4095
      ip link add link d0 name x type vlan id foo
      ip link add link lo name x type vlan id 5
      ip link add link d0 name x mtu 1600 type macvlan
      ip link add link d0 name x type macvlan mode bogus
      ip link add link d0 m0 type macvlan; ip link add link d0 name x type ipvlan
      ip link add link d0 name x type macvlan mode passthru
      ip link add br type bridge`),
    `Error: 8021q: VLAN device already exists.
exit 2
Error: 8021q: VLAN properties not specified.
exit 2
Error: 8021q: link not specified.
exit 2
Error: 8021q: Invalid VLAN id.
exit 2
Error: argument "foo" is wrong: id is invalid
exit 255
Error: 8021q: VLANs not supported on device.
exit 2
RTNETLINK answers: Invalid argument
exit 2
Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "bogus"
exit 1
RTNETLINK answers: Device or resource busy
exit 2
RTNETLINK answers: Invalid argument
exit 2
"type" is invalid lladdr.
exit 1
`,
  );
});

Deno.test("macvlans of a bridge reach each other, private and vepa ones need a hairpin outside, none reaches its own host", async () => {
  const run = machine();
  const add = (name: string, number: number, mode: string): string => `
    ip netns add ${name}; ip link add link v0 name mv address 02:00:00:00:01:0${number} type macvlan mode ${mode}
    ip link set mv netns ${name}; ip -n ${name} addr add 10.0.0.1${number}/24 dev mv; ip -n ${name} link set mv up`;
  await run(`
    ip netns add x; ip link add v0 type veth peer name v1 netns x; ip link set v0 up; ip -n x link set v1 up
    ip addr add 10.0.0.1/24 dev v0; ip -n x addr add 10.0.0.9/24 dev v1
    ${add("a", 1, "bridge")} ${add("b", 2, "bridge")} ${add("c", 3, "private")} ${add("d", 4, "vepa")} ${
    add("e", 5, "vepa")
  }`);
  assertEquals(
    await run("p a 10.0.0.12\np a 10.0.0.13\np d 10.0.0.15\np x 10.0.0.11\np x 10.0.0.13\np a 10.0.0.1"),
    "a 10.0.0.12 yes\na 10.0.0.13 no\nd 10.0.0.15 no\nx 10.0.0.11 yes\nx 10.0.0.13 yes\na 10.0.0.1 no\n",
  );
  await run(`
    ip -n x link add xb type bridge; ip -n x addr flush dev v1; ip -n x link set v1 master xb; ip -n x link set xb up
    ip -n x link set v1 type bridge_slave hairpin on; ip -n d neigh flush all; ip -n c neigh flush all`);
  assertEquals(
    await run("p d 10.0.0.15\np d 10.0.0.11\np c 10.0.0.14"),
    "d 10.0.0.15 yes\nd 10.0.0.11 yes\nc 10.0.0.14 no\n",
  );
});

for (
  const [mode, siblings, outside] of [["l2 bridge", "yes", "yes"], ["l2 private", "no", "yes"], [
    "l3 bridge",
    "yes",
    "no",
  ]]
) {
  Deno.test(`ipvlan ${mode}: a sibling answers: ${siblings}; somebody outside is heard by ARP: ${outside}`, async () => {
    const run = machine();
    await run(`
      ip netns add x; ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 netns x
      ip link set v0 up; ip -n x link set v1 up; ip addr add 10.0.0.1/24 dev v0; ip -n x addr add 10.0.0.9/24 dev v1
      for n in 1 2; do ip netns add n$n; ip link add link v0 name i$n type ipvlan mode ${mode}; ip link set i$n netns n$n; ip -n n$n addr add 10.0.0.1$n/24 dev i$n; ip -n n$n link set i$n up; done`);
    assertEquals(await run("p n1 10.0.0.12\np x 10.0.0.11"), `n1 10.0.0.12 ${siblings}\nx 10.0.0.11 ${outside}\n`);
    assertEquals(
      await run("ip -n n2 addr add 10.0.0.11/24 dev i2"),
      "Error: Address already assigned to an ipvlan device.\nexit 2\n",
    );
    if (mode !== "l3 bridge") return;
    await run(
      "ip -n n1 addr add 10.5.0.1/24 dev i1; ip -n n1 route add default dev i1; ip -n x route add 10.5.0.0/24 via 10.0.0.1",
    );
    assertEquals(
      await run("sysctl -qw net.ipv4.ip_forward=1\np x 10.5.0.1"),
      "x 10.5.0.1 yes\n",
      "routed by the master",
    );
  });
}

Deno.test("ipip: packets of the far end only, 20 bytes less, and a way that is narrower is told", async () => {
  const run = machine();
  await run(`
    ip netns add a; ip -n a link set lo up; ip netns add r; ip netns add b; ip netns exec r sysctl -qw net.ipv4.ip_forward=1
    ip link add v0 netns a type veth peer name v1 netns r; ip link add w0 netns r type veth peer name w1 netns b
    ip -n a addr add 10.0.1.1/24 dev v0; ip -n r addr add 10.0.1.2/24 dev v1; ip -n r addr add 10.0.2.1/24 dev w0
    ip -n b addr add 10.0.2.2/24 dev w1
    ip -n a link set v0 up; ip -n r link set v1 up; ip -n r link set w0 up; ip -n b link set w1 up
    ip -n a route add default via 10.0.1.2; ip -n b route add default via 10.0.2.1
    ip -n a tunnel add t0 mode ipip remote 10.0.2.2 local 10.0.1.1; ip -n a addr add 10.9.0.1/24 dev t0; ip -n a link set t0 up
    ip -n b link add t0 type ipip remote 10.0.1.1 local 10.0.2.2; ip -n b addr add 10.9.0.2/24 dev t0; ip -n b link set t0 up`);
  assertEquals(await run("p a 10.9.0.2"), "a 10.9.0.2 yes\n");
  assertEquals(
    await run("ip -n a tunnel show"),
    "tunl0: any/ip remote any local any ttl inherit nopmtudisc\nt0: ip/ip remote 10.0.2.2 local 10.0.1.1 ttl inherit\n",
  );
  const long = (size: number): string =>
    `ip netns exec a ping -c 1 -W 1 -s ${size} -M do 10.9.0.2 2>&1 | grep -E "bytes from|mtu|Frag" | sed 's/ time=.*//'`;
  assertEquals(await run(long(1452)), "1460 bytes from 10.9.0.2: icmp_seq=1 ttl=64\n");
  assertEquals(await run(long(1453)), "ping: local error: message too long, mtu=1480\n");
  await run("ip -n r link set w0 mtu 1400");
  assertEquals(await run(long(1400)), "", "the router tells the tunnel");
  assertEquals(await run(long(1400)), "From 10.9.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1380)\n");
  await run("ip -n b link del t0");
  assertEquals(await run("p a 10.9.0.2"), "a 10.9.0.2 no\n");
  await run(
    "ip -n b link set tunl0 up; ip -n b addr add 10.9.0.2/24 dev tunl0; ip -n b route add 10.9.0.1 via 10.0.1.1 dev tunl0 onlink",
  );
  assertEquals(await run("p a 10.9.0.2"), "a 10.9.0.2 yes\n", "tunl0 takes what no other tunnel does");
});

Deno.test("a bridge that filters VLANs: PVID, untagged, tagged, its own VLANs, and the table by VLAN", async () => {
  const run = machine();
  await run(`
    ip link add b0 address 02:00:00:00:00:50 type bridge vlan_filtering 1; ip link set b0 up; ip addr add 10.0.0.100/24 dev b0
    for n in 1 2 3; do ip netns add n$n; ip link add p$n address 02:00:00:00:00:6$n type veth peer name e netns n$n address 02:00:00:00:00:7$n; ip link set p$n master b0 up; ip -n n$n addr add 10.0.0.$n/24 dev e; ip -n n$n link set dev e up; done`);
  assertEquals(await run("p n1 10.0.0.2\np n1 10.0.0.100"), "n1 10.0.0.2 yes\nn1 10.0.0.100 yes\n");
  await run("bridge vlan add dev p1 vid 10 pvid untagged");
  assertEquals(
    await run("p n1 10.0.0.2\np n1 10.0.0.100\nbridge vlan show dev p1"),
    "n1 10.0.0.2 no\nn1 10.0.0.100 no\nport              vlan-id  \np1                1 Egress Untagged\n                  10 PVID Egress Untagged\n",
  );
  await run(`
    bridge vlan add dev p2 vid 10 pvid untagged
    bridge vlan add dev b0 vid 10 self; ip link add link b0 name b0.10 type vlan id 10; ip addr add 10.10.0.100/24 dev b0.10; ip link set b0.10 up
    ip -n n1 addr add 10.10.0.1/24 dev e; bridge vlan add dev p3 vid 10
    ip -n n3 link add link e name e.10 type vlan id 10; ip -n n3 addr add 10.10.0.3/24 dev e.10; ip -n n3 link set e.10 up`);
  assertEquals(
    await run("p n1 10.0.0.2\np n1 10.10.0.100\np n3 10.10.0.1\np n3 10.0.0.100"),
    "n1 10.0.0.2 yes\nn1 10.10.0.100 yes\nn3 10.10.0.1 yes\nn3 10.0.0.100 yes\n",
  );
  assertEquals(
    await run(
      "bridge fdb show dev p1 vlan 10\nbridge fdb get 02:00:00:00:00:71 br b0 vlan 10\nbridge fdb get 02:00:00:00:00:71 br b0",
    ),
    `02:00:00:00:00:71 vlan 10 master b0 
02:00:00:00:00:61 vlan 10 master b0 permanent
02:00:00:00:00:71 dev p1 vlan 10 master b0 
Error: Fdb entry not found.
exit 254
`,
  );
  await run("bridge vlan del dev p1 vid 10");
  assertEquals(await run("p n1 10.0.0.2"), "n1 10.0.0.2 no\n", "without a PVID nothing untagged comes in");
  await run("ip link set b0 type bridge vlan_filtering 0");
  assertEquals(await run("p n1 10.0.0.2"), "n1 10.0.0.2 yes\n");
});

Deno.test("bridge vlan complains as the real one does", async () => {
  assertEquals(
    await machine()(`
      ip link add b0 type bridge; ip link add d0 type dummy; ip link set d0 master b0
      bridge vlan add dev d0 vid 20-22; bridge vlan add dev d0 vid 30 untagged
      bridge -compressvlans vlan show dev d0
      bridge -j vlan show vid 21
      bridge vlan add dev d0 vid 30-32 pvid
      bridge vlan add dev d0
      bridge vlan add dev d0 vid 5000
      bridge vlan add dev d0 vid 0
      bridge vlan add dev d0 vid 9-5
      bridge vlan add dev nope vid 5
      bridge vlan add dev b0 vid 11`),
    `port              vlan-id  
d0                1 PVID Egress Untagged
                  20-22
                  30 Egress Untagged
[{"ifname":"d0","vlans":[{"vlan":21}]}]
pvid cannot be configured for a vlan range
exit 255
Device and VLAN ID are required arguments.
exit 255
Invalid VLAN ID "5000"
exit 255
Error: bridge: Vlan id is invalid.
exit 255
Invalid VLAN range "9-5"
exit 255
Cannot find bridge device "nope"
exit 255
RTNETLINK answers: Operation not supported
exit 255
`,
  );
});

Deno.test("vxlan devices of a multicast group find each other, and learn where MACs are", async () => {
  const run = machine();
  await run(CABLE);
  await run(`
    ip -n a addr add 10.0.0.1/24 dev v0; ip -n b addr add 10.0.0.2/24 dev v1
    ip -n a link add vx type vxlan id 5 dstport 4789 group 239.1.1.1 dev v0
    ip -n b link add vx address 02:00:00:00:05:02 type vxlan id 5 dstport 4789 group 239.1.1.1 dev v1
    ip -n a addr add 10.5.0.1/24 dev vx; ip -n b addr add 10.5.0.2/24 dev vx; ip -n a link set vx up; ip -n b link set vx up`);
  assertEquals(await run("p a 10.5.0.2"), "a 10.5.0.2 yes\n");
  assertEquals(
    await run("bridge -n a fdb show dev vx | sort"),
    "00:00:00:00:00:00 dst 239.1.1.1 via v0 self permanent\n02:00:00:00:05:02 dst 10.0.0.2 self \n",
  );
});
