/** A cluster with Calico: pods get their addresses from its blocks, and NetworkPolicies have their effect on packets. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { defaultHost, Lab, readExpectations, testExpectation } from "../mod.ts";

const CLUSTER = (network: string) => `
{apiVersion: podwire.dev/v1, kind: Lab, nodes: 2, network: ${network}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop, labels: {app: client}}
spec: {nodeName: node-1, containers: [{name: c, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: node-2, containers: [{name: c, image: nginx, ports: [{containerPort: 80, name: http}]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}
`;

const DENY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
`;

const ALLOW = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: to-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: client}}
  policyTypes: [Egress]
  egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: http}]}]
`;

const open = (...files: string[]) => Lab.open({ files: [CLUSTER("calico"), ...files] }, defaultHost());
const verdict = async (lab: Lab, from: string, to: string) => (await lab.why(from, to)).verdict;

Deno.test("a policy drops packets, and why names it; what another policy allows gets through", async () => {
  const lab = await open();
  assertEquals(await verdict(lab, "pod/shop/client", "svc/shop/web:80"), "delivered");
  assertEquals((await lab.why("pod/shop/client", "pod/shop/web", { proto: "icmp" })).verdict, "delivered");
  await lab.apply([DENY]);
  assertEquals((await lab.why("pod/shop/client", "pod/shop/web", { proto: "icmp" })).verdict, "dropped");
  const denied = await lab.why("pod/shop/client", "svc/shop/web:80");
  assertEquals([denied.verdict, denied.decidedBy?.kind, denied.decidedBy?.namespace, denied.decidedBy?.name], [
    "dropped",
    "NetworkPolicy",
    "shop",
    "deny-all",
  ]);
  assertMatch(denied.decidedBy?.rule ?? "", /^-A cali-fw-cali[0-9a-f]{11} .*"End of tier default\./);
  assertEquals(denied.decidedBy?.because, "no policy allows it: pod shop/client is isolated (Egress) by deny-all");
  await lab.apply([ALLOW]);
  assertEquals(await verdict(lab, "pod/shop/client", "svc/shop/web:80"), "delivered");
  assertEquals(await verdict(lab, "pod/shop/web", "pod/shop/client:80"), "dropped");
  const others = await lab.why("pod/shop/client", "10.96.0.10:53");
  assertEquals([others.decidedBy?.name, others.decidedBy?.also], ["deny-all", ["NetworkPolicy/shop/to-web"]]);
  assertEquals(await verdict(lab, "node-2", "pod/shop/web:80"), "delivered");
  await lab.delete([DENY, ALLOW]);
  assertEquals(await verdict(lab, "pod/shop/web", "svc/kube-system/kube-dns:53"), "delivered");
});

Deno.test("a matrix names the policy behind each pair that does not get through", async () => {
  const lab = await open(DENY, ALLOW);
  const rows = (await lab.matrix({ port: 80 })).filter(({ from, to }) => `${from} ${to}`.includes("pod/shop"));
  const shown = (from: string, to: string) => {
    const row = rows.find((each) => each.from === `pod/shop/${from}` && each.to === `pod/shop/${to}`);
    return [row?.verdict, row?.decidedBy?.name, row?.decidedBy?.because];
  };
  assertEquals(shown("client", "web"), ["delivered", undefined, undefined]);
  assertEquals(shown("web", "client"), [
    "dropped",
    "deny-all",
    "no policy allows it: pod shop/web is isolated (Egress) by deny-all",
  ]);
});

Deno.test("a pod that reaches itself through its Service is its own backend, whatever redirects its node sends", async () => {
  const lab = await open();
  const why = await lab.why("pod/shop/web", "svc/shop/web:80");
  assertEquals([why.verdict, why.receivedBy, why.sees?.src === why.sees?.dst], ["delivered", "pod/shop/web", false]);
  assertEquals(why.forward.steps.some(({ detail }) => / icmp 5\/1 /.test(detail)), true);
  assertEquals(why.reply.steps.at(-1)?.place, "pod/shop/web");
});

Deno.test("expectations name the policy that must have decided, any of several", async () => {
  const lab = await open(DENY, ALLOW);
  const expectations = readExpectations([{
    name: "expect.yaml",
    text: `apiVersion: podwire.dev/v1
kind: Expectations
expect:
- {from: pod/shop/client, to: "svc/shop/web:80", verdict: delivered}
- {from: pod/shop/web, to: "svc/kube-system/kube-dns:53", proto: udp, verdict: dropped, decidedBy: NetworkPolicy/shop/deny-all}
- {from: pod/shop/client, to: "svc/kube-system/kube-dns:53", proto: udp, verdict: dropped, decidedBy: NetworkPolicy/shop/to-web}
- {from: pod/shop/web, to: "svc/kube-system/kube-dns:53", proto: udp, verdict: dropped, decidedBy: NetworkPolicy/shop/to-web}
`,
  }]);
  const differences = [];
  for (const expectation of expectations) differences.push((await testExpectation(lab, expectation)).differences);
  assertEquals(differences, [[], [], [], [
    "decidedBy NetworkPolicy/shop/deny-all, expected NetworkPolicy/shop/to-web",
  ]]);
});

Deno.test("Calico's own policies are asked in the order of tiers and numbers, and why names them", async () => {
  const lab = await open(`
apiVersion: crd.projectcalico.org/v1
kind: Tier
metadata: {name: security}
spec: {order: 100, defaultAction: Pass}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: security.no-web}
spec:
  tier: security
  order: 1
  selector: app == 'client'
  types: [Egress]
  egress: [{action: Deny, protocol: TCP, destination: {selector: app == 'web', ports: [80]}}, {action: Pass}]
`);
  const denied = await lab.why("pod/shop/client", "svc/shop/web:80");
  assertEquals([denied.verdict, denied.decidedBy?.kind, denied.decidedBy?.name, denied.decidedBy?.because], [
    "dropped",
    "GlobalNetworkPolicy",
    "security.no-web",
    "a rule of the policy denies it (Egress)",
  ]);
  assertEquals(await verdict(lab, "pod/shop/client", "10.96.0.10:53"), "delivered");
  assertEquals((await lab.why("pod/shop/client", "pod/shop/web", { proto: "icmp" })).verdict, "delivered");
  assertEquals(lab.overview().warnings, []);
});

Deno.test("a policy may name networks by the labels of sets, of the cluster or of a namespace", async () => {
  const sets = (net: string) => `
{apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkSet, metadata: {name: dns, labels: {role: dns}}, spec: {nets: [${net}]}}
---
{apiVersion: crd.projectcalico.org/v1, kind: NetworkSet, metadata: {name: all, namespace: default, labels: {role: dns}}, spec: {nets: [0.0.0.0/0]}}
`;
  const lab = await open(
    sets("172.18.0.2/32"),
    `
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: default.to-dns, namespace: shop}
spec: {selector: all(), types: [Egress], egress: [{action: Allow, destination: {selector: role == 'dns', namespaceSelector: global()}}]}
`,
  );
  assertEquals(await verdict(lab, "pod/shop/client", "172.18.0.2:6443"), "delivered");
  assertEquals(await verdict(lab, "pod/shop/client", "pod/shop/web:80"), "dropped");
  const anywhere = await lab.exec("admin", "kubectl label ns default team=net");
  assertEquals(anywhere.exit, 0);
  await lab.apply([`
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: default.anywhere, namespace: shop}
spec: {selector: all(), types: [Egress], egress: [{action: Allow, destination: {selector: role == 'dns', namespaceSelector: team == 'net'}}]}
`]);
  assertEquals(await verdict(lab, "pod/shop/client", "pod/shop/web:80"), "delivered");
  assertEquals(lab.overview().warnings, []);
});

Deno.test("what a policy of Calico's asks for in vain is named", async () => {
  const lab = await open(`
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: odd}
spec: {selector: "app = 'web'", preDNAT: true, ingress: [{action: Allow, source: {services: {name: web, namespace: shop}}}]}
`);
  assertEquals(lab.overview().warnings, [
    "GlobalNetworkPolicy odd: preDNAT is not simulated",
    "GlobalNetworkPolicy odd: services is not simulated",
    `GlobalNetworkPolicy odd: the selector "app = 'web'" selects nothing: selector:1:5: unexpected =, expected a selector`,
  ]);
});

Deno.test("pods' addresses come from a block of their node, and go back to it", async () => {
  const lab = await open();
  const [client] = lab.overview().pods.filter(({ name }) => name === "client");
  const blocks = await lab.exec("admin", "kubectl get ipamblocks -o jsonpath='{.items[*].spec.affinity}'");
  assertEquals(blocks.stdout.split(" ").sort(), ["host:node-1", "host:node-2"]);
  const routes = await lab.exec("node-1", "ip route");
  assertMatch(routes.stdout, new RegExp(`^${client?.address} dev cali[0-9a-f]{11} scope link metric 1024 $`, "m"));
  assertMatch(routes.stdout, /^blackhole 10\.244\.\d+\.\d+\/26 proto 80 $/m);
  assertMatch(routes.stdout, /^10\.244\.\d+\.\d+\/26 via 10\.244\.\d+\.\d+ dev vxlan\.calico onlink/m);
  const inside = await lab.exec("pod/shop/client", "ip route");
  assertEquals(inside.stdout, "default via 169.254.1.1 dev eth0 \n169.254.1.1 dev eth0 scope link \n");
  const handles = async () =>
    (await lab.exec("admin", "kubectl get ipamhandles --no-headers")).stdout.split("\n").length;
  const before = await handles();
  await lab.exec("admin", "kubectl delete pod -n shop client --now");
  await lab.advance(5);
  assertEquals(await handles(), before - 1);
  const after = await lab.exec("node-1", "ip route");
  assertEquals(after.stdout.includes(`${client?.address} `), false);
});

Deno.test("an address asked for by annotation is given", async () => {
  const lab = await open(`
apiVersion: v1
kind: Pod
metadata: {name: fixed, annotations: {cni.projectcalico.org/ipAddrs: '["10.244.9.9"]'}}
spec: {nodeName: node-1, containers: [{name: c, image: nginx}]}
`);
  assertEquals(lab.overview().pods.find(({ name }) => name === "fixed")?.address, "10.244.9.9");
});

Deno.test("a network that enforces no policies says so by name", async () => {
  const lab = await Lab.open({ files: [CLUSTER("flannel"), DENY] }, defaultHost());
  assertStringIncludes(
    lab.overview().warnings.join("\n"),
    "network flannel does not enforce NetworkPolicies, as in real clusters: shop/deny-all",
  );
  assertEquals(await verdict(lab, "pod/shop/client", "svc/shop/web:80"), "delivered");
  assertEquals((await open(DENY)).overview().warnings, []);
});
