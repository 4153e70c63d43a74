import { assertEquals } from "@std/assert";
import { planeBytes } from "../../../../wasm/bytes.ts";
import { Plane } from "../../../../wasm/mod.ts";
import { Random } from "../../../base/mod.ts";
import { addNamespace, type Namespace } from "../../namespace.ts";
import { restoreSets, runIpset } from "./command.ts";

const namespaceWith = (...lines: string[]): Namespace => {
  const namespace = addNamespace(Plane.open(planeBytes(), { seed: 1 }));
  for (const line of lines) type(namespace, line);
  return namespace;
};

/** Types a command line; what it printed, and its exit status where that is not 0. */
function type(namespace: Namespace, line: string): string {
  const io = { stdin: "", random: new Random(5), read: () => undefined, write: () => {} };
  const { out, err, exit } = runIpset(namespace, line.split(" "), io);
  return (out + err).replace(/ initval 0x[0-9a-f]{8}/, "") + (exit === 0 ? "" : `exit ${exit}\n`);
}

const members = (namespace: Namespace, set: string) =>
  type(namespace, `save ${set}`).split("\n").filter((line) => line.startsWith("add ")).map((line) => line.slice(4))
    .sort();

Deno.test("a fresh set is listed with the header ipset 7.17 gives it", () => {
  const namespace = namespaceWith("create blue hash:ip,port");
  assertEquals(
    type(namespace, "list blue"),
    "Name: blue\nType: hash:ip,port\nRevision: 7\nHeader: family inet hashsize 1024 maxelem 65536 bucketsize 12\n" +
      "Size in memory: 216\nReferences: 0\nNumber of entries: 0\nMembers:\n",
  );
});

Deno.test("elements are kept in the form the kernel gives them back", () => {
  const namespace = namespaceWith("create s hash:ip,port", "create n hash:net", "create p bitmap:port range 0-1023");
  for (
    const element of ["1.1.1.1,80", "1.1.1.1,udp:domain", "1.1.1.1,icmp:ping", "1.1.1.1,47:0", "1.1.1.1,tcp:90-91"]
  ) {
    assertEquals(type(namespace, `add s ${element}`), "", element);
  }
  const ports = ["gre:0", "icmp:echo-request", "tcp:80", "tcp:90", "tcp:91", "udp:53"];
  assertEquals(members(namespace, "s"), ports.map((port) => `s 1.1.1.1,${port}`));
  type(namespace, "add n 10.0.0.9/8");
  type(namespace, "add n 192.0.2.1-192.0.2.4");
  assertEquals(members(namespace, "n"), ["n 10.0.0.0/8", "n 192.0.2.1", "n 192.0.2.2/31", "n 192.0.2.4"]);
  type(namespace, "add p http");
  assertEquals(members(namespace, "p"), ["p 80"]);
});

Deno.test("the most specific network decides a test, nomatch makes it an exception", () => {
  const namespace = namespaceWith(
    "create n hash:net",
    "add n 10.0.0.0/8",
    "add n 10.1.0.0/16 nomatch",
    "add n 10.1.2.0/24",
  );
  assertEquals(type(namespace, "test n 10.2.3.4"), "Warning: 10.2.3.4 is in set n.\n");
  assertEquals(type(namespace, "test n 10.1.9.9"), "10.1.9.9 is NOT in set n.\nexit 1\n");
  assertEquals(type(namespace, "test n 10.1.2.9"), "Warning: 10.1.2.9 is in set n.\n");
});

