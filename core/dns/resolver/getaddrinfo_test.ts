import { assertEquals } from "@std/assert";
import { parseIp, type Result } from "../../base/mod.ts";
import { fit } from "../fit.ts";
import { isMalformed, type Message, parseMessage, replyTo } from "../message.ts";
import { parseRecord } from "../record.ts";
import type { Attempt } from "./attempt.ts";
import { getaddrinfo, nameOfAddress, numericAddress } from "./getaddrinfo.ts";
import type { DnsHost, DnsReceived, DnsSocket } from "./host.ts";

/** A server of the fake network: what it answers to a question, `drop`, or an rcode. */
type Server = (name: string, type: string) => string[] | string;

/** A place with files and servers, on a clock that only waiting moves. */
function place(files: Record<string, string>, servers: Record<string, Server>): DnsHost & { now: number } {
  const host = {
    now: 0,
    files: { read: (path: string) => files[path] },
    clock: { now: () => host.now },
    random: { below: (bound: number) => (host.now * 7 + 11) % bound },
    net: {
      udp: () => socket(host, servers),
      connect: () => Promise.resolve(undefined),
    },
  };
  return host;
}

function socket(host: { now: number }, servers: Record<string, Server>): DnsSocket {
  const queue: DnsReceived[] = [];
  let peer = "";
  const answer = (data: Uint8Array, server: string): number => {
    const query = parseMessage(data);
    if (isMalformed(query) || servers[server] === undefined) return data.length;
    const { name, type } = query.questions[0] as { name: string; type: string };
    const said = servers[server](name, type);
    if (said === "refused") queue.push({ error: { errno: "ECONNREFUSED" } });
    else if (said !== "drop") queue.push(datagram(query, said, server));
    return data.length;
  };
  return {
    local: { address: "10.0.0.1", port: 40000 },
    bind: () => ({}),
    connect: (address): Result<unknown> => {
      peer = address;
      return parseIp(address)?.family === 6 && !servers[address] ? { errno: "ENETUNREACH" } : {};
    },
    send: (data) => answer(data, peer),
    sendTo: (data, address) => answer(data, address),
    receive: (timeout = 0) => {
      const next = queue.shift();
      if (next === undefined) host.now += timeout;
      return Promise.resolve(next);
    },
    close: () => {},
  };
}

function datagram(query: Message, said: string[] | string, from: string): DnsReceived {
  const flags = { ...replyTo(query).flags, ra: true };
  const reply = typeof said === "string"
    ? { ...replyTo(query, said), flags }
    : { ...replyTo(query), flags, answers: said.map(parseRecord) };
  return { datagram: { from, fromPort: 53, data: fit(reply, 512).bytes } };
}

const WEB: Server = (name, type) => {
  if (name !== "web.default.svc.cluster.local.") return "NXDOMAIN";
  return type === "A" ? [`${name} 5 IN A 10.96.0.20`] : [];
};
const POD = {
  "/etc/resolv.conf": "search default.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
  "/etc/hosts": "127.0.0.1 localhost\n192.168.1.11 db\n",
};

Deno.test("a short name is found along the search list", async () => {
  const seen: Attempt[] = [];
  const host = place(POD, { "10.96.0.10": WEB });
  assertEquals(await getaddrinfo(host, "web", { watch: (attempt) => seen.push(attempt) }), {
    addresses: ["10.96.0.20"],
    canonical: "web.default.svc.cluster.local",
  });
  assertEquals(seen.map(({ question, reply }) => `${question.name} ${question.type} ${reply?.rcode}`), [
    "web.default.svc.cluster.local. A NOERROR",
    "web.default.svc.cluster.local. AAAA NOERROR",
  ]);
});

Deno.test("an unknown name is tried everywhere, then not known", async () => {
  const names: string[] = [];
  const host = place(POD, { "10.96.0.10": WEB });
  const info = await getaddrinfo(host, "nope.x", { family: 4, watch: ({ question }) => names.push(question.name) });
  assertEquals(info, { gai: "EAI_NONAME", text: "Name or service not known" });
  assertEquals(names, ["nope.x.default.svc.cluster.local.", "nope.x.svc.cluster.local.", "nope.x."]);
});

Deno.test("a silent server takes two tries of five seconds for each name on the list's first step, then fails", async () => {
  const host = place(POD, { "10.96.0.10": () => "drop" });
  assertEquals(await getaddrinfo(host, "web"), { gai: "EAI_AGAIN", text: "Temporary failure in name resolution" });
  assertEquals(host.now, 20_000);
});

