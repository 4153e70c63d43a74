import { assertEquals } from "@std/assert";
import { NETWORKS, type NetworkView, publishedMac } from "../mod.ts";

const VIEW: NetworkView = {
  network: "10.244.0.0/16",
  device: "eth0",
  mtu: 1500,
  prefixLength: 24,
  self: { name: "n1", address: "192.168.10.11", podCIDR: "10.244.1.0/24", vtepMac: "02:00:00:00:f0:01" },
  peers: [
    { name: "n2", address: "192.168.10.12", podCIDR: "10.244.2.0/24", vtepMac: "02:00:00:00:f0:02" },
    { name: "n3", address: "192.168.10.13", podCIDR: "10.244.3.0/24" },
  ],
};

Deno.test("flannel over vxlan: a device, and route, neighbour and FDB entry of every peer that published its MAC", () => {
  const { devices, routes, neighbours, fdb, podMtu } = NETWORKS["flannel"]!(VIEW);
  assertEquals(devices, [
    "link add flannel.1 address 02:00:00:00:f0:01 type vxlan id 1 local 192.168.10.11 dev eth0 dstport 8472 nolearning",
    "link set flannel.1 mtu 1450",
    "link set flannel.1 up",
    "addr add 10.244.1.0/32 dev flannel.1",
  ]);
  assertEquals(routes, ["10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"]);
  assertEquals(neighbours, ["10.244.2.0 lladdr 02:00:00:00:f0:02 dev flannel.1 nud permanent"]);
  assertEquals(fdb, ["02:00:00:00:f0:02 dev flannel.1 dst 192.168.10.12 self permanent"]);
  assertEquals(podMtu, 1450);
});

Deno.test("flannel by host-gw: routes only, and the full MTU", () => {
  const { devices, routes, podMtu } = NETWORKS["flannel/host-gw"]!(VIEW);
  assertEquals([devices.length, podMtu], [0, 1500]);
  assertEquals(routes, ["10.244.2.0/24 via 192.168.10.12 dev eth0", "10.244.3.0/24 via 192.168.10.13 dev eth0"]);
});

Deno.test("subnet.env and the annotations are those flanneld writes", () => {
  const { files, annotations } = NETWORKS["flannel"]!(VIEW);
  assertEquals(
    files["/run/flannel/subnet.env"],
    "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n",
  );
  assertEquals(annotations, {
    "flannel.alpha.coreos.com/backend-data": '{"VNI":1,"VtepMAC":"02:00:00:00:f0:01"}',
    "flannel.alpha.coreos.com/backend-type": "vxlan",
    "flannel.alpha.coreos.com/kube-subnet-manager": "true",
    "flannel.alpha.coreos.com/public-ip": "192.168.10.11",
  });
  assertEquals(publishedMac(annotations), "02:00:00:00:f0:01");
});
