/** A cluster whose CIDRs come in pairs: pods and Services have both families, by flannel's tunnels and by plain routes. */
import { assertEquals, assertMatch } from "@std/assert";
import { Lab } from "../mod.ts";

const LAB = (network: string) =>
  `apiVersion: podwire.dev/v1
kind: Lab
nodes: 2
network: ${network}
podCIDR: 10.244.0.0/16,fd00:244::/48
serviceCIDR: 10.96.0.0/16,fd00:96::/112
nodeCIDR: 172.18.0.0/16,fd00:18::/64
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: box}
spec: {nodeName: node-1, containers: [{name: c, image: nicolaka/netshoot, command: [sleep, infinity]}]}
`;

for (const network of ["flannel", "bridge", "calico"]) {
  Deno.test(`dual stack over ${network}: pods of both nodes, a Service and the world outside are reached over IPv6`, async () => {
    const lab = await Lab.open({ files: [LAB(network)] });
    const box = async (line: string) => (await lab.exec("pod/default/box", line)).stdout.trim();
    const pods =
      (await lab.exec("admin", "kubectl get pods -l app=web -o jsonpath='{.items[*].status.podIPs[1].ip}'")).stdout;
    const addresses = pods.trim().split(" ");
    assertEquals(addresses.length, 2);
    for (const address of addresses) assertMatch(await box(`ping -c 1 -W 1 ${address}`), / 0% packet loss/);
    const service = await box("dig +short web.default.svc.cluster.local AAAA");
    assertMatch(service, /^fd00:96::/);
    assertMatch(await box(`curl -sS -m 3 http://[${service}]/`), /Welcome to nginx/);
    assertMatch(await box("curl -6 -sS -m 3 http://web/"), /Welcome to nginx/);
    assertMatch(await box("ping -c 1 -W 1 2001:db8:198:51::10"), / 0% packet loss/);
  });
}

Deno.test("a lab of IPv4 alone has IPv6 switched off, and one that speaks of IPv6 has addresses that are settled", async () => {
  const addresses = async (address: string) => {
    const lab = await Lab.open({
      files: [`apiVersion: podwire.dev/v1
kind: Lab
machines: [{name: a, addresses: {eth0: [${address}]}}, {name: b}]
links: [[a, b]]
`],
    });
    return (await lab.exec("machine/a", "ip -6 -o addr show dev eth0")).stdout.match(/inet6 \S+|tentative/g);
  };
  assertEquals(await addresses("10.0.0.1/24"), null);
  assertEquals((await addresses("'fd00::1/64'"))?.[0], "inet6 fd00::1/64");
  assertEquals((await addresses("'fd00::1/64'"))?.length, 2);
});
