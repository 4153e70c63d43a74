import { assertEquals } from "@std/assert";
import type { EndpointSlice } from "../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { printLogLine, startLog } from "./log.ts";

const NODE: ProxyNode = {
  name: "node-1",
  zone: "",
  addresses: ["192.168.7.11", "fd07::11"],
  podCIDRs: ["10.244.1.0/24", "fd00:10:244:1::/64"],
  interfaces: [],
};

function lines(config: ProxyConfig, endpointSlices: readonly EndpointSlice[] = []): string[] {
  return startLog({ config, node: NODE, endpointSlices, fresh: true }).map((line) =>
    printLogLine(line, 1_795_281_189_000)
  );
}

Deno.test("a start without nodePortAddresses is complained about in iptables mode, one without a table in nftables mode", () => {
  assertEquals(lines({}), [
    'E1121 17:13:09.000000       1 server.go:265] "Kube-proxy configuration may be incomplete or incorrect" ' +
    'err="nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. ' +
    'Consider using `--nodeport-addresses primary`"\n',
  ]);
  assertEquals(lines({ mode: "nftables" }), [
    'E1121 17:13:09.000000       1 proxier.go:1169] "Failed to list existing nftables objects" err=<\n',
  ]);
  assertEquals(lines({ nodePortAddresses: ["primary"] }), []);
});

Deno.test("node ports open in the family that nobody named, and ports without a number, are complained about", () => {
  const [dual = ""] = lines({ nodePortAddresses: ["10.0.0.0/8"], detectLocalMode: "NodeCIDR" });
  assertEquals(
    dual.includes("contains only IPv4 addresses; NodePort connections will be accepted on all local IPv6"),
    true,
  );
  assertEquals(lines({ nodePortAddresses: ["10.0.0.0/8"], clusterCIDR: "10.244.0.0/16" }), []);
  const slice = { kind: "EndpointSlice", ports: [{ name: "http" }, { name: "ok", port: 80 }] } as EndpointSlice;
  assertEquals(lines({ nodePortAddresses: ["primary"] }, [slice]), [
    'E1121 17:13:09.000000       1 endpointslicecache.go:179] "Ignoring invalid endpoint port" portName="http"\n',
  ]);
});
