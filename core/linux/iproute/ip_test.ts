import { assertEquals } from "@std/assert";
import { box, terminal } from "../lab_test.ts";

Deno.test("words may be shortened as iproute2 lets them", async () => {
  const machine = box();
  await terminal(machine, "ip l a br0 type bridge", "ip l s br0 up", "ip a a 10.0.0.1/24 dev br0");
  assertEquals((await machine.run("ip r")).stdout, (await machine.run("ip route list")).stdout);
  assertEquals(
    (await machine.run("ip -4 -o a s br0")).stdout,
    "2: br0    inet 10.0.0.1/24 scope global br0\\       valid_lft forever preferred_lft forever\n",
  );
  assertEquals((await machine.run("ip n")).exit, 0);
});

Deno.test("a bad word gets iproute2's complaint and exit status", async () => {
  assertEquals(
    await terminal(
      box(),
      "ip link set eth9 up",
      "ip addr add 10.0.0.1/24 dev lo scope x",
      "ip route add 10.0.0.0/8 via 1.2.3",
      "ip rule add prio x",
      "ip neigh add 10.0.0.1 dev lo lladdr zz",
      "ip -9 link",
      "ip link add name aaaaaaaaaaaaaaaaaaaa type bridge",
    ),
    `$ ip link set eth9 up
Cannot find device "eth9"
[1]
$ ip addr add 10.0.0.1/24 dev lo scope x
Error: argument "x" is wrong: invalid scope value.
[255]
$ ip route add 10.0.0.0/8 via 1.2.3
Error: Nexthop has invalid gateway.
[2]
$ ip rule add prio x
Error: argument "x" is wrong: preference value is invalid

[255]
$ ip neigh add 10.0.0.1 dev lo lladdr zz
"zz" is invalid lladdr.
[1]
$ ip -9 link
Option "-9" is unknown, try "ip -help".
[255]
$ ip link add name aaaaaaaaaaaaaaaaaaaa type bridge
Error: argument "aaaaaaaaaaaaaaaaaaaa" is wrong: "name" not a valid ifname
[255]
`,
  );
});

Deno.test("multipath, metrics and types print as iproute2 prints them", async () => {
  const machine = box();
  await terminal(
    machine,
    "ip link add v0 type veth peer name v1",
    "ip link set v0 up",
    "ip link set v1 up",
    "ip addr add 10.0.0.1/24 dev v0",
    "ip route add 172.16.0.0/16 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.0.3 weight 3",
    "ip route add 172.17.0.0/16 via 10.0.0.2 metric 50 mtu 1400 proto static src 10.0.0.1",
    "ip route add blackhole 172.18.0.0/16",
    "ip route add unreachable 172.19.0.0/16 metric 7",
    "ip route add 172.22.0.0/16 via 10.99.0.1 dev v0 onlink",
  );
  assertEquals(
    (await machine.run("ip route")).stdout,
    `10.0.0.0/24 dev v0 proto kernel scope link src 10.0.0.1 
172.16.0.0/16 
	nexthop via 10.0.0.2 dev v0 weight 1 
	nexthop via 10.0.0.3 dev v0 weight 3 
172.17.0.0/16 via 10.0.0.2 dev v0 proto static src 10.0.0.1 metric 50 mtu 1400 
blackhole 172.18.0.0/16 
unreachable 172.19.0.0/16 metric 7 
172.22.0.0/16 via 10.99.0.1 dev v0 onlink 
`,
  );
  assertEquals(
    (await machine.run("ip -j -p route show 172.16.0.0/16")).stdout,
    `[ {
        "dst": "172.16.0.0/16",
        "flags": [ ],
        "nexthops": [ {
                "gateway": "10.0.0.2",
                "dev": "v0",
                "weight": 1,
                "flags": [ ]
            },{
                "gateway": "10.0.0.3",
                "dev": "v0",
                "weight": 3,
                "flags": [ ]
            } ]
    } ]
`,
  );
});

Deno.test("rules with every selector come back as they were said", async () => {
  const machine = box();
  await terminal(
    machine,
    "ip rule add from 10.0.0.0/24 ipproto tcp dport 80 sport 1000-2000 lookup main suppress_prefixlength 0 prio 100",
    "ip rule add from all iif nosuch goto 200 prio 101",
    "ip rule add oif lo tos 0x10 table 7 prio 200",
    "ip rule add fwmark 0x1/0xff blackhole prio 300",
  );
  assertEquals(
    (await machine.run("ip rule")).stdout,
    `0:	from all lookup local
100:	from 10.0.0.0/24 ipproto tcp sport 1000-2000 dport 80 lookup main suppress_prefixlength 0
101:	from all iif nosuch [detached] goto 200
200:	from all tos 0x10 oif lo lookup 7
300:	from all fwmark 0x1/0xff blackhole
32766:	from all lookup main
32767:	from all lookup default
`,
  );
});

Deno.test("-batch stops at the first failure, -force goes on", async () => {
  const lines = "link add d0 type dummy\nlink add d0 type dummy\n# no command\nlink add d1 type dummy\n";
  const machine = box();
  assertEquals(await machine.run("ip -b -", { stdin: lines }), {
    stdout: "",
    stderr: "RTNETLINK answers: File exists\nCommand failed -:2\n",
    exit: 1,
  });
  assertEquals((await machine.run("ip -force -batch -", { stdin: lines })).stderr.split("\n").length, 5);
  assertEquals((await machine.run("ip -br link show d1")).exit, 0);
});

Deno.test("what is not modelled is named", async () => {
  assertEquals(
    await terminal(box(), "ip xfrm state add", "ip route add 10.0.0.0/8 encap mpls 1 dev lo", "ss -tnE"),
    `$ ip xfrm state add
ip: xfrm state add is not modelled
[255]
$ ip route add 10.0.0.0/8 encap mpls 1 dev lo
ip: route encap is not modelled
[255]
$ ss -tnE
State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
ss: option -E is not modelled
`,
  );
});
