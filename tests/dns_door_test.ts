/** Real clients at `podwire serve --dns` and at the DNS over HTTPS route: Debian's dig, octets that are no queries, RFC 8484. */
import { assertEquals, assertMatch } from "@std/assert";
import { encodeBase64Url } from "@std/encoding";
import { serveDns } from "../cli/serve_dns.ts";
import { isMalformed, parseMessage, printMessage, queryMessage } from "../core/dns/mod.ts";
import { createApp, DEFAULT_LIMITS, holdLabs } from "../http/mod.ts";
import { defaultHost, Lab } from "../mod.ts";

const PODS = `apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: client, image: nicolaka/netshoot, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Service
metadata: {name: many}
spec: {clusterIP: None, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: many-1, labels: {kubernetes.io/service-name: many}}
addressType: IPv4
ports: [{port: 80}]
endpoints:
${Array.from({ length: 60 }, (_, i) => `- {addresses: [10.9.0.${i + 1}], conditions: {ready: true}}`).join("\n")}
`;

async function atTheDoor(
  work: (lab: Lab, labs: ReturnType<typeof holdLabs>["labs"], port: number) => Promise<void>,
): Promise<void> {
  const lab = await Lab.open({ files: [PODS], nodes: 1 }, defaultHost());
  const { labs } = holdLabs();
  const door = serveDns(labs, labs.add(lab), { hostname: "127.0.0.1", port: 0, place: "pod/client" });
  try {
    await work(lab, labs, door.port);
  } finally {
    await door.close();
    await labs.remove("lab-1");
  }
}

async function dig(port: number, words: string): Promise<string> {
  const args = ["@127.0.0.1", "-p", String(port), "+tries=1", "+time=5", ...words.split(" ")];
  const { stdout } = await new Deno.Command("dig", { args }).output();
  return new TextDecoder().decode(stdout);
}

const hasDig = await new Deno.Command("dig", { args: ["-v"] }).output().then(() => true, () => false);
if (!hasDig) console.warn("dig is not installed: real clients are not tried");

/** What of dig's text does not depend on who carried the message. */
function plain(text: string): string {
  return text.split("\n").filter((line) =>
    line !== "" &&
    !/^; <<>>|^; \(1 server|^;; (global|Got answer|WHEN|SERVER|Query time|WARNING|You are)|COOKIE/.test(line)
  ).map((line) => line.replace(/id: \d+/, "id")).join("\n");
}

const QUESTIONS = [
  "kubernetes.default.svc.cluster.local",
  "kubernetes.default.svc.cluster.local AAAA",
  "nope.default.svc.cluster.local",
  "_https._tcp.kubernetes.default.svc.cluster.local SRV",
  "-x 10.96.0.1",
  "cluster.local SOA",
  "www.example.com +noall +answer",
  "dns-version.cluster.local TXT +noedns",
  "kubernetes.default.svc.cluster.local +tcp",
];

Deno.test({
  name: "what Debian's dig is told at the door is what dig is told in the pod",
  ignore: !hasDig,
  fn: () =>
    atTheDoor(async (lab, _, port) => {
      for (const words of QUESTIONS) {
        const [outside, inside] = [await dig(port, words), (await lab.exec("pod/client", `dig ${words}`)).stdout];
        assertEquals(plain(outside), plain(inside), words);
      }
    }),
});

Deno.test({
  name: "an answer too large for UDP is cut there, whole over TCP, and fits where EDNS says so",
  ignore: !hasDig,
  fn: () =>
    atTheDoor(async (_, __, port) => {
      const name = "many.default.svc.cluster.local";
      assertMatch(await dig(port, `${name} +noedns +ignore`), /flags: qr aa tc rd;/);
      assertMatch(await dig(port, `${name} +noedns`), /ANSWER: 60,/);
      assertMatch(await dig(port, `${name} +bufsize=4096`), /flags: qr aa rd;.*ANSWER: 60,/);
    }),
});

/** Octets that no client should send. */
function broken(): Uint8Array[] {
  const whole = printMessage(queryMessage(1, { name: "a.test.", type: "A", class: "IN" }), false);
  const change = (at: number, ...bytes: number[]) => Uint8Array.from(whole, (byte, i) => bytes[i - at] ?? byte);
  return [
    new Uint8Array(),
    Uint8Array.of(1),
    whole.slice(0, 5),
    whole.slice(0, 11),
    whole.slice(0, 12),
    whole.slice(0, 15),
    whole.slice(0, -2),
    change(2, 0x81),
    change(2, 0x29),
    change(2, 0xff, 0xff),
    change(4, 0, 0),
    change(4, 0, 2),
    change(4, 0xff, 0xff),
    change(6, 0xff, 0xff),
    change(10, 0xff, 0xff),
    change(12, 0x40),
    change(12, 0xc0, 0x0c),
    change(12, 0xff, 0xff),
    Uint8Array.from({ length: 512 }, (_, i) => (i * 37) & 255),
    new Uint8Array(4096).fill(0xc0),
  ];
}

const has = (program: string) =>
  new Deno.Command(program, { args: ["-h"], stdout: "null", stderr: "null" }).output().then(() => true, () => false);
const hasDnsperf = await has("dnsperf");
if (!hasDnsperf) console.warn("SKIPPED: dnsperf is not installed: nobody asks in a hurry");

Deno.test({
  name: "dnsperf asks two thousand questions at once: none is lost, each has its right rcode",
  ignore: !hasDnsperf,
  fn: () =>
    atTheDoor(async (_lab, _labs, port) => {
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, "kubernetes.default.svc.cluster.local A\nnope.default.svc.cluster.local A\n");
      const args = ["-s", "127.0.0.1", "-p", `${port}`, "-d", file, "-n", "1000", "-c", "4", "-q", "50"];
      const { stdout } = await new Deno.Command("dnsperf", { args, stderr: "null" }).output();
      await Deno.remove(file);
      const said = new TextDecoder().decode(stdout);
      assertMatch(said, /Queries sent: +2000\n +Queries completed: +2000 \(100\.00%\)\n +Queries lost: +0 /);
      assertMatch(said, /Response codes: +NOERROR 1000 \(50\.00%\), NXDOMAIN 1000 \(50\.00%\)\n/);
    }),
});

