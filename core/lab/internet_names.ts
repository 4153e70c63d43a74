/**
 * The names of the world outside, as its servers have them: a root, top level domains, and the zones of two domains.
 *
 *     .  192.0.2.1  --NS-->  com, net, org, test, arpa  192.0.2.11  --NS-->  example.com 192.0.2.21 .22, acme.org 192.0.2.31
 */
import { parseZoneFile, type Rr, type ServedRecords } from "../dns/mod.ts";

/** One authoritative server: its address, its zones. */
export interface OutsideServer {
  readonly address: string;
  readonly zones: readonly ServedRecords[];
}

const ROOT = `$TTL 518400
@ 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2026010100 1800 900 604800 86400
@ IN NS a.root-servers.net.
@ IN NS b.root-servers.net.
$TTL 172800
com. IN NS a.gtld-servers.net.
net. IN NS a.gtld-servers.net.
org. IN NS a.gtld-servers.net.
test. IN NS a.gtld-servers.net.
arpa. IN NS a.gtld-servers.net.
a.root-servers.net. 518400 IN A 192.0.2.1
b.root-servers.net. 518400 IN A 192.0.2.2
a.gtld-servers.net. IN A 192.0.2.11
`;

const tld = (origin: string, rest: string) =>
  `$TTL 172800
@ 900 IN SOA a.gtld-servers.net. nstld.verisign-grs.com. 2026010100 1800 900 604800 900
@ IN NS a.gtld-servers.net.
${rest}`.replaceAll("@ORIGIN", origin);

const TLDS: Readonly<Record<string, string>> = {
  "com.": tld(
    "com.",
    "example IN NS ns1.example\nexample IN NS ns2.example\nns1.example IN A 192.0.2.21\nns2.example IN A 192.0.2.22\n",
  ),
  "net.": tld("net.", "a.gtld-servers IN A 192.0.2.11\na.root-servers IN A 192.0.2.1\nb.root-servers IN A 192.0.2.2\n"),
  "org.": tld("org.", "acme IN NS ns.acme\nns.acme IN A 192.0.2.31\n"),
  "test.": tld("test.", ""),
  "arpa.": tld("arpa.", "100.51.198.in-addr IN NS ns1.example.com.\n"),
};

const EXAMPLE = `$TTL 3600
@ IN SOA ns1 hostmaster 2026010101 7200 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
@ IN A 198.51.100.80
@ IN MX 10 mail
@ IN TXT "v=spf1 mx -all"
ns1 IN A 192.0.2.21
ns2 IN A 192.0.2.22
www IN A 198.51.100.80
mail IN A 198.51.100.80
alias IN CNAME www
chain IN CNAME alias
short 30 IN A 198.51.100.80
*.wild IN A 198.51.100.80
old IN DNAME new
a.new IN A 198.51.100.80
_http._tcp IN SRV 0 5 80 www
`;

const ACME = `$TTL 600
@ IN SOA ns hostmaster 2026010101 7200 3600 1209600 60
@ IN NS ns
@ IN A 198.51.100.80
ns IN A 192.0.2.31
www IN CNAME www.example.com.
`;

const REVERSE = `$TTL 3600
@ IN SOA ns1.example.com. hostmaster.example.com. 2026010101 7200 3600 1209600 300
@ IN NS ns1.example.com.
80 IN PTR www.example.com.
53 IN PTR resolver.example.com.
`;

function zone(origin: string, text: string): ServedRecords {
  return { origin, records: parseZoneFile(text, { origin, file: `the zone ${origin}` }) };
}

const EXAMPLE_ZONES = [zone("example.com.", EXAMPLE), zone("100.51.198.in-addr.arpa.", REVERSE)];
const ROOT_ZONES = [zone(".", ROOT)];

/** The servers that know all this. */
export const OUTSIDE_SERVERS: readonly OutsideServer[] = [
  { address: "192.0.2.1", zones: ROOT_ZONES },
  { address: "192.0.2.2", zones: ROOT_ZONES },
  { address: "192.0.2.11", zones: Object.entries(TLDS).map(([origin, text]) => zone(origin, text)) },
  { address: "192.0.2.21", zones: EXAMPLE_ZONES },
  { address: "192.0.2.22", zones: EXAMPLE_ZONES },
  { address: "192.0.2.31", zones: [zone("acme.org.", ACME)] },
];

/** Where recursion begins: the file `root.hints`. */
export const ROOT_HINTS = `.  3600000 NS a.root-servers.net.
.  3600000 NS b.root-servers.net.
a.root-servers.net. 3600000 A 192.0.2.1
b.root-servers.net. 3600000 A 192.0.2.2
`;

/** The records of {@link ROOT_HINTS}. */
export const ROOT_HINT_RECORDS: readonly Rr[] = parseZoneFile(ROOT_HINTS, { origin: ".", file: "root.hints" });
