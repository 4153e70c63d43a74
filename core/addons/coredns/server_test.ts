import { assertEquals, assertThrows } from "@std/assert";
import { isMalformed, parseMessage, printMessage, queryMessage } from "../../dns/mod.ts";
import { CorefileError } from "./corefile/token.ts";
import { fakeServer } from "./fake_host.ts";

const TWO = `test {
  hosts {
    10.0.0.1 a.test
  }
}
deep.test {
  hosts {
    10.0.0.2 a.deep.test
  }
}
`;

Deno.test("the block with the longest zone answers; no block is REFUSED", async () => {
  const server = fakeServer({ corefile: TWO });
  assertEquals((await server.ask("a.test."))[1], "a.test. 3600 IN A 10.0.0.1");
  assertEquals((await server.ask("a.deep.test."))[1], "a.deep.test. 3600 IN A 10.0.0.2");
  assertEquals(await server.ask("example.org."), ["REFUSED"]);
});

Deno.test("prefixes are reverse zones", () => {
  const { configuration } = fakeServer({ corefile: "10.96.0.0/15 {\n hosts\n}\n" });
  assertEquals(configuration.banner, ["96.10.in-addr.arpa.:53", "97.10.in-addr.arpa.:53"]);
});

Deno.test("packets that are no question are answered as CoreDNS does, or not at all", async () => {
  const { exchange } = fakeServer({ corefile: TWO });
  const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const reply = async (hex: string) => {
    const got = await exchange(bytes(hex));
    const message = got === undefined ? undefined : parseMessage(got);
    return message === undefined || isMalformed(message) ? undefined : [message.rcode, got?.length];
  };
  assertEquals(await reply("1234010000"), undefined, "shorter than a header");
  assertEquals(await reply("123481000000000000000000"), undefined, "a response");
  assertEquals(await reply("123401000000000000000000"), ["FORMERR", 12], "no question");
  assertEquals(await reply("123428000000000000000000"), ["NOTIMP", 12], "an update");
});

Deno.test("EDNS: the client's size comes back, another version is refused", async () => {
  const { exchange } = fakeServer({ corefile: TWO });
  const edns = async (version: number) => {
    const query = queryMessage(1, { name: "a.test.", type: "A", class: "IN" }, {
      version,
      udpSize: 4096,
      dnssecOk: true,
      options: [],
    });
    const message = parseMessage(await exchange(printMessage(query, false)) as Uint8Array);
    return isMalformed(message) ? [] : [message.rcode, message.edns?.udpSize, message.edns?.dnssecOk];
  };
  assertEquals(await edns(0), ["NOERROR", 4096, true]);
  assertEquals(await edns(1), ["BADVERS", 0, false]);
});

Deno.test("plugins' setups complain in CoreDNS's words, and say where", () => {
  const refused: readonly (readonly [string, string])[] = [
    [". {\n cache 0\n}\n", "plugin/cache: cache TTL can not be zero or negative: 0"],
    [
      ". {\n cache {\n  sucess 9\n }\n}\n",
      "plugin/cache: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'sucess'",
    ],
    [
      ". {\n forward .\n}\n",
      "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
    ],
    [
      ". {\n forward . nowhere.conf/x\n}\n",
      'plugin/forward: failed to resolve "nowhere.conf/x": lookup nowhere.conf/x: no such host',
    ],
    [
      ". {\n health :1 :2\n}\n",
      "plugin/health: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after ':2'",
    ],
    [
      ". {\n kubernetes cluster.local {\n  pods verified\n  ttl 9999\n }\n}\n",
      "plugin/kubernetes: Corefile:4 - Error during parsing: ttl must be in range [0, 3600]: 9999",
    ],
    [". {\n errors file.log\n}\n", "plugin/errors: Corefile:2 - Error during parsing: invalid log file: file.log"],
    [". {\n reload 1s\n}\n", "plugin/reload: interval value must be greater or equal to 2s"],
    [".:53 {\n loop\n}\n.:53 {\n loop\n}\n", "cannot serve dns://.:53 - it is already defined"],
    [".:dns {\n loop\n}\n", "error inspecting server blocks: zone is not a valid domain name: .:dns"],
  ];
  for (const [corefile, startup] of refused) {
    assertEquals(assertThrows(() => fakeServer({ corefile }), CorefileError).startup, startup);
  }
});

Deno.test("plugins that are not simulated are accepted and named", () => {
  const { configuration } = fakeServer({ corefile: ". {\n route53\n dnssec\n errors\n}\n" });
  assertEquals(configuration.unsimulated, ["dnssec", "route53"]);
});