Deno.test("twenty broken packets, over UDP and TCP, leave the door open", () =>
  atTheDoor(async (_, __, port) => {
    assertEquals(broken().length, 20);
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const to: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port };
    const good = printMessage(queryMessage(77, { name: "cluster.local.", type: "SOA", class: "IN" }), false);
    for (const bytes of broken()) {
      await socket.send(bytes, to);
      const stream = await Deno.connect({ hostname: "127.0.0.1", port });
      await stream.write(Uint8Array.of(bytes.length >> 8, bytes.length & 255, ...bytes)).catch(() => 0);
      stream.close();
    }
    await socket.send(good, to);
    for (;;) {
      const [reply] = await socket.receive();
      const message = parseMessage(reply);
      if (isMalformed(message) || message.id !== 77) continue;
      assertEquals([message.rcode, message.answers[0]?.type], ["NOERROR", "SOA"]);
      break;
    }
    socket.close();
  }));

/** A lab that came after the server did: its time stands still. */
async function overHttp(work: (app: ReturnType<typeof createApp>) => Promise<void>): Promise<void> {
  const held = holdLabs();
  const { labs } = held;
  const app = createApp(defaultHost(), DEFAULT_LIMITS, held);
  const id = labs.add(await Lab.open({ files: [PODS], nodes: 1 }, defaultHost()));
  await work(app).finally(() => labs.remove(id));
}

Deno.test("DNS over HTTPS answers GET and POST, and refuses what is no message", () =>
  overHttp(async (app) => {
    const url = "/v1/labs/lab-1/dns-query?place=pod/client";
    const query = (name: string) => printMessage(queryMessage(0, { name, type: "A", class: "IN" }), false);
    const bytes = query("kubernetes.default.svc.cluster.local.");
    const headers = { "content-type": "application/dns-message" };
    const posted = await app.request(url, { method: "POST", headers, body: bytes as Uint8Array<ArrayBuffer> });
    const got = await app.request(`${url}&dns=${encodeBase64Url(bytes)}`);
    for (const answer of [posted, got]) {
      assertEquals([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")], [
        200,
        "application/dns-message",
        "max-age=30",
      ]);
      const message = parseMessage(new Uint8Array(await answer.arrayBuffer()));
      if (isMalformed(message)) throw new Error(message.malformed);
      assertEquals([message.id, message.answers.map(({ data }) => data)], [0, ["10.96.0.1"]]);
    }
    const many = await app.request(`${url}&dns=${encodeBase64Url(query("many.default.svc.cluster.local."))}`);
    const whole = parseMessage(new Uint8Array(await many.arrayBuffer()));
    assertEquals(isMalformed(whole) ? 0 : whole.answers.length, 60);
    const statuses = await Promise.all([
      app.request(`${url}&dns=$$$`),
      app.request(`${url}&dns=AAAA`),
      app.request(url, { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }),
      app.request(`/v1/labs/lab-9/dns-query?dns=${encodeBase64Url(bytes)}`),
      app.request(`/v1/labs/lab-1/dns-query?place=pod/nobody&dns=${encodeBase64Url(bytes)}`),
    ]);
    assertEquals(statuses.map(({ status }) => status), [400, 400, 415, 404, 400]);
  }));
