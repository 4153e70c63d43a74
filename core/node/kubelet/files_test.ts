import { assertEquals } from "@std/assert";
import type { Pod } from "../../kube/mod.ts";
import { nodeHosts, podHostname, podHosts } from "./hosts.ts";
import { podResolvConf } from "./resolv_conf.ts";

const DNS = { servers: ["10.96.0.10"], domain: "cluster.local" };
const NODE = "search lab.example\nnameserver 192.0.2.53\noptions edns0 trust-ad\n";

function pod(spec: Partial<Pod["spec"]>): Pod {
  return { metadata: { name: "web-0", namespace: "shop" }, spec: { containers: [], ...spec } } as unknown as Pod;
}

Deno.test("/etc/hosts is the one kubelet manages", () => {
  assertEquals(
    podHosts(pod({ hostAliases: [{ ip: "10.1.2.3", hostnames: ["a", "b"] }] }), "10.244.1.5", "cluster.local"),
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
      "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n" +
      "10.244.1.5\tweb-0\n\n# Entries added by HostAliases.\n10.1.2.3\ta\tb\n",
  );
});

Deno.test("a pod with a subdomain has its full name first", () => {
  const text = podHosts(pod({ hostname: "db-0", subdomain: "db" }), "10.244.1.5", "cluster.local");
  assertEquals(text.split("\n").at(-2), "10.244.1.5\tdb-0.db.shop.svc.cluster.local\tdb-0");
  assertEquals(podHostname(pod({})), "web-0");
});

Deno.test("a hostNetwork pod has the node's own hosts file", () => {
  assertEquals(
    nodeHosts(pod({ hostNetwork: true }), "127.0.0.1 localhost\n"),
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n",
  );
});

Deno.test("resolv.conf follows the pod's DNS policy", () => {
  const cluster =
    "search shop.svc.cluster.local svc.cluster.local cluster.local lab.example\nnameserver 10.96.0.10\noptions ndots:5\n";
  const host = "search lab.example\nnameserver 192.0.2.53\noptions edns0 trust-ad\n";
  assertEquals(podResolvConf(pod({}), NODE, DNS), cluster);
  assertEquals(podResolvConf(pod({ dnsPolicy: "ClusterFirst", hostNetwork: true }), NODE, DNS), host);
  assertEquals(podResolvConf(pod({ dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true }), NODE, DNS), cluster);
  assertEquals(podResolvConf(pod({ dnsPolicy: "Default" }), NODE, DNS), host);
});

Deno.test("dnsConfig is added, or stands alone under the policy None", () => {
  const dnsConfig = { nameservers: ["1.1.1.1"], searches: ["my.test"], options: [{ name: "ndots", value: "2" }] };
  assertEquals(
    podResolvConf(pod({ dnsConfig }), NODE, DNS),
    "search shop.svc.cluster.local svc.cluster.local cluster.local lab.example my.test\n" +
      "nameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2\n",
  );
  assertEquals(
    podResolvConf(pod({ dnsPolicy: "None", dnsConfig }), NODE, DNS),
    "search my.test\nnameserver 1.1.1.1\noptions ndots:2\n",
  );
});
