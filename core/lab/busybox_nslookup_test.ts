import { assertEquals } from "@std/assert";
import { Lab } from "../../mod.ts";

function pod(name: string, image: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {containers: [{name: c, image: "${image}", command: [sleep, "36000"]}]}
`;
}

Deno.test("busybox's nslookup searches as its version does; netshoot has bind's", async () => {
  const files = [pod("old", "busybox:1.28"), pod("new", "busybox:1.36"), pod("bind", "nicolaka/netshoot")];
  const lab = await Lab.open({ files, nodes: 1 });
  const run = async (place: string, command: string) => {
    const { stdout, stderr, exit } = await lab.exec(place, command);
    return `${stdout}${stderr}[${exit}]`;
  };
  assertEquals(
    await run("pod/old", "nslookup kubernetes.default"),
    "Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns.kube-system.svc.cluster.local\n\n" +
      "Name:      kubernetes.default\nAddress 1: 10.96.0.1 kubernetes.default.svc.cluster.local\n[0]",
  );
  assertEquals(
    await run("pod/old", "nslookup nope"),
    "Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns.kube-system.svc.cluster.local\n\n" +
      "nslookup: can't resolve 'nope'\n[1]",
  );
  const head = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n";
  // A dot keeps a name off the search list.
  const missing = "** server can't find kubernetes.default: NXDOMAIN\n\n";
  assertEquals(await run("pod/new", "nslookup kubernetes.default"), `${head}${missing}${missing}[1]`);
  assertEquals(
    await run("pod/new", "nslookup -type=srv _https._tcp.kubernetes.default.svc.cluster.local"),
    `${head}_https._tcp.kubernetes.default.svc.cluster.local\tservice = 0 100 443 kubernetes.default.svc.cluster.local\n\n[0]`,
  );
  assertEquals(
    await run("pod/new", "nslookup web 192.0.2.99"),
    ";; connection timed out; no servers could be reached\n\n[1]",
  );
  assertEquals(
    await run("pod/bind", "nslookup kubernetes.default"),
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n" +
      "Name:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n[0]",
  );
  await lab.close();
});