const WRONG: readonly (readonly [string, string])[] = [
  ["add s 1.1.1.1", "Element cannot be added to the set: it's already added\nexit 1\n"],
  ["del s 2.2.2.2", "Element cannot be deleted from the set: it's not added\nexit 1\n"],
  ["add nope 1.1.1.1", "The set with the given name does not exist\nexit 1\n"],
  ["create s hash:ip", "Set cannot be created: set with the same name already exists\nexit 1\n"],
  ["create x hash:nope", "Syntax error: typename 'hash:nope' is unknown\nexit 1\n"],
  ["add s banana", "Syntax error: cannot parse banana: resolving to IPv4 address failed\nexit 1\n"],
  ["add s 1.1.1.1/33", "Syntax error: '33' is out of range 0-32\nexit 1\n"],
  ["add s 1.1.1.1,80", "Syntax error: Elem separator in 1.1.1.1,80, but settype hash:ip supports none.\nexit 1\n"],
  ["add s 3.3.3.3 timeout 5", "Timeout cannot be used: set was created without timeout support\nexit 1\n"],
  ["add s 3.3.3.3 foo", "Unknown argument: `foo'\nTry `ipset help' for more information.\nexit 2\n"],
  ["add s", "Missing second mandatory argument to command add\nTry `ipset help' for more information.\nexit 2\n"],
  ["bogus s", "No command specified: unknown argument bogus\nTry `ipset help' for more information.\nexit 2\n"],
  ["rename s l", "Set cannot be renamed: it is in use by another system\nexit 1\n"],
  ["swap s l", "The sets cannot be swapped: their type does not match\nexit 1\n"],
  ["destroy s", "Set cannot be destroyed: it is in use by a kernel component\nexit 1\n"],
];

for (const [line, problem] of WRONG) {
  Deno.test(`\`ipset ${line}\` is refused in ipset's words`, () => {
    const namespace = namespaceWith("create s hash:ip", "add s 1.1.1.1", "create l list:set", "add l s");
    assertEquals(type(namespace, line), `ipset v7.17: ${problem}`);
    assertEquals(members(namespace, "s"), ["s 1.1.1.1"]);
  });
}

Deno.test("-exist forgives what is there already and what is gone already", () => {
  const namespace = namespaceWith("create s hash:ip", "add s 1.1.1.1");
  for (const line of ["-exist create s hash:ip", "-exist add s 1.1.1.1", "-! del s 9.9.9.9"]) {
    assertEquals(type(namespace, line), "");
  }
});

Deno.test("a restore stops at the line that is wrong and keeps what came before", () => {
  const namespace = namespaceWith();
  const answer = restoreSets(namespace, "create b hash:ip\n# a comment\nadd b 1.1.1.1\nadd b 1.1.1.1\nadd b 2.2.2.2\n");
  assertEquals(answer.err, "ipset v7.17: Error in line 4: Element cannot be added to the set: it's already added\n");
  assertEquals(answer.exit, 1);
  assertEquals(members(namespace, "b"), ["b 1.1.1.1"]);
});

Deno.test("swapped sets trade what they hold, a renamed one keeps it", () => {
  const namespace = namespaceWith("create a hash:ip", "create b hash:ip", "add a 1.1.1.1", "swap a b", "rename b c");
  assertEquals(type(namespace, "list -n"), "a\nc\n");
  assertEquals([members(namespace, "a"), members(namespace, "c")], [[], ["c 1.1.1.1"]]);
});

Deno.test("an element with a timeout goes when its time is over", () => {
  const namespace = namespaceWith("create s hash:ip timeout 300 counters", "add s 1.1.1.1", "add s 2.2.2.2 timeout 20");
  namespace.plane.run(5_000);
  assertEquals(members(namespace, "s"), [
    "s 1.1.1.1 timeout 295 packets 0 bytes 0",
    "s 2.2.2.2 timeout 15 packets 0 bytes 0",
  ]);
  namespace.plane.run(21_000);
  assertEquals(members(namespace, "s"), ["s 1.1.1.1 timeout 279 packets 0 bytes 0"]);
});

Deno.test("a full set takes no more, a list keeps its order", () => {
  const namespace = namespaceWith("create s hash:ip maxelem 2", "add s 1.1.1.1", "add s 1.1.1.2", "create l list:set");
  assertEquals(type(namespace, "add s 1.1.1.3"), "ipset v7.17: Hash is full, cannot add more elements\nexit 1\n");
  for (const line of ["create a hash:ip", "create b hash:ip", "add l s", "add l a", "add l b before a"]) {
    type(namespace, line);
  }
  assertEquals(type(namespace, "list l").split("Members:\n")[1], "s\nb\na\n");
});
