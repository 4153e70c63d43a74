import { assertEquals } from "@std/assert";
import { planeBytes } from "../../../wasm/bytes.ts";
import { Plane } from "../../../wasm/mod.ts";
import { addNamespace, type Namespace } from "../namespace.ts";
import { restoreSets } from "./ipset/command.ts";
import { netfilterOf } from "./netfilter.ts";
import { runIptables, runRestore, runSave } from "./program/iptables.ts";
import { restoreTables } from "./restore.ts";

function machine(): Namespace {
  const namespace = addNamespace(Plane.open(planeBytes(), { seed: 1 }));
  namespace.plane.setLink(namespace.id, 1, { up: true });
  return namespace;
}

/** Types a command line; gives what it printed on either stream, and its exit status where that is not 0. */
function type(namespace: Namespace, line: string, family: 4 | 6 = 4): string {
  const { out, err, exit } = runIptables(netfilterOf(namespace, family), line.split(" "));
  return out + err + (exit === 0 ? "" : `exit ${exit}\n`);
}

function io(stdin: string) {
  return { stdin, now: Date.UTC(2026, 0, 1), read: () => undefined, write: () => {} };
}

/** Sends datagrams to ourselves, so that rules count. */
function sendToOurselves(namespace: Namespace, times: number): void {
  const { plane, id } = namespace;
  const socket = plane.socket(id, "udp", 4);
  for (let i = 0; i < times; i++) plane.sendTo(socket, new Uint8Array(10), "127.0.0.1", 9);
  plane.close(socket);
}

Deno.test("a table is listed by iptables-save once somebody has asked for it, the newest first", () => {
  const namespace = machine();
  const save = () => runSave(netfilterOf(namespace), [], io("")).out.split("\n").filter((line) => line.startsWith("*"));
  assertEquals(save(), []);
  type(namespace, "-L");
  type(namespace, "-t nat -S");
  type(namespace, "-t raw -nL PREROUTING");
  assertEquals(save(), ["*raw", "*nat", "*filter"]);
});

Deno.test("counters stay with their rule when the table around it changes, those of policies start again", () => {
  const namespace = machine();
  type(namespace, "-A OUTPUT -p udp --dport 9 -j ACCEPT");
  sendToOurselves(namespace, 3);
  type(namespace, "-I OUTPUT -p tcp -j DROP");
  type(namespace, "-N OTHER");
  sendToOurselves(namespace, 2);
  assertEquals(
    type(namespace, "-v -S OUTPUT"),
    "-P OUTPUT ACCEPT -c 2 132\n-A OUTPUT -p tcp -c 0 0 -j DROP\n-A OUTPUT -p udp -m udp --dport 9 -c 5 190 -j ACCEPT\n",
  );
  type(namespace, "-Z OUTPUT 2");
  assertEquals(type(namespace, "-v -S OUTPUT 2"), "-A OUTPUT -p udp -m udp --dport 9 -c 0 0 -j ACCEPT\n");
});

Deno.test("a restore with --noflush keeps what it does not name, without it all but the policies goes", () => {
  const namespace = machine();
  const netfilter = netfilterOf(namespace);
  restoreTables(netfilter, "*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A B -j DROP\nCOMMIT\n");
  restoreTables(netfilter, "*filter\n:B - [0:0]\n-A A -p tcp -j RETURN\nCOMMIT\n", { noflush: true });
  assertEquals(
    type(namespace, "-S"),
    "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N A\n-N B\n-A INPUT -j A\n-A A -p tcp -j RETURN\n",
  );
  restoreTables(netfilter, "*filter\n:C - [0:0]\nCOMMIT\n");
  assertEquals(type(namespace, "-S"), "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N C\n");
});

Deno.test("a restore that fails leaves its table as it was, tables committed before stay", () => {
  const namespace = machine();
  type(namespace, "-A INPUT -j ACCEPT");
  const text = "*nat\n:X - [0:0]\nCOMMIT\n*filter\n-A INPUT -j DROP\n-A INPUT -j NOPE\nCOMMIT\n";
  const answer = runRestore(netfilterOf(namespace), [], io(text));
  assertEquals(answer.exit, 2);
  assertEquals(
    answer.err,
    "iptables-restore v1.8.9 (legacy): Couldn't load target `NOPE':No such file or directory\n\n" +
      "Error occurred at line: 6\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
  );
  assertEquals(type(namespace, "-S INPUT"), "-P INPUT ACCEPT\n-A INPUT -j ACCEPT\n");
  assertEquals(type(namespace, "-t nat -S X"), "-N X\n");
});

