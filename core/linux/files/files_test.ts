import { assertEquals } from "@std/assert";
import { box, redAndBlue, terminal } from "../lab_test.ts";
import { FileTree } from "./tree.ts";

Deno.test("links are followed, loops are not", () => {
  const tree = new FileTree(() => 0);
  tree.put("/a/b/c", "text");
  tree.set("/l", { kind: "link", target: "/a/b", mode: 0o777, mtime: 0 });
  tree.set("/a/up", { kind: "link", target: "../l/c", mode: 0o777, mtime: 0 });
  tree.set("/loop", { kind: "link", target: "loop", mode: 0o777, mtime: 0 });
  assertEquals(tree.real("/a/up"), "/a/b/c");
  assertEquals(tree.find("/l/c")?.kind, "file");
  assertEquals(tree.find("/loop"), undefined);
  assertEquals([tree.write("/no/such/folder", ""), tree.remove("/l"), tree.list("/a/b")], [false, true, ["c"]]);
});

Deno.test("writing under /proc/sys is a sysctl, with the kernel's refusals", async () => {
  assertEquals(
    await terminal(
      box(),
      "echo 1 > /proc/sys/net/ipv4/ip_forward",
      "sysctl -n net.ipv4.conf.lo.forwarding",
      "cat /proc/sys/net/ipv4/ip_forward",
      "ls /proc/sys/net/ipv4/conf",
    ),
    `$ echo 1 > /proc/sys/net/ipv4/ip_forward
$ sysctl -n net.ipv4.conf.lo.forwarding
1
$ cat /proc/sys/net/ipv4/ip_forward
1
$ ls /proc/sys/net/ipv4/conf
all
default
lo
`,
  );
});

Deno.test("/sys and /proc/net show the namespace of who looks", async () => {
  const machine = box();
  await redAndBlue(machine);
  assertEquals(
    await terminal(
      machine,
      "ls /sys/class/net",
      "ip netns exec red cat /sys/class/net/v0/address /sys/class/net/v0/operstate /sys/class/net/v0/mtu",
      "ip netns exec blue cat /proc/net/route",
      "ip netns exec blue cat /sys/class/net/eth9/mtu",
    ),
    `$ ls /sys/class/net
lo
$ ip netns exec red cat /sys/class/net/v0/address /sys/class/net/v0/operstate /sys/class/net/v0/mtu
02:00:00:00:00:01
up
1500
$ ip netns exec blue cat /proc/net/route
${"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".padEnd(127)}
${"v0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0".padEnd(127)}
$ ip netns exec blue cat /sys/class/net/eth9/mtu
cat: /sys/class/net/eth9/mtu: No such file or directory
[1]
`,
  );
});

Deno.test("a reboot keeps files and cables, applies /etc/sysctl.conf and forgets the rest", async () => {
  const machine = box();
  const booted: string[] = [];
  machine.onBoot(async () => {
    booted.push((await machine.run("ip -4 -br addr")).stdout);
  });
  await terminal(
    machine,
    "echo net.ipv4.ip_forward=1 >> /etc/sysctl.conf",
    "sysctl -qw net.ipv4.ip_default_ttl=33",
    "ip netns add red",
    "ip link add br0 type bridge",
    "ip addr add 10.0.0.1/24 dev br0",
    "ip link set br0 up",
    "reboot",
  );
  assertEquals(
    await terminal(
      machine,
      "sysctl net.ipv4.ip_forward net.ipv4.ip_default_ttl",
      "ip netns",
      "ip -br link",
      "ip route",
    ),
    `$ sysctl net.ipv4.ip_forward net.ipv4.ip_default_ttl
net.ipv4.ip_forward = 1
net.ipv4.ip_default_ttl = 64
$ ip netns
$ ip -br link
lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> 
$ ip route
`,
  );
  assertEquals(booted, ["lo               UNKNOWN        127.0.0.1/8 \n"]);
});
