/** Snapshots, forks, shells and expectations: a lab that is written down, goes two ways, and is asked for what must hold. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Lab, readExpectations, testExpectation, TextError } from "../mod.ts";

const SHOP = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: client, image: nicolaka/netshoot, command: [sleep, infinity]}]}
`;

/** What a lab shows of itself, with counters and connections. */
async function look(lab: Lab): Promise<string> {
  const dumps: string[] = [];
  for (const command of ["iptables-save -c", "conntrack -L", "ip -s link", "cat /tmp/note"]) {
    const { stdout, stderr } = await lab.exec("node/node-1", command);
    dumps.push(stdout + stderr);
  }
  return lab.log() + JSON.stringify(lab.overview()) + dumps.join("\n");
}

Deno.test("a restored lab is the lab it was taken of: log, counters, connections, files and virtual time", async () => {
  const lab = await Lab.open({ files: [SHOP], nodes: 2, seed: 7 });
  await lab.why("pod/client", "svc/web:80");
  await lab.exec("pod/client", "curl -s http://web");
  await lab.exec("node/node-1", "echo kept > /tmp/note");
  await assertRejects(() => lab.why("pod/client", "nobody.example:80"));
  await lab.delete([
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n",
  ]);
  await lab.advance(12.5);
  const again = await Lab.restore(lab.snapshot());
  assertEquals(await look(again), await look(lab));
  again.close();
  lab.close();
});

Deno.test("a fork goes its own way and leaves the lab it came from alone", async () => {
  const lab = await Lab.open({ files: [SHOP], nodes: 1 });
  const fork = await lab.fork();
  await fork.exec("node/node-1", "iptables -I FORWARD -p tcp --dport 80 -j DROP");
  assertEquals(await fork.send("pod/client", "svc/web:80"), "dropped");
  assertEquals(await lab.send("pod/client", "svc/web:80"), "delivered");
  fork.close();
  lab.close();
});

Deno.test("what is no snapshot is refused", async () => {
  await assertRejects(() => Lab.restore("{}"), TextError, "not a snapshot");
  await assertRejects(() => Lab.restore("nonsense"), TextError, "not JSON");
});

Deno.test("a shell keeps its folder and variables from line to line, and a fork of its lab does too", async () => {
  const lab = await Lab.open({});
  const shell = lab.shell("machine/host");
  assertEquals(shell.prompt, "root@host:~# ");
  await shell.run("cd /etc; NAME=podwire");
  assertEquals(shell.prompt, "root@host:/etc# ");
  assertEquals((await shell.run("echo $NAME $PWD")).stdout, "podwire /etc\n");
  (await lab.fork()).close();
  lab.close();
});

const EXPECTATIONS = `apiVersion: podwire.dev/v1
kind: Expectations
expect:
- {from: pod/client, to: "svc/web:80", verdict: delivered, backend: default/web}
- {from: pod/client, to: "svc/web:80", verdict: refused}
- {from: pod/client, to: "svc/web:81", verdict: delivered, decidedBy: Service/default/other}
`;

Deno.test("expectations hold, or say field by field what was answered instead", async () => {
  const lab = await Lab.open({ files: [SHOP], nodes: 1 });
  const expectations = readExpectations([{ name: "expect.yaml", text: EXPECTATIONS }]);
  const [first, second, third] = await Promise.all(expectations.map((one) => testExpectation(lab, one)));
  assertEquals(first?.differences, []);
  assertEquals(second?.differences, ["verdict delivered, expected refused"]);
  assert(third?.differences.some((text) => text.endsWith("expected Service/default/other")));
  assertEquals(second?.expectation.line, 5);
  lab.close();
});

Deno.test("wrong expectations are refused with line, column and what was expected", async () => {
  const say = (line: string) => `apiVersion: podwire.dev/v1\nkind: Expectations\nexpect:\n- ${line}\n`;
  const wrong: readonly (readonly [string, string, string])[] = [
    ["{from: a, to: b, verdict: arrived}", "4:29", "delivered"],
    ["{from: a, to: b, verdict: delivered, prot: udp}", "4:40", "proto"],
    ["{from: a, verdict: delivered}", "4:3", "string"],
  ];
  for (const [line, at, expected] of wrong) {
    const error = assertThrows(() => readExpectations([{ name: "e.yaml", text: say(line) }]), TextError);
    assertEquals(`${error.line}:${error.column}`, at, error.message);
    assertStringIncludes(error.expected, expected);
  }
  const lab = await Lab.open({});
  const [nobody] = readExpectations([{ name: "e.yaml", text: say("{from: pod/x/y, to: host, verdict: delivered}") }]);
  await assertRejects(() => testExpectation(lab, nobody!), TextError, "e.yaml:4:3");
  lab.close();
});

Deno.test("kube-proxy changes its mode in a running lab: the Service goes on, and each cleans up after the one before", async () => {
  const lab = await Lab.open({ files: [SHOP], nodes: 2 });
  const counts = async () => {
    const { stdout } = await lab.exec("node/node-1", "iptables-save; nft list tables; ipvsadm -Ln");
    return ["KUBE-SERVICES", "table ip kube-proxy", "TCP  10."].map((sign) => stdout.includes(sign));
  };
  assertEquals(await counts(), [true, false, false]);
  for (const mode of ["nftables", "ipvs", "userspace", "iptables"] as const) {
    await lab.setProxy(mode);
    assertEquals(await lab.send("pod/client", "svc/web:80"), "delivered", mode);
    assertEquals(lab.overview().proxy, mode);
    const [, nft, ipvs] = await counts();
    assertEquals([nft, ipvs], [mode === "nftables", mode === "ipvs"], mode);
  }
  await lab.setProxy("none");
  assertEquals(await counts(), [true, false, false]);
  const again = await Lab.restore(lab.snapshot());
  assertEquals(await look(again), await look(lab));
  again.close();
  lab.close();
});
