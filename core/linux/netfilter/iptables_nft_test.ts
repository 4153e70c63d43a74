import { assertEquals } from "@std/assert";
import { planeBytes } from "../../../wasm/bytes.ts";
import { Plane } from "../../../wasm/mod.ts";
import { addNamespace, type Namespace } from "../namespace.ts";
import { NftSession } from "../nft/session.ts";
import { netfilterOf } from "./netfilter.ts";
import { restoreNftTables } from "./nft_restore.ts";
import { runIptables } from "./program/iptables.ts";

function machine(): Namespace {
  const namespace = addNamespace(Plane.open(planeBytes(), { seed: 1 }));
  namespace.plane.setLink(namespace.id, 1, { up: true });
  return namespace;
}

function iptables(namespace: Namespace, line: string, variant: "legacy" | "nft" = "nft"): string {
  const { out, err } = runIptables(netfilterOf(namespace, 4, variant), line.split(" "));
  return out + err;
}

function nft(namespace: Namespace, line: string, handles = false): string {
  const { out, err } = new NftSession(namespace, { handles, read: () => undefined }).run(line);
  return out + err;
}

/** What nft lists of a rule, without its counter. */
function listed(rule: string): string {
  const namespace = machine();
  assertEquals(iptables(namespace, `-A FORWARD ${rule}`), "");
  const line = nft(namespace, "list chain ip filter FORWARD").split("\n")[3] ?? "";
  return line.slice(2).replace("counter packets 0 bytes 0", "#");
}

Deno.test("rules of iptables-nft are expressions of nftables where it writes them, else words of libxtables or a name", () => {
  const rules: Readonly<Record<string, string>> = {
    "-s 10.0.0.0/8 -i eth+ -p tcp -m tcp --dport 22 -j ACCEPT":
      'iifname "eth*" ip saddr 10.0.0.0/8 tcp dport 22 # accept',
    "-p tcp -m tcp --dport 0:1023 --syn": "tcp flags syn / fin,syn,rst,ack tcp dport <= 1023 #",
    "-p tcp -m comment --comment ssh -m tcp --dport 22": "meta l4proto tcp  tcp dport 22 #",
    "-m mark --mark 0x1000000/0xff000000 -m limit --limit 5/min": "meta mark 0x01000000/8 limit rate 5/minute #",
    "-m conntrack ! --ctstate NEW -j LOG --log-prefix x": 'ct state ! new # log prefix "x"',
    "-p udp -m multiport --dports 53,67:68": "meta l4proto udp udp dport { 53, 67-68 } #",
    "-m recent --set": "xt match recent #",
    "-m time --timestart 08:00": ' meta hour "08:00:00"-"23:59:59" #',
  };
  for (const [rule, line] of Object.entries(rules)) assertEquals(listed(rule), line, rule);
});

Deno.test("each variant has its own rules, packets meet both, and nft shows one", () => {
  const namespace = machine();
  for (const variant of ["legacy", "nft"] as const) iptables(namespace, "-A OUTPUT -p udp --dport 9", variant);
  iptables(namespace, "-A OUTPUT -p udp -j ACCEPT", "legacy");
  const { plane, id } = namespace;
  const socket = plane.socket(id, "udp", 4);
  plane.sendTo(socket, new Uint8Array(10), "127.0.0.1", 9);
  assertEquals(
    iptables(namespace, "-v -S OUTPUT"),
    "-P OUTPUT ACCEPT -c 0 0\n-A OUTPUT -p udp -m udp --dport 9 -c 1 38\n" +
      "# Warning: iptables-legacy tables present, use iptables-legacy to see them\n",
  );
  assertEquals(
    nft(namespace, "list ruleset"),
    "table ip filter {\n\tchain OUTPUT {\n\t\ttype filter hook output priority filter; policy accept;\n" +
      "\t\tudp dport 9 counter packets 1 bytes 38\n\t}\n}\n",
  );
  iptables(namespace, "-P OUTPUT DROP");
  assertEquals(iptables(namespace, "-S OUTPUT", "legacy").split("\n")[0], "-P OUTPUT ACCEPT");
  plane.sendTo(socket, new Uint8Array(10), "127.0.0.1", 9);
  assertEquals(iptables(namespace, "-v -S OUTPUT").split("\n")[0], "-P OUTPUT DROP -c 1 38");
});

Deno.test("handles count on in a table, a rule in another's place keeps its own, and a restored table begins anew", () => {
  const namespace = machine();
  for (const line of ["-N A", "-A OUTPUT -j A", "-A OUTPUT -j DROP", "-R OUTPUT 1 -j ACCEPT", "-D OUTPUT 2", "-A A"]) {
    assertEquals(iptables(namespace, line), "");
  }
  const handles = () =>
    nft(namespace, "list table ip filter", true).split("\n").map((line) => /handle (\d+)/.exec(line)?.[1] ?? "").join(
      " ",
    )
      .trim();
  assertEquals(handles(), "1 1 5   2  3");
  const text = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j ACCEPT\nCOMMIT\n";
  assertEquals(restoreNftTables(netfilterOf(namespace, 4, "nft"), text, { tool: "iptables-nft-restore" }).exit, 0);
  assertEquals(handles(), "2 1  2");
});

Deno.test("a refused text names the line that the kernel did not take, and nothing of its table stands", () => {
  const namespace = machine();
  const text = "*filter\n:X - [0:0]\n-A INPUT -j ACCEPT\n-A X -j MASQUERADE\n-A INPUT -j X\nCOMMIT\n";
  const { err, exit } = restoreNftTables(netfilterOf(namespace, 4, "nft"), text, { tool: "iptables-nft-restore" });
  assertEquals(
    err,
    "iptables-nft-restore v1.8.9 (nf_tables): \nline 4: RULE_APPEND failed (Invalid argument): rule in chain X\n",
  );
  assertEquals([exit, nft(namespace, "list ruleset")], [4, ""]);
});

Deno.test("nft takes rules and tables of iptables-nft away, and adds nothing to them", () => {
  const namespace = machine();
  iptables(namespace, "-A INPUT -j ACCEPT");
  iptables(namespace, "-A INPUT -j DROP");
  assertEquals(nft(namespace, "delete rule ip filter INPUT handle 2"), "");
  assertEquals(iptables(namespace, "-S INPUT"), "-P INPUT ACCEPT\n-A INPUT -j DROP\n");
  assertEquals(nft(namespace, "add rule ip filter INPUT accept").includes("nft adds nothing"), true);
  assertEquals(nft(namespace, "flush ruleset"), "");
  assertEquals([iptables(namespace, "-S INPUT"), nft(namespace, "list ruleset")], ["-P INPUT ACCEPT\n", ""]);
});
