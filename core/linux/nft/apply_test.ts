import { assertEquals } from "@std/assert";
import {
  applyNft,
  type NftChange,
  type NftTable,
  parseNftListing,
  parseRule,
  printNftListing,
  printNftTransaction,
} from "./mod.ts";

const START = parseNftListing(`table ip t {
	map m {
		type inet_service : verdict
		elements = { 80 : goto a }
	}

	chain a {
		drop
	}

	chain b {
		jump a
	}
}
`);

const change = (...changes: NftChange[]) => applyNft(START, { family: "ip", table: "t", changes });
const listed = (tables: unknown) => printNftListing(tables as NftTable[]);

Deno.test("a transaction adds, flushes and deletes in its order", () => {
  const after = change(
    { verb: "add", kind: "chain", chain: { name: "a" } },
    { verb: "flush", kind: "chain", name: "b" },
    { verb: "add", kind: "rule", chain: "b", rule: parseRule("accept") },
    { verb: "delete", kind: "element", set: "m", elements: [{ key: ["80"] }] },
    { verb: "delete", kind: "chain", name: "a" },
  );
  assertEquals(
    listed(after),
    "table ip t {\n\tmap m {\n\t\ttype inet_service : verdict\n\t}\n\n\tchain b {\n\t\taccept\n\t}\n}\n",
  );
});

const BUSY = { errno: "EBUSY", where: "name" };

Deno.test("a chain that a rule or an element leads to is busy", () => {
  assertEquals(change({ verb: "delete", kind: "chain", name: "a" }), BUSY);
  assertEquals(
    change({ verb: "flush", kind: "chain", name: "b" }, { verb: "delete", kind: "chain", name: "a" }),
    BUSY,
  );
});

Deno.test("what is not there cannot be changed, and an element keeps what it maps to", () => {
  assertEquals(change({ verb: "flush", kind: "chain", name: "c" }), {
    errno: "ENOENT",
    where: "name",
  });
  assertEquals(change({ verb: "add", kind: "rule", chain: "b", rule: parseRule("goto c") }), {
    errno: "ENOENT",
    where: "target",
    what: "c",
  });
  const other = { key: ["80"], value: { kind: "drop" } } as const;
  assertEquals(change({ verb: "add", kind: "element", set: "m", elements: [other] }), {
    errno: "EEXIST",
    where: "element",
    what: "80",
  });
});

Deno.test("a set gets a size with the first rule that fills it, and new times when it is added again", () => {
  const set = (seconds: number) => ({ name: "s", key: ["ipv4_addr"], flags: ["dynamic"], timeout: seconds * 1000 });
  const transaction = {
    family: "ip",
    table: "k",
    changes: [
      { verb: "add", kind: "table" },
      { verb: "add", kind: "set", set: set(5) },
      { verb: "add", kind: "chain", chain: { name: "c" } },
    ],
  } as const;
  assertEquals(
    printNftTransaction(transaction).split("\n")[1],
    "add set ip k s { type ipv4_addr ; flags dynamic ; timeout 5s ; }",
  );
  const first = applyNft([], transaction) as NftTable[];
  assertEquals(first[0]?.sets, [{ ...set(5), elements: [] }]);
  const rule = parseRule("update @s { ip saddr }");
  const more: NftChange[] = [{ verb: "add", kind: "rule", chain: "c", rule }, {
    verb: "add",
    kind: "set",
    set: set(10_800),
  }];
  const second = applyNft(first, { family: "ip", table: "k", changes: more }) as NftTable[];
  assertEquals(second[0]?.sets, [{ ...set(10_800), size: 65_535, elements: [] }]);
});
