import { assertEquals, assertMatch } from "@std/assert";
import { defaultHost } from "../../mod.ts";
import { Lab } from "./lab.ts";

async function outside(work: (dig: (words: string) => Promise<string>, lab: Lab) => Promise<void>): Promise<void> {
  const lab = await Lab.open({ files: [] }, defaultHost());
  await work(async (words) => (await lab.exec("machine/host", `dig ${words}`)).stdout, lab);
  lab.close();
}

Deno.test("the tree can be walked by hand: root, top level, domain", () =>
  outside(async (dig) => {
    assertMatch(await dig("@192.0.2.1 www.example.com"), /\ncom\.\t+172800\tIN\tNS\ta\.gtld-servers\.net\.\n/);
    assertMatch(await dig("@192.0.2.11 www.example.com"), /\nns1\.example\.com\.\t172800\tIN\tA\t192\.0\.2\.21\n/);
    assertMatch(await dig("@192.0.2.21 www.example.com"), /flags: qr aa rd;[^]*\tA\t198\.51\.100\.80\n/);
  }));

Deno.test("the resolver walks it alone, and remembers for as long as the records say", () =>
  outside(async (dig, lab) => {
    const answer = "+noall +answer short.example.com";
    assertEquals(await dig(answer), "short.example.com.\t30\tIN\tA\t198.51.100.80\n");
    await lab.advance(12);
    assertEquals(await dig(answer), "short.example.com.\t18\tIN\tA\t198.51.100.80\n");
    await lab.advance(19);
    assertEquals(await dig(answer), "short.example.com.\t30\tIN\tA\t198.51.100.80\n");
  }));

Deno.test("that a name does not exist is remembered, too, for the least of the SOA's TTL and minimum", () =>
  outside(async (dig, lab) => {
    const denied = "+noall +authority nope.example.com";
    assertMatch(await dig(denied), /^example\.com\.\t\t300\tIN\tSOA/);
    await lab.advance(100);
    assertMatch(await dig(denied), /^example\.com\.\t\t200\tIN\tSOA/);
    assertMatch(await dig("nope.nowhere"), /status: NXDOMAIN/);
  }));

Deno.test("aliases lead over zones and servers, a DNAME and a wildcard make names", () =>
  outside(async (dig) => {
    assertEquals(await dig("+short www.acme.org"), "www.example.com.\n198.51.100.80\n");
    assertEquals(await dig("+short a.old.example.com"), "new.example.com.\na.new.example.com.\n198.51.100.80\n");
    assertEquals(await dig("+short any.wild.example.com"), "198.51.100.80\n");
    assertEquals(await dig("+short -x 198.51.100.80"), "www.example.com.\n");
  }));

Deno.test("machines of a lab run name servers of their own: nsd from zone files, unbound in front", async () => {
  const machines = `apiVersion: podwire.dev/v1
kind: Lab
metadata: {name: names}
machines:
- name: auth
  addresses: {eth0: [10.0.0.53/24]}
  run:
  - mkdir -p /etc/nsd
  - "printf 'server:\\n ip-address: 10.0.0.53\\nzone:\\n name: lab.test\\n zonefile: lab.zone\\n provide-xfr: 0.0.0.0/0 NOKEY\\n' > /etc/nsd/nsd.conf"
  - "printf '@ 300 IN SOA ns root 1 2 3 4 5\\n@ IN NS ns\\nns IN A 10.0.0.53\\nwww 60 IN A 10.0.0.9\\n' > /etc/nsd/lab.zone"
  - nsd &
- name: resolver
  addresses: {eth0: [10.0.0.2/24]}
  run:
  - mkdir -p /etc/unbound
  - "printf 'server:\\n interface: 10.0.0.2\\nforward-zone:\\n name: gone.test\\n forward-addr: 10.0.0.77\\nstub-zone:\\n name: lab.test\\n stub-addr: 10.0.0.53\\n' > /etc/unbound/unbound.conf"
  - unbound &
- name: client
  addresses: {eth0: [10.0.0.3/24]}
  run: ["echo nameserver 10.0.0.2 > /etc/resolv.conf"]
switches: [{name: lan}]
links: [[auth, lan], [resolver, lan], [client, lan]]
`;
  const lab = await Lab.open({ files: [machines] }, defaultHost());
  const run = async (line: string) => (await lab.exec("machine/client", line)).stdout;
  assertEquals(await run("dig +noall +answer www.lab.test"), "www.lab.test.\t\t60\tIN\tA\t10.0.0.9\n");
  await lab.advance(20);
  assertEquals(await run("dig +noall +answer www.lab.test"), "www.lab.test.\t\t40\tIN\tA\t10.0.0.9\n");
  assertMatch(await run("dig x.gone.test"), /status: SERVFAIL/);
  assertMatch(await run("dig @10.0.0.53 lab.test AXFR"), /;; XFR size: 5 records \(messages 1, bytes 156\)/);
  assertMatch(await run("dig @10.0.0.53 example.com"), /status: REFUSED/);
  assertMatch(await run("dig @10.0.0.2 version.bind TXT CH +short"), /"unbound 1\.17\.1"/);
  lab.close();
});
