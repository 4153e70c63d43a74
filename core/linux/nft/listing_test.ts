import { assertEquals, assertThrows } from "@std/assert";
import { TextError } from "../../base/mod.ts";
import { type NftSet, parseNftListing, parseRule, printNftListing, printRule } from "./mod.ts";

/** In nft 1.0.6's format, every clause once. */
const LISTED = `table ip t {
	comment "hey"
	counter k {
		packets 3 bytes 4
	}

	set a {
		type ipv4_addr
		policy memory
		size 9
		flags interval,timeout
		auto-merge
		timeout 1s500ms
		gc-interval 10s
		comment "c"
	}

	set p {
		type inet_service
		flags interval
		auto-merge
		elements = { 7, 9, 11, 13, 15,
			     22-23, 80-81, 100-200, 443 }
	}

	set pr {
		type inet_proto
		elements = { icmp, igmp, tcp, udp, gre,
			     esp, ah, ospf, 90, 91,
			     92, sctp }
	}

	set ifn {
		type ifname
		elements = { "c",
			     "d",
			     "lo",
			     "eth0",
			     "veth1" }
	}

	set mm {
		type mark . ifname
		elements = { 0x00000002 . "a",
			     0x00000100 . "a",
			     0x00000001 . "eth0" }
	}

	set to {
		type ipv4_addr
		size 7
		timeout 1d1h1m1s
		gc-interval 10s
		elements = { 1.2.3.4 timeout 30s expires 29s996ms comment "x", 1.2.3.5 expires 1d1h1m996ms }
	}

	set e {
		typeof ip saddr . tcp dport
		elements = { 1.2.3.4 . 80 }
	}

	map f {
		type ipv4_addr . inet_service : ipv4_addr . inet_service
		flags interval
		elements = { 1.2.3.0/24 . 80-90 : 1.1.1.1 . 80 }
	}

	map vm {
		type inet_service : verdict
		elements = { 22 : drop, 80 comment "a : b, c" : goto x, 81 : drop }
	}

	chain c {
		comment "hello"
		type filter hook prerouting priority dstnat - 9; policy accept;
		ip saddr != { 10.0.0.0/7 } drop
		meta mark != 0x00000000/1 return
		log prefix "a b; c" limit rate 3/minute accept
		tcp dport { 22, 80, 443 } counter packets 0 bytes 0 accept
		ct state established,new accept comment "known"
	}

	chain x {
	}
}
table inet u {
	flags dormant
	comment "zzz"

	chain b {
		type filter hook ingress device "lo" priority filter; policy drop;
	}
}
`;

Deno.test("a listing of nft is read and printed back byte for byte", () => {
  assertEquals(printNftListing(parseNftListing(LISTED)), LISTED);
});

Deno.test("elements are listed in nft's order whatever order they came in", () => {
  const [table] = parseNftListing(LISTED);
  const shuffled = table?.sets.map((set) => ({ ...set, elements: set.elements.toReversed() })) ?? [];
  const hash = (name: string) => ["pr", "ifn", "mm", "vm"].includes(name);
  const texts = (sets: readonly NftSet[]) =>
    printNftListing([{ family: "ip", name: "t", flags: [], others: [], chains: [], sets }]);
  const own = (table?.sets ?? []).filter(({ name }) => hash(name));
  assertEquals(texts(shuffled.filter(({ name }) => hash(name))), texts(own));
});

Deno.test("the last byte of a concatenated key decides first", () => {
  const listing = `table ip t {
	set s {
		type ipv4_addr . inet_proto . inet_service
		elements = { 10.0.0.2 . tcp . 9000,
			     10.0.0.1 . udp . 53,
			     203.0.113.9 . tcp . 80,
			     10.1.0.9 . tcp . 80 }
	}
}
`;
  const [table] = parseNftListing(listing);
  const lines = printNftListing(table === undefined ? [] : [table]).split("\n").slice(3, 7).map((line) => line.trim());
  assertEquals(lines, [
    "elements = { 10.0.0.2 . tcp . 9000,",
    "10.0.0.1 . udp . 53,",
    "10.1.0.9 . tcp . 80,",
    "203.0.113.9 . tcp . 80 }",
  ]);
});

Deno.test("a rule is understood statement by statement, and what is unknown stays words", () => {
  const kinds = (line: string) => parseRule(line).statements.map(({ kind }) => kind);
  assertEquals(kinds("ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports"), ["match", "vmap"]);
  assertEquals(kinds("meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.0.0.1 . 80 }"), [
    "match",
    "nat",
  ]);
  assertEquals(kinds(`log prefix "ip saddr" limit rate 3/minute accept`), ["log", "limit", "verdict"]);
  assertEquals(kinds("update @a { ip6 saddr } dnat to [fd00::1]:80"), ["set", "nat"]);
  assertEquals(kinds("something nobody knows accept"), ["text"]);
});

Deno.test("a mask of the highest bits is listed as a prefix and written as a mask", () => {
  const rule = parseRule("meta mark != 0x00000000/1 meta mark set meta mark ^ 0x80000000 masquerade fully-random");
  assertEquals(
    printRule(rule, "command"),
    "meta mark & 0x80000000 != 0x00000000 meta mark set meta mark ^ 0x80000000 masquerade fully-random",
  );
});

Deno.test("a listing that breaks off or has a line nft never prints is refused with its place", () => {
  assertThrows(() => parseNftListing("table ip t {\n\tset a {\n\t\ttype"), TextError, "the text ends inside a block");
  assertThrows(() => parseNftListing("tables\n", "x.nft"), TextError, "x.nft:1:1");
  assertThrows(() => parseNftListing("table ip t {\n\tset a {\n\t\tcolour red\n\t}\n}\n"), TextError, "colour red");
});
