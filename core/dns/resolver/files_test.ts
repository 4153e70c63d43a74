import { assertEquals } from "@std/assert";
import { hostsByAddress, hostsByName, parseHosts, printHosts } from "./hosts.ts";
import { parseNsswitch, printNsswitch } from "./nsswitch.ts";
import { parseResolvConf, printResolvConf, resolverSettings } from "./resolv_conf.ts";
import { glibcCandidates, muslCandidates } from "./search.ts";

const POD = `search default.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
`;

Deno.test("a pod's resolv.conf parses and prints back", () => {
  const conf = parseResolvConf(POD);
  assertEquals(conf.search[0], "default.svc.cluster.local");
  assertEquals(conf.ndots, 5);
  assertEquals(printResolvConf(conf), POD);
});

Deno.test("the last search or domain line counts, numbers are capped, the rest is named as ignored", () => {
  const conf = parseResolvConf(
    "# x\ndomain a.test\nsearch b.test c.test\nnameserver bogus\noptions ndots:99 timeout:100 rotate insecure1\nfoo bar\n",
  );
  assertEquals(conf.search, ["b.test", "c.test"]);
  assertEquals([conf.ndots, conf.timeout, conf.flags], [15, 30, ["rotate"]]);
  assertEquals(conf.ignored, ["nameserver bogus", "options insecure1", "foo bar"]);
});

Deno.test("without a file the local host is asked, and the own name's domain searched", () => {
  const files = { read: (path: string) => (path === "/proc/sys/kernel/hostname" ? "a.lab.test\n" : undefined) };
  const settings = resolverSettings(files);
  assertEquals([settings.nameservers, settings.search, settings.ndots], [["127.0.0.1"], ["lab.test"], 1]);
});

Deno.test("three name servers at most", () => {
  const text = [1, 2, 3, 4].map((n) => `nameserver 10.0.0.${n}`).join("\n");
  assertEquals(resolverSettings({ read: () => text }).nameservers.length, 3);
});

Deno.test("hosts: aliases, comments, both families, the first name is canonical", () => {
  const entries = parseHosts(
    "127.0.0.1 localhost # me\n::1 localhost ip6-localhost\n192.168.1.11 db Database\nbroken line\n",
  );
  assertEquals(hostsByName(entries, "DATABASE", 0), [{ address: "192.168.1.11", names: ["db", "Database"] }]);
  assertEquals(hostsByName(entries, "localhost", 0).map((each) => each.address), ["127.0.0.1", "::1"]);
  assertEquals(hostsByAddress(entries, "::1")?.names[0], "localhost");
  assertEquals(parseHosts(printHosts(entries)), entries);
});

Deno.test("nsswitch: services with their actions", () => {
  const services = parseNsswitch("passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n");
  assertEquals(services.map(({ name }) => name), ["files", "mdns4_minimal", "dns"]);
  assertEquals(services[1]?.actions.notfound, "return");
  assertEquals(printNsswitch(services), "hosts: files mdns4_minimal [NOTFOUND=return] dns\n");
  assertEquals(parseNsswitch("hosts: files [!SUCCESS=return] dns")[0]?.actions.unavail, "return");
});

Deno.test("glibc tries the search list first below ndots and last above it, musl never above it", () => {
  const settings = { ndots: 2, search: ["a.test", "test"], flags: new Set<never>() };
  assertEquals(glibcCandidates("web", settings), ["web.a.test.", "web.test.", "web."]);
  assertEquals(glibcCandidates("x.y.z", settings), ["x.y.z.", "x.y.z.a.test.", "x.y.z.test."]);
  assertEquals(glibcCandidates("web.", settings), ["web."]);
  assertEquals(muslCandidates("x.y.z", settings), ["x.y.z."]);
  assertEquals(muslCandidates("x.y", settings), ["x.y.a.test.", "x.y.test.", "x.y."]);
});
