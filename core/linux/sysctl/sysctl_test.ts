import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { box, terminal } from "../lab_test.ts";
import { parseSysctlConf, printSysctlConf, sysctlPath } from "./conf.ts";

Deno.test("parse . print of sysctl.conf gives the settings back", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_.]{0,12}$/);
  const setting = fc.record({
    key: word,
    value: fc.stringMatching(/^[a-z0-9]([a-z0-9 ]{0,6}[a-z0-9])?$/),
    lenient: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(setting), (settings) => {
    const numbered = settings.map((one, index) => ({ line: index + 1, ...one }));
    assertEquals(parseSysctlConf(printSysctlConf(numbered)), { settings: numbered, bad: [] });
  }));
});

Deno.test("comments, blanks and lines without a value are told apart", () => {
  const text = "# net.a=1\n; b=2\n\n net.ipv4.ip_forward = 1 \n-net.c=3\nnonsense\n";
  assertEquals(parseSysctlConf(text), {
    settings: [
      { line: 4, key: "net.ipv4.ip_forward", value: "1", lenient: false },
      { line: 5, key: "net.c", value: "3", lenient: true },
    ],
    bad: [6],
  });
});

Deno.test("whichever of . and / comes first divides a key", () => {
  assertEquals(sysctlPath("net.ipv4.conf.eth0.forwarding"), "net/ipv4/conf/eth0/forwarding");
  assertEquals(sysctlPath("net.ipv4.conf.eth0/10.forwarding"), "net/ipv4/conf/eth0.10/forwarding");
  assertEquals(sysctlPath("net/ipv4/conf/eth0.10/forwarding"), "net/ipv4/conf/eth0.10/forwarding");
});

Deno.test("sysctl -p loads a file, names its bad lines and goes on", async () => {
  assertEquals(
    await terminal(
      box(),
      "printf 'net.ipv4.ip_forward=1\\nbad line\\nnet.ipv4.nope=1\\n-net.ipv4.nope2=1\\nnet.ipv4.ip_default_ttl=0\\n' > /tmp/s.conf",
      "sysctl -p /tmp/s.conf",
      "sysctl -p /no/file",
      "sysctl -n -e net.ipv4.ip_forward net.ipv4.nope",
      "sysctl -N 'net.ipv4.conf.*.rp_filter'",
    ),
    `$ printf 'net.ipv4.ip_forward=1\\nbad line\\nnet.ipv4.nope=1\\n-net.ipv4.nope2=1\\nnet.ipv4.ip_default_ttl=0\\n' > /tmp/s.conf
$ sysctl -p /tmp/s.conf
net.ipv4.ip_forward = 1
sysctl: /tmp/s.conf(2): invalid syntax, continuing...
sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory
sysctl: cannot stat /proc/sys/net/ipv4/nope2: No such file or directory
sysctl: setting key "net.ipv4.ip_default_ttl": Invalid argument
[1]
$ sysctl -p /no/file
sysctl: cannot open "/no/file": No such file or directory
[1]
$ sysctl -n -e net.ipv4.ip_forward net.ipv4.nope
1
$ sysctl -N 'net.ipv4.conf.*.rp_filter'
net.ipv4.conf.all.rp_filter
net.ipv4.conf.default.rp_filter
net.ipv4.conf.lo.rp_filter
`,
  );
});

Deno.test("sysctls belong to a namespace", async () => {
  assertEquals(
    await terminal(
      box(),
      "ip netns add red",
      "ip netns exec red sysctl -w net.ipv4.ip_forward=1 net.core.rmem_max=5000",
      "sysctl net.ipv4.ip_forward net.core.rmem_max",
      "ip netns exec red sysctl -n net.ipv4.ip_forward net.core.rmem_max",
    ),
    `$ ip netns add red
$ ip netns exec red sysctl -w net.ipv4.ip_forward=1 net.core.rmem_max=5000
net.ipv4.ip_forward = 1
net.core.rmem_max = 5000
$ sysctl net.ipv4.ip_forward net.core.rmem_max
net.ipv4.ip_forward = 0
net.core.rmem_max = 4194304
$ ip netns exec red sysctl -n net.ipv4.ip_forward net.core.rmem_max
1
5000
`,
  );
});
