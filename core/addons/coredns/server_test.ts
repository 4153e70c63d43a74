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
