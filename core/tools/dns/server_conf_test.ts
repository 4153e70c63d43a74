import { assertEquals, assertThrows } from "@std/assert";
import { TextError } from "../../base/mod.ts";
import { confValues, parseServerConf, printServerConf, unmodelledKeys } from "./server_conf.ts";

const UNBOUND = `# a resolver of one's own
server:
    interface: 0.0.0.0     # all of them
    interface: ::0
    local-data: "www.example.org. IN A 192.0.2.1"
    hide-version: yes
forward-zone:
    name: "."
    forward-addr: 192.0.2.53@5353
`;

Deno.test("a server's configuration: clauses with their words, in order; quotes and comments are no part of a value", () => {
  const clauses = parseServerConf(UNBOUND, "unbound.conf");
  assertEquals(clauses.map(({ name }) => name), ["server", "forward-zone"]);
  assertEquals(confValues(clauses, "server", "interface"), ["0.0.0.0", "::0"]);
  assertEquals(confValues(clauses, "server", "local-data"), ["www.example.org. IN A 192.0.2.1"]);
  assertEquals(clauses[1]?.entries, [
    { key: "name", value: ".", line: 8 },
    { key: "forward-addr", value: "192.0.2.53@5353", line: 9 },
  ]);
  assertEquals(unmodelledKeys(clauses, ["interface", "name", "forward-addr"]), ["local-data", "hide-version"]);
});

Deno.test("what is printed of clauses reads as the same clauses", () => {
  const bare = (text: string) =>
    parseServerConf(text, "f").map(({ name, entries }) => [name, entries.map(({ key, value }) => [key, value])]);
  const printed = printServerConf(parseServerConf(UNBOUND, "unbound.conf"));
  assertEquals(bare(printed), bare(UNBOUND));
  assertEquals(printServerConf(parseServerConf(printed, "f")), printed);
});

Deno.test("a line that is no word with a value, and one outside of a clause, are named with their line", () => {
  const error = assertThrows(() => parseServerConf("server:\n  interface 0.0.0.0\n", "nsd.conf"), TextError);
  assertEquals([error.file, error.line], ["nsd.conf", 2]);
  assertThrows(() => parseServerConf("port: 53\n", "nsd.conf"), TextError, "outside of a clause");
});
