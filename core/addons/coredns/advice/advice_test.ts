import { assertEquals } from "@std/assert";
import { adviseCorefile } from "./advice.ts";

const KUBEADM = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

function remarks(text: string, version = "1.11.1"): string[] {
  return adviseCorefile({ text, file: "Corefile", version }).map(({ line, plugin, text }) =>
    `${line} ${plugin}: ${text}`
  );
}

Deno.test("nothing is said of kubeadm's own Corefile", () => assertEquals(remarks(KUBEADM), []));

Deno.test("a zone that no query of the block can be in is told", () => {
  assertEquals(remarks("lab.test {\n    forward example.org 10.0.0.1\n}\n"), [
    "2 forward: no query for example.org comes to this block: it serves lab.test.",
  ]);
});

Deno.test("a zone above or below the block's is no reason to speak", () => {
  assertEquals(remarks("lab.test {\n    forward . 10.0.0.1\n    cache 30 a.lab.test\n}\n"), []);
});

Deno.test("a forward to the server's own port is a loop, to another port it is none", () => {
  assertEquals(remarks(".:53 {\n    forward . 127.0.0.1\n}\n").map((line) => line.slice(0, 17)), ["2 forward: a loop"]);
  assertEquals(remarks(".:53 {\n    forward . 127.0.0.1:5353\n}\n"), []);
});

Deno.test("a resolv.conf that names the server itself is a loop", () => {
  const host = { readFile: () => "nameserver 127.0.0.53\n", env: {} } as unknown as Parameters<
    typeof adviseCorefile
  >[0]["host"];
  const text = ".:53 {\n    forward . /etc/resolv.conf\n}\n";
  const [first] = adviseCorefile({ text, file: "Corefile", ...(host === undefined ? {} : { host }) });
  assertEquals(first?.text.includes("127.0.0.53 in /etc/resolv.conf"), true);
});

Deno.test("hosts without fallthrough before kubernetes is the classic mistake", () => {
  const block = (inner: string) => KUBEADM.replace("    ready\n", `    ready\n    hosts {\n${inner}    }\n`);
  assertEquals(remarks(block("       10.0.0.1 a.lab.test\n")), [
    "7 hosts: without fallthrough, names that hosts does not know are SERVFAIL and never reach kubernetes, forward",
  ]);
  assertEquals(remarks(block("       10.0.0.1 a.lab.test\n       fallthrough\n")), []);
});

Deno.test("cache before rewrite is told in releases that have it so", () => {
  const text = ".:53 {\n    rewrite name a.lab b.lab\n    cache\n    forward . 10.0.0.1\n}\n";
  assertEquals(remarks(text, "1.11.1").map((line) => line.slice(0, 30)), ["2 rewrite: cache stands before"]);
  assertEquals(remarks(text, "1.14.7"), []);
});

Deno.test("a plugin of the release that is not simulated is named once", () => {
  assertEquals(remarks(".:53 {\n    dnstap /run/dnstap.sock\n    forward . 10.0.0.1\n}\n"), [
    "2 dnstap: dnstap is a plugin of this release that podwire does not simulate: queries pass it by",
  ]);
});

Deno.test("a block of helpers alone answers nobody", () => {
  assertEquals(remarks("x.org {\n    errors\n    log\n}\n").map((line) => line.slice(0, 20)), ["2 errors: no plugin "]);
});
