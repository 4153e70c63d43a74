import { assertEquals } from "@std/assert";
import { configure } from "../configuration.ts";
import { CorefileError } from "../corefile/token.ts";
import { fakeHost } from "../fake_host.ts";

const KEY = "oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==";
const FILES = { "K.key": `; a key\nexample.net. IN DNSKEY 256 3 13 ${KEY}\n`, "K.private": "x" };

/** What CoreDNS says of a directive, or the plugins named as not simulated. */
function said(directive: string): string | readonly string[] {
  const text = `example.org {\n ${directive}\n whoami\n}\n`;
  try {
    return configure({ text, file: "Corefile", host: fakeHost({ files: FILES }), cluster: undefined }).unsimulated;
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    return error.startup;
  }
}

const ROWS: readonly (readonly [string, string | readonly string[]])[] = [
  ["trace", ["trace"]],
  ["trace zipkin localhost:1234 {\n every 100\n service x\n client_server\n}", ["trace"]],
  ["trace footype localhost:4321", "plugin/trace: tracing endpoint type 'footype' is not supported"],
  [
    "trace {\n client_server junk\n}",
    'plugin/trace: strconv.ParseBool: parsing "junk": invalid syntax',
  ],
  [
    "trace {\n datadog_analytics_rate 2\n}",
    "plugin/trace: datadog analytics rate must be between 0 and 1, '2.000000' is not supported",
  ],
  ["dnssec", ["dnssec"]],
  ["dnssec example.net {\n key file K.key\n cache_capacity 100\n}", ["dnssec"]],
  ["dnssec {\n key file K\n}", "plugin/dnssec: key example.net. (keyid: 34505) can not sign any of the zones"],
  ["dnssec {\n key file L\n}", "plugin/dnssec: open L.key: no such file or directory"],
  ["dnssec {\n foo\n}", "plugin/dnssec: Corefile:3 - Error during parsing: unknown property 'foo'"],
];

for (const [directive, expected] of ROWS) {
  Deno.test(`${JSON.stringify(directive)} is checked as CoreDNS checks it`, () =>
    assertEquals(said(directive), expected));
}
