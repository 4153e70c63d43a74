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

Deno.test("a chain that a rule or an element leads to is busy", () => {
  assertEquals(change({ verb: "delete", kind: "chain", name: "a" }), { errno: "EBUSY" });
  assertEquals(
    change({ verb: "flush", kind: "chain", name: "b" }, { verb: "delete", kind: "chain", name: "a" }),
    { errno: "EBUSY" },
  );
});

Deno.test("what is not there cannot be changed, and an element keeps what it maps to", () => {
  assertEquals(change({ verb: "flush", kind: "chain", name: "c" }), { errno: "ENOENT" });
  assertEquals(change({ verb: "add", kind: "rule", chain: "b", rule: parseRule("goto c") }), { errno: "ENOENT" });
  const other = { key: ["80"], value: { kind: "drop" } } as const;
  assertEquals(change({ verb: "add", kind: "element", set: "m", elements: [other] }), { errno: "EEXIST" });
});

Deno.test("a dynamic set gets a size, and its time is listed short", () => {
  const set = { name: "s", key: ["ipv4_addr"], flags: ["dynamic", "timeout"], timeout: 10_800_000 };
  const transaction = {
    family: "ip6",
    table: "k",
    changes: [{ verb: "add", kind: "table" }, { verb: "add", kind: "set", set }],
  } as const;
  assertEquals(
    printNftTransaction(transaction),
    "add table ip6 k\nadd set ip6 k s { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }\n",
  );
  assertEquals(
    listed(applyNft([], transaction)),
    "table ip6 k {\n\tset s {\n\t\ttype ipv4_addr\n\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout 3h\n\t}\n}\n",
  );
});
