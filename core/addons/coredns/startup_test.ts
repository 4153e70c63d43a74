/** What CoreDNS says of Corefiles it does not start with, plugin by plugin. */
import { assertEquals } from "@std/assert";
import { configure } from "./configuration.ts";
import { CorefileError } from "./corefile/token.ts";
import { fakeHost } from "./fake_host.ts";

const ZONE = "@ 3600 IN SOA ns hostmaster 1 2 3 4 5\n@ IN NS ns\n";

function said(text: string): string {
  try {
    configure({ text, file: "Corefile", host: fakeHost({ files: { "db.test": ZONE } }), cluster: undefined });
    return "";
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    return error.startup;
  }
}

const AT = "Corefile:2 - Error during parsing:";
const ONCE = "this plugin can only be used once per Server Block";

/** Lines of a block for `example.org`, and the error; empty where it starts. */
const ROWS: readonly (readonly [string, string])[] = [
  [
    "metadata\n metadata",
    "plugin/metadata: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'metadata'",
  ],
  ['prometheus ""', "plugin/prometheus: missing port in address"],
  ["prometheus\n prometheus", `plugin/prometheus: ${ONCE}`],
  ["prometheus {\n go\n}", "plugin/prometheus: Corefile:3 - Error during parsing: unknown option: go"],
  ["ready\n ready a b", `plugin/ready: ${ONCE}`],
  ["root /a\n root /b", ""],
  ["any\n any more", ""],
  ["minimal x", `plugin/minimal: ${AT} Wrong argument count or unexpected line ending after 'x'`],
  ["chaos\n chaos {\n a\n}", ""],
  ["bufsize 100", `plugin/bufsize: plugin/bufsize: ${AT} Wrong argument count or unexpected line ending after '100'`],
  ["bufsize many", `plugin/bufsize: plugin/bufsize: ${AT} Wrong argument count or unexpected line ending after 'many'`],
  ["cancel 0s", 'plugin/cancel: invalid negative duration: "0s"'],
  ["dns64 1.2.3.4/8", `plugin/dns64: ${AT} invalid netmask 32 IPv6 address: "1.0.0.0/8"`],
  [
    "transfer {\n to\n}",
    "plugin/transfer: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'to'",
  ],
  [
    "transfer {\n from *\n}",
    'plugin/transfer: plugin/transfer: Corefile:3 - Error during parsing: unknown property "from"',
  ],
  ["transfer {\n to x:1\n}", "plugin/transfer: must specify an IP address: `x'"],
  ["secondary {\n transfer from *\n}", "plugin/secondary: can't use '*' in transfer from"],
  [
    "secondary {\n fallthrough\n}",
    "plugin/secondary: Corefile:4 - Error during parsing: secondary zones require a transfer from property",
  ],
  ["log {\n level all\n}", "plugin/log: Corefile:3 - Error during parsing: unknown property 'level'"],
  [
    "header {\n query set\n}",
    "plugin/header: setting up rule: invalid length for flags, at least one should be provided",
  ],
  ["header {\n response\n}", "plugin/header: setting up rule: no flag action provided"],
  ["header {\n response set aa\n}\n header {\n answer\n}", ""],
  [
    "errors {\n consolidate 1m .* show_first error\n}",
    "plugin/errors: Corefile:3 - Error during parsing: log level must come before show_first in consolidate",
  ],
  [
    "errors {\n stacktrace on\n}",
    "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'on', expecting 'Unknown field on'",
  ],
  [
    "local {\n localhost_prefix yes\n}",
    `plugin/local: Corefile:3 - Error during parsing: localhost_prefix expects 'on' or 'off', got "yes"`,
  ],
  ["cache {\n prefetch 1 1m 50\n}", "plugin/cache: last character of percentage should be `%`, but is: '0'"],
  [
    "cache {\n serve_stale 1h immediate x\n}",
    'plugin/cache: invalid serve_stale response TTL: time: invalid duration "x"',
  ],
  [
    "cache {\n serve_stale 1h verify x\n}",
    'plugin/cache: invalid serve_stale verify timeout: time: invalid duration "x"',
  ],
  ["reload 10s 500ms", "plugin/reload: jitter value must be 0 or greater or equal to 1s"],
  ["reload 10s 0s\n reload x", ""],
  ["file db.test {\n reload\n}", "plugin/file: reload duration value is expected"],
  ["file nowhere {\n reload 0s\n}", "plugin/file: plugin/file: open nowhere: no such file or directory"],
  ["file db.test {\n reload_by_mtime\n}", ""],
  ["auto {\n reload -1s\n}", "plugin/auto: plugin/file: invalid duration"],
  [
    "auto {\n directory . db.* x\n}",
    "plugin/auto: Corefile:3 - Error during parsing: Need at least one sub expression",
  ],
  ["forward . 1.1.1.1 {\n failover NOERROR x\n}", "plugin/forward: NoError cannot be used in failover"],
  ["forward . 1.1.1.1 {\n failover x NOERROR\n}", "plugin/forward: x is not a valid rcode"],
  [
    "forward . quic://1.1.1.1",
    "plugin/forward: 'quic' is not supported as a destination protocol in forward: quic://1.1.1.1:853",
  ],
  ["forward . a..b", 'plugin/forward: not an IP address, file, or valid domain: "a..b"'],
  ["forward . dns://", 'plugin/forward: invalid address: "dns://"'],
  ["forward . nowhere {\n policy x\n}", "plugin/forward: Corefile:3 - Error during parsing: unknown policy 'x'"],
  ["forward . 1.1.1.1 {\n resolver x\n}", 'plugin/forward: resolver must be an IP address or IP:port: "x"'],
  ["rewrite ttl exact a.test b.test 30", "plugin/rewrite: invalid TTL '' for a ttl rule"],
  ["rewrite rcode a.test x", "plugin/rewrite: too few (2) arguments for a rcode rule"],
  ["rewrite continue", "plugin/rewrite: continue rule must begin with a rule type"],
  ["rewrite type BOGUS A", 'plugin/rewrite: invalid type "BOGUS"'],
  [
    "rewrite name suffix a.test b.test Answer auto",
    "plugin/rewrite: exceeded the number of arguments for a non-answer rule argument for suffix rule",
  ],
  [
    "rewrite name suffix a.test b.test answer auto name x y",
    "plugin/rewrite: auto name answer rule cannot be combined with explicit name anwer rules",
  ],
  ["rewrite edns0 local unset", "plugin/rewrite: local unset action requires exactly two arguments"],
  ["rewrite edns0 subnet set 40 0", "plugin/rewrite: invalid IPv4 bit mask length 40"],
  [
    "loadbalance {\n prefer 10.0.0.0/8 x\n}",
    'plugin/loadbalance: Corefile:3 - Error during parsing: invalid CIDR "x": invalid CIDR address: x',
  ],
  ["file db.test example.org stranger", ""],
  ["kubernetes in-addr.arpa", ""],
  ["kubernetes 10.in-addr.arpa", "plugin/kubernetes: non-reverse zone name must be used"],
  ["view a b", `plugin/view: ${AT} Wrong argument count or unexpected line ending after 'b'`],
];

for (const [lines, expected] of ROWS) {
  Deno.test(`${JSON.stringify(lines)} starts or fails in CoreDNS's words`, () =>
    assertEquals(said(`example.org {\n ${lines}\n}\n`), expected));
}

Deno.test("a key that is no name is refused: a backslash alone, and a port alone", () => {
  assertEquals(said("\\ {\n whoami\n}\n"), "error inspecting server blocks: zone is not a valid domain name: \\");
  assertEquals(said(":53 {\n whoami\n}\n"), "error inspecting server blocks: zone is not a valid domain name: ");
});

Deno.test("warnings come before the error that ends it, in the order of plugins", () => {
  const text = "a.test {\n file nowhere\n}\n.:53 {\n root /gone\n}\n.:53 {\n whoami\n}\n";
  try {
    configure({ text, file: "Corefile", host: fakeHost({}), cluster: undefined });
    throw new Error("it started");
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    assertEquals([...error.warnings, error.startup], [
      "[WARNING] plugin/root: Root path does not exist: /gone",
      '[WARNING] plugin/file: Failed to open "open nowhere: no such file or directory": trying again in 1m0s',
      "cannot serve dns://.:53 - it is already defined",
    ]);
  }
});
