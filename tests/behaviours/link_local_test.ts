/** Behaviours of link-local addresses and groups, as sockets meet them. */
import { assertEquals } from "@std/assert";
import { play, rules } from "./stage.ts";

Deno.test("connect() to what is known by its device alone needs one; a sender hears its own group as multicast", () => {
  const to = (proto: "udp" | "tcp" | "icmp", dst: string) => ({
    from: "a",
    proto,
    dst,
    dport: 5000,
    sport: 4000,
    id: 9,
  });
  const { results } = play({
    name: "near",
    ipv6: true,
    namespaces: ["a", "b"],
    links: [{ a: "a:eth0", b: "b:eth0" }],
    addresses: { "a:eth0": "2001:db8:1::1/64", "b:eth0": "2001:db8:1::2/64" },
    ip6tables: { a: rules({ raw: ["-A PREROUTING -m rpfilter -m pkttype --pkt-type multicast"] }) },
    probes: [
      to("udp", "fe80::9"),
      to("tcp", "fe80::9"),
      to("udp", "ff02::1"),
      to("tcp", "ff02::1"),
      to("icmp", "ff02::1"),
    ],
  });
  assertEquals(results.map(({ errno }) => errno), ["EINVAL", "EINVAL", "EINVAL", "ENETUNREACH", undefined]);
  // The request, and the solicitation of whom it makes known.
  assertEquals(results.at(-1)?.rules?.["a/raw6/PREROUTING/1"], 2);
});

Deno.test("a machine reaches itself at its link-local address", () => {
  const { world, results } = play({
    name: "own",
    ipv6: true,
    namespaces: ["a", "b"],
    links: [{ a: "a:eth0", b: "b:eth0", mac_a: "02:00:00:00:00:01" }],
    addresses: { "a:eth0": "2001:db8:1::1/64" },
    listeners: [{ ns: "a", proto: "tcp", port: 80, family: 6 }],
    probes: [{ from: "a", proto: "icmp", dst: "fe80::ff:fe00:1", dport: 0, id: 9 }],
  });
  assertEquals(results[0]?.client_sees, "reply from fe80::ff:fe00:1");
  const { plane, ns } = world;
  const a = ns.get("a") as number;
  const socket = plane.socket(a, "tcp", 6);
  plane.setSocket(socket, { device: plane.links(a).find(({ name }) => name === "eth0")?.index });
  plane.connect(socket, "fe80::ff:fe00:1", 80);
  assertEquals(plane.socketView(socket).writable, true);
});

Deno.test("no error leads from the loopback address to a link-local sender, though both are ours", () => {
  const { results } = play({
    name: "turned",
    ipv6: true,
    namespaces: ["a", "b"],
    links: [{ a: "a:eth0", b: "b:eth0" }],
    ip6tables: {
      a: rules({ nat: ["-A OUTPUT -d fe80::9 -j REDIRECT"], filter: ["-A OUTPUT -p ipv6-icmp -j REJECT"] }),
    },
    probes: ["fe80::9", "fe80::8"].map((dst) => ({ from: "a", proto: "icmp", dst, dport: 0, id: 9 })),
  });
  assertEquals(results.map(({ rules }) => rules?.["a/filter6/OUTPUT/1"]), [1, 2]);
});
