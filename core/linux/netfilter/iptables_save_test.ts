import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TextError } from "../../base/mod.ts";
import { parseIptablesSave, printIptablesSave } from "./iptables_save.ts";

const DUMP = `*nat
:PREROUTING ACCEPT [12:720]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [3:180]
:POSTROUTING ACCEPT [3:180]
:KUBE-SEP-A - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SEP-A -s 10.244.1.2/32 -m comment --comment "default/web" -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SEP-A -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.244.1.2:8080
-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SEP-A
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
[3:180] -A INPUT -i lo -j ACCEPT
[0:0] -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -m statistic --mode random --probability 0.33333333349 -j ACCEPT
COMMIT
`;

Deno.test("a dump read and printed is the same text", () => {
  const [nat, filter] = parseIptablesSave(DUMP, "dump");
  assertEquals(printIptablesSave([nat!]) + printIptablesSave([filter!], { counters: true }), DUMP);
});

Deno.test("user chains come out alphabetically, whatever order they stood in", () => {
  const text = "*filter\n:INPUT ACCEPT [0:0]\n:zeta - [0:0]\n:Alpha - [0:0]\n-A zeta -j Alpha\nCOMMIT\n";
  const names = parseIptablesSave(text, "-")[0]?.chains.map(({ name }) => name);
  assertEquals(names, ["INPUT", "FORWARD", "OUTPUT", "Alpha", "zeta"]);
});

/** Conditions and targets out of which random rules are put together; each is in the form it is printed in. */
const CONDITIONS = [
  "-s 10.0.0.0/8",
  "! -s 10.1.2.3/32",
  "-d 192.0.0.5/255.255.0.255",
  "-i eth0",
  "! -o veth+",
  "-p udp -m udp --dport 53",
  "-p tcp -m tcp --sport 1024:65535 ! --tcp-flags FIN,SYN,RST,ACK SYN",
  "-p tcp -m multiport ! --dports 80,443,8000:9000",
  "-p icmp -m icmp --icmp-type 3/4",
];
const MATCHES = [
  "-m mark ! --mark 0x4000/0x4000",
  '-m comment --comment "it\\\'s a \\"test\\""',
  "-m conntrack ! --ctstate INVALID,NEW --ctorigdst 10.0.0.0/8 --ctdir REPLY",
  "-m addrtype ! --src-type LOCAL --dst-type UNICAST,BROADCAST",
  "-m recent --rcheck --seconds 60 --hitcount 4 --name R --mask 255.255.255.255 --rsource",
  "-m limit --limit 5/min --limit-burst 7",
  "-m iprange --src-range 10.0.0.1-10.0.0.9",
  '-m u32 --u32 "0x0>>0x16&0x3c@0x0>>0x18=0x3,0x5:0x9"',
  "-m statistic --mode nth --every 3 --packet 1",
  "-m set ! --match-set blue src,dst --return-nomatch",
  '-m string --string "a\\"b" --algo kmp --icase',
];
const TARGETS = [
  "",
  "-j ACCEPT",
  "-j REJECT --reject-with icmp-host-unreachable",
  "-j USER",
  "-g USER",
  "-j MARK --set-xmark 0x1/0xff",
  "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff",
  '-j LOG --log-prefix "drop: " --log-level 7 --log-uid',
];

const rule = fc.tuple(
  fc.constantFrom("", ...CONDITIONS),
  fc.array(fc.constantFrom(...MATCHES), { maxLength: 3 }),
  fc.constantFrom(...TARGETS),
).map(([condition, matches, target]) => [condition, ...matches, target].filter((part) => part !== "").join(" "));

const count = fc.tuple(fc.nat(), fc.nat()).map(([packets, bytes]) => `[${packets}:${bytes}]`);

Deno.test("whatever is printed is read back as it was, and printed the same again", () => {
  const chains = fc.constantFrom("FORWARD", "USER");
  const dump = fc.tuple(fc.array(fc.tuple(count, chains, rule), { maxLength: 12 }), count).map(([rules, policy]) =>
    [
      "*filter",
      `:INPUT DROP ${policy}`,
      ":USER - [0:0]",
      ...rules.map(([n, chain, words]) => `${n} -A ${chain} ${words}`),
    ]
      .join("\n") + "\nCOMMIT\n"
  );
  fc.assert(fc.property(dump, (text) => {
    const value = parseIptablesSave(text, "random");
    const printed = printIptablesSave(value, { counters: true });
    assertEquals(parseIptablesSave(printed, "printed"), value);
    assertEquals(printIptablesSave(parseIptablesSave(printed, "printed"), { counters: true }), printed);
    for (const line of text.split("\n").filter((one) => one.includes(" -A "))) {
      assertEquals(printed.includes(line.trimEnd()), true, line);
    }
  }));
});

const BROKEN: readonly (readonly [string, string, number, number, RegExp])[] = [
  ["an unknown table", "*nope\nCOMMIT\n", 1, 2, /unable to initialize table 'nope'/],
  ["an unknown match", "*filter\n-A INPUT -m nope\nCOMMIT\n", 2, 13, /Couldn't load match `nope'/],
  ["an unknown target", "*filter\n-A INPUT -j NOPE\nCOMMIT\n", 2, 13, /Couldn't load target `NOPE'/],
  ["an unknown option", "*filter\n-A INPUT -p tcp --dprt 80\nCOMMIT\n", 2, 17, /unknown option "--dprt"/],
  ["a port too high", "*filter\n-A INPUT -p tcp --dport 99999\nCOMMIT\n", 2, 25, /invalid port\/service `99999'/],
  ["a rule in a chain that is not there", "*filter\n-A NOPE -j DROP\nCOMMIT\n", 2, 4, /no chain `NOPE'/],
  ["a mask too long", "*filter\n-A INPUT -s 10.0.0.0/40\nCOMMIT\n", 2, 22, /invalid mask `40'/],
  ["a policy that is none", "*filter\n:INPUT MAYBE [0:0]\nCOMMIT\n", 2, 8, /Bad policy name/],
  ["a missing COMMIT", "*filter\n-A INPUT -j DROP\n", 3, 1, /COMMIT expected/],
  ["a quote that never ends", '*filter\n-A INPUT -m comment --comment "a b\nCOMMIT\n', 2, 1, /./],
];

for (const [what, text, line, column, problem] of BROKEN) {
  Deno.test(`${what} is refused with its place and what was expected`, () => {
    const error = assertThrows(() => parseIptablesSave(text, "rules.v4"), TextError);
    assertEquals([error.file, error.line, error.column], ["rules.v4", line, column], error.message);
    assertEquals(problem.test(error.problem), true, error.problem);
    assertEquals(error.expected.length > 0, true);
  });
}

Deno.test("seventy thousand lines are read to the last", () => {
  const lines = ["*nat", ":KUBE-SERVICES - [0:0]"];
  for (let i = 0; i < 70_000; i++) {
    const ip = `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    lines.push(
      `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "ns/svc-${i}:http cluster IP" -m tcp --dport 80 -j ACCEPT`,
    );
  }
  const text = lines.join("\n") + "\nCOMMIT\n";
  const [table] = parseIptablesSave(text, "-");
  assertEquals(table?.chains.at(-1)?.rules.length, 70_000);
});