Deno.test("--test commits nothing, -T restores one table, -c takes the counters of the text", () => {
  const namespace = machine();
  const text = "*nat\n:X - [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [7:70]\n[1:2] -A INPUT -j ACCEPT\nCOMMIT\n";
  const restore = (...words: string[]) => runRestore(netfilterOf(namespace), words, io(text)).exit;
  assertEquals(restore("--test"), 0);
  assertEquals(type(namespace, "-S INPUT"), "-P INPUT ACCEPT\n");
  assertEquals(restore("-c", "-T", "filter"), 0);
  assertEquals(type(namespace, "-v -S INPUT"), "-P INPUT ACCEPT -c 7 70\n-A INPUT -c 1 2 -j ACCEPT\n");
  assertEquals(type(namespace, "-t nat -S X"), "iptables: No chain/target/match by that name.\nexit 1\n");
});

Deno.test("what the kernel would not take is refused, and the table stays", () => {
  const namespace = machine();
  const invalid = "iptables: Invalid argument. Run `dmesg' for more information.\nexit 1\n";
  assertEquals(type(namespace, "-A INPUT -m owner --uid-owner 0 -j DROP"), invalid);
  assertEquals(type(namespace, "-t nat -A POSTROUTING -j DNAT --to-destination 10.0.0.1"), invalid);
  type(namespace, "-N A");
  type(namespace, "-A A -j REJECT");
  type(namespace, "-t nat -N N");
  type(namespace, "-t nat -A N -p tcp -j DNAT --to-destination 10.0.0.1");
  assertEquals(type(namespace, "-t nat -A POSTROUTING -j N"), invalid);
  assertEquals(type(namespace, "-t nat -A PREROUTING -j N"), "");
  type(namespace, "-A INPUT -j A");
  assertEquals(type(namespace, "-A A -j A"), "iptables: Too many levels of symbolic links.\nexit 1\n");
  assertEquals(type(namespace, "-S A"), "-N A\n-A A -j REJECT --reject-with icmp-port-unreachable\n");
});

Deno.test("a line of a trace leads back to the rule's text", () => {
  const namespace = machine();
  type(namespace, "-N A");
  type(namespace, "-A INPUT -i lo -j A");
  type(namespace, "-A A -p icmp -j RETURN");
  const at = (line: number) => netfilterOf(namespace).ruleAt("filter", line);
  assertEquals(at(0), { chain: "INPUT", number: 1, text: "-A INPUT -i lo -j A" });
  assertEquals(at(1), { chain: "INPUT", text: "-P INPUT ACCEPT" });
  assertEquals(at(4), { chain: "A", number: 1, text: "-A A -p icmp -j RETURN" });
  assertEquals(at(5), undefined);
});

Deno.test("a renamed chain takes the rules that jump to it along", () => {
  const namespace = machine();
  type(namespace, "-N A");
  type(namespace, "-A INPUT -g A");
  type(namespace, "-E A B");
  assertEquals(type(namespace, "-S INPUT"), "-P INPUT ACCEPT\n-A INPUT -g B\n");
});

Deno.test("a set that a rule names cannot be destroyed, and is counted among its references", () => {
  const namespace = machine();
  restoreSets(namespace, "create blue hash:ip\nadd blue 127.0.0.1\n");
  assertEquals(type(namespace, "-A OUTPUT -p udp -m set --match-set blue dst -j DROP"), "");
  sendToOurselves(namespace, 2);
  assertEquals(type(namespace, "-v -S OUTPUT 1"), "-A OUTPUT -p udp -m set --match-set blue dst -c 2 76 -j DROP\n");
  const answer = restoreSets(namespace, "destroy blue\n");
  assertEquals(
    answer.err,
    "ipset v7.17: Error in line 1: Set cannot be destroyed: it is in use by a kernel component\n",
  );
});

Deno.test("iptables and ip6tables keep tables of their own", () => {
  const namespace = machine();
  assertEquals(type(namespace, "-A INPUT -s fd00::/64 -p ipv6-icmp -j ACCEPT", 6), "");
  assertEquals(type(namespace, "-S INPUT", 6), "-P INPUT ACCEPT\n-A INPUT -s fd00::/64 -p ipv6-icmp -j ACCEPT\n");
  assertEquals(type(namespace, "-S INPUT"), "-P INPUT ACCEPT\n");
});

Deno.test("chains may call each other in a circle until a hook leads there", () => {
  const namespace = machine();
  for (const line of ["-N A", "-N B", "-A A -j B", "-A B -j A"]) assertEquals(type(namespace, line), "");
  assertEquals(type(namespace, "-A INPUT -j A"), "iptables: Too many levels of symbolic links.\nexit 1\n");
  assertEquals(type(namespace, "-S INPUT"), "-P INPUT ACCEPT\n");
  assertEquals(type(namespace, "-S B"), "-N B\n-A B -j A\n");
});