Deno.test("a refusing server fails at once", async () => {
  const host = place(POD, { "10.96.0.10": () => "refused" });
  assertEquals(await getaddrinfo(host, "web"), { gai: "EAI_AGAIN", text: "Temporary failure in name resolution" });
  assertEquals(host.now, 0);
});

Deno.test("SERVFAIL and REFUSED go to the next server", async () => {
  const files = { "/etc/resolv.conf": "nameserver 10.0.0.53\nnameserver 10.0.0.54\n" };
  for (const bad of ["SERVFAIL", "REFUSED"]) {
    const host = place(files, {
      "10.0.0.53": () => bad,
      "10.0.0.54": (n, t) => t === "A" ? [`${n} 5 IN A 10.1.1.1`] : [],
    });
    assertEquals(await getaddrinfo(host, "a.test"), { addresses: ["10.1.1.1"], canonical: "a.test" });
  }
});

Deno.test("where one of two answers is lost, the questions are asked again one after the other", async () => {
  let asked = 0;
  const host = place({ "/etc/resolv.conf": "nameserver 10.0.0.53\n" }, {
    "10.0.0.53": (n, t) => {
      asked++;
      if (t === "AAAA" && asked <= 2) return "drop";
      return t === "A" ? [`${n} 5 IN A 10.1.1.1`] : [];
    },
  });
  assertEquals(await getaddrinfo(host, "a.test"), { addresses: ["10.1.1.1"], canonical: "a.test" });
  assertEquals([asked, host.now], [4, 5000]);
});

Deno.test("hosts comes before DNS, or after it, as nsswitch says", async () => {
  const dns: Server = (n, t) => (t === "A" ? [`${n} 5 IN A 10.9.9.9`] : []);
  const files = { ...POD, "/etc/resolv.conf": "nameserver 10.0.0.53\n" };
  assertEquals(await getaddrinfo(place(files, { "10.0.0.53": dns }), "db"), {
    addresses: ["192.168.1.11"],
    canonical: "db",
  });
  const turned = { ...files, "/etc/nsswitch.conf": "hosts: dns files\n" };
  assertEquals(await getaddrinfo(place(turned, { "10.0.0.53": dns }), "db"), {
    addresses: ["10.9.9.9"],
    canonical: "db",
  });
});

Deno.test("musl asks all servers at once and stops searching at a name without addresses", async () => {
  const musl = {
    ...POD,
    "/lib/ld-musl-x86_64.so.1": "",
    "/etc/resolv.conf": "search a.test b.test\nnameserver 10.0.0.53\nnameserver 10.0.0.54\n",
  };
  const host = place(musl, {
    "10.0.0.53": () => "drop",
    "10.0.0.54": (n, t) =>
      n === "web.b.test." && t === "A" ? [`${n} 5 IN A 10.1.1.1`] : n === "web.a.test." ? [] : "NXDOMAIN",
  });
  assertEquals(await getaddrinfo(host, "web"), { gai: "EAI_NODATA", text: "Name has no usable address" });
  assertEquals(host.now, 0);
});

Deno.test("musl gives up after five seconds in all", async () => {
  const host = place({ "/lib/ld-musl-x86_64.so.1": "", "/etc/resolv.conf": "nameserver 10.0.0.53\n" }, {});
  assertEquals(await getaddrinfo(host, "web"), { gai: "EAI_AGAIN", text: "Try again" });
  assertEquals(host.now, 5000);
});

Deno.test("numbers are addresses as inet_aton reads them", () => {
  assertEquals(
    ["127.1", "0x7f000001", "10.0.1", "1.2.3.4.5", "256.1", "fe80::1%eth0", "web", "1.2.3.400"].map(numericAddress),
    ["127.0.0.1", "127.0.0.1", "10.0.0.1", undefined, undefined, "fe80::1%eth0", undefined, undefined],
  );
});

Deno.test("a literal of the other family is refused", async () => {
  assertEquals(await getaddrinfo(place({}, {}), "10.0.0.1", { family: 6 }), {
    gai: "EAI_ADDRFAMILY",
    text: "Address family for hostname not supported",
  });
});

Deno.test("an address has a name from hosts or from PTR", async () => {
  const host = place(POD, {
    "10.96.0.10": (n) => n === "20.0.96.10.in-addr.arpa." ? [`${n} 5 IN PTR web.test.`] : "NXDOMAIN",
  });
  assertEquals(await nameOfAddress(host, "127.0.0.1"), "localhost");
  assertEquals(await nameOfAddress(host, "10.96.0.20"), "web.test");
  assertEquals(await nameOfAddress(host, "10.96.0.21"), undefined);
});