Deno.test("what is refused unread keeps the query's other flags", async () => {
  const { exchange } = fakeServer({ corefile: TWO });
  const got = await exchange(Uint8Array.from([0x12, 0x34, 0x13, 0x30, 0, 0, 0, 0, 0, 0, 0, 0]));
  const message = parseMessage(got as Uint8Array);
  if (isMalformed(message)) throw new Error(message.malformed);
  const set = Object.entries(message.flags).filter(([, value]) => value).map(([flag]) => flag).sort();
  assertEquals([message.rcode, ...set], ["NOTIMP", "ad", "cd", "qr", "rd", "tc"]);
});

Deno.test("another class is refused before another EDNS version", async () => {
  const { exchange } = fakeServer({ corefile: ".:53 {\n whoami\n}\n" });
  const edns = { version: 1, udpSize: 1232, dnssecOk: false, options: [] };
  const ask = async (kind: string) => {
    const query = queryMessage(1, { name: "a.test.", type: "A", class: kind }, edns);
    const message = parseMessage(await exchange(printMessage(query, false)) as Uint8Array);
    return isMalformed(message) ? message.malformed : message.rcode;
  };
  assertEquals([await ask("IN"), await ask("CH")], ["BADVERS", "REFUSED"]);
});

Deno.test("a rewritten EDNS option comes back, in an OPT for those too who sent none", async () => {
  const { exchange } = fakeServer({ corefile: ".:53 {\n rewrite edns0 local set 0xffee 0x1234\n whoami\n}\n" });
  const query = queryMessage(1, { name: "a.test.", type: "A", class: "IN" });
  const message = parseMessage(await exchange(printMessage(query, false)) as Uint8Array);
  if (isMalformed(message)) throw new Error(message.malformed);
  const options = [{ code: 0xffee, data: Uint8Array.of(0x12, 0x34) }];
  assertEquals(message.edns, { version: 0, udpSize: 4096, dnssecOk: false, options });
});

Deno.test("minimal stumbles over a reply nobody wrote: SERVFAIL to the query as it was by then, and a line in the log", async () => {
  const server = fakeServer({
    corefile: ".:53 {\n log\n minimal\n rewrite type AAAA A\n erratic {\n  drop 0\n  truncate 0\n }\n}\n",
  });
  assertEquals(await server.ask("a.test.", "MX"), ["SERVFAIL"]);
  assertEquals(server.log, [
    '[ERROR] Recovered from panic in server: "dns://:53" runtime error: invalid memory address or nil pointer dereference',
  ]);
});

Deno.test("names that are none of auto's go to whoever is next, and fail where nobody is", async () => {
  const { ask } = fakeServer({ corefile: ".:53 {\n auto z.test {\n  directory zones\n }\n}\n" });
  assertEquals([await ask("a.test."), await ask("a.z.test.")], [["SERVFAIL"], ["REFUSED"]]);
});

Deno.test("a rewritten question comes back as it was, unless the rule goes on and none looks at the reply", async () => {
  const asked = async (mode: string, more = "") => {
    const { exchange } = fakeServer({ corefile: `.:53 {\n ${more}\n rewrite ${mode} type AAAA A\n whoami\n}\n` });
    const query = queryMessage(1, { name: "a.test.", type: "AAAA", class: "IN" });
    const message = parseMessage(await exchange(printMessage(query, false)) as Uint8Array);
    return isMalformed(message) ? message.malformed : message.questions[0]?.type;
  };
  assertEquals([await asked("stop"), await asked("continue")], ["AAAA", "A"]);
});

Deno.test("what plugins below the cache change of a query does not reach the reply", async () => {
  const flags = async (more: string) => {
    const corefile = `.:53 {\n ${more}\n header {\n  query clear rd\n }\n hosts\n}\n`;
    const { exchange } = fakeServer({ corefile });
    const query = queryMessage(1, { name: "a.test.", type: "A", class: "IN" });
    const message = parseMessage(await exchange(printMessage(query, false)) as Uint8Array);
    return isMalformed(message) ? message.malformed : `${message.rcode} ${message.flags.rd}`;
  };
  assertEquals([await flags(""), await flags("cache")], ["SERVFAIL false", "SERVFAIL true"]);
});

Deno.test("a header that promises a question and ends is SERVFAIL, a notify that is none FORMERR of a query", async () => {
  const { exchange } = fakeServer({ corefile: TWO });
  const told = async (bytes: readonly number[]) => {
    const message = parseMessage(await exchange(Uint8Array.from(bytes)) as Uint8Array);
    return isMalformed(message) ? [message.malformed] : [message.opcode, message.rcode];
  };
  assertEquals(await told([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ["QUERY", "SERVFAIL"]);
  assertEquals(await told([0, 1, 0x21, 0, 0, 2, 0, 0, 0, 0, 0, 0]), ["QUERY", "FORMERR"]);
});
