/** What another mode of kube-proxy would change, and what a change of objects would. */
import { assertEquals, assertMatch } from "@std/assert";
import { diff, type DiffRow, Lab } from "../mod.ts";

const SHOP = `
apiVersion: podwire.dev/v1
kind: Lab
nodes: 2
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
`;

async function between(...modes: readonly string[]): Promise<DiffRow[]> {
  const labs = [];
  for (const proxy of modes) labs.push({ name: proxy, lab: await Lab.open({ files: [SHOP], proxy }) });
  const rows = await diff(labs);
  for (const { lab } of labs) lab.close();
  return rows;
}

const found = (rows: readonly DiffRow[], from: string, to: RegExp) =>
  rows.find((row) => row.from.startsWith(from) && to.test(row.to));

Deno.test("nftables mode refuses stray ports and has no node ports on loopback; nothing else ends differently", async () => {
  const rows = await between("iptables", "nftables");
  const stray = found(rows, "pod/", /:9$/);
  assertEquals(stray?.outcomes.map(({ verdict }) => verdict), ["unreachable", "refused"]);
  assertMatch(
    stray?.outcomes[1]?.why ?? "",
    /cluster-ips-check .* reject comment "Reject traffic to invalid ports of ClusterIPs"/,
  );
  assertEquals(rows.filter(({ to }) => !/:9$|^127\./.test(to)), []);
});

Deno.test("in userspace mode it is the node that answers, by the rule that leads to its proxy", async () => {
  const rows = await between("iptables", "userspace");
  const row = found(rows, "pod/default/web", /:80$/);
  assertEquals(row?.outcomes.map(({ receiver }) => receiver?.replace(/-\d$/, "")), ["a pod", "node/node"]);
  assertMatch(row?.outcomes[1]?.why ?? "", /KUBE-PORTALS-CONTAINER .* REDIRECT --to-ports/);
});

Deno.test("a lab holds no difference to itself", async () => {
  assertEquals(await between("ipvs", "ipvs"), []);
});
