import { assertEquals, assertStringIncludes } from "@std/assert";
import { isFailure, Random, VirtualClock } from "../../base/mod.ts";
import { isMalformed, parseMessage, printMessage, printRecord, queryMessage } from "../../dns/mod.ts";
import { ControlPlane } from "../../kube/mod.ts";
import { Machine, type Process, Runner } from "../../linux/mod.ts";
import { Plane } from "../../../wasm/mod.ts";
import { coreDns } from "./program.ts";

const KUBEADM = `.:53 {
    errors
    log
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

const START = Date.UTC(2026, 0, 1);
const module = Deno.readFileSync(new URL("../../../wasm/pkg/plane_bg.wasm", import.meta.url));
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** One machine with CoreDNS on it, and a cluster of objects beside. */
function world(corefile: string) {
  const plane = Plane.open(module, { seed: 1 });
  const clock = new VirtualClock(START);
  const runner = new Runner({ plane, clock, turn });
  const control = new ControlPlane({ clock, random: new Random(1), nodes: [] });
  const files = { "/etc/coredns/Corefile": corefile, "/etc/resolv.conf": "nameserver 10.9.9.9\n" };
  const machine = new Machine({ name: "dns", plane, runner, random: new Random(2), programs: new Map(), files });
  plane.setLink(machine.ns.id, 1, { up: true });
  const process = machine.startProgram(coreDns({ cluster: control.store }), [
    "coredns",
    "-conf",
    "/etc/coredns/Corefile",
  ]);
  const run = async <T>(job: (process: Process) => Promise<T>): Promise<T> => {
    let value: T | undefined;
    const one = machine.startProgram(async (own) => (value = await job(own), 0), ["client"]);
    await runner.run(one.finished);
    return value as T;
  };
  return { machine, process, runner, control, run };
}

async function dig(process: Process, name: string, type: string): Promise<string[]> {
  const socket = process.net.udp(4);
  socket.connect("127.0.0.1", 53);
  socket.send(printMessage(queryMessage(7, { name, type, class: "IN" }), false));
  const got = await socket.receive(10_000);
  socket.close();
  if (got === undefined || "error" in got) return ["no reply"];
  const message = parseMessage(got.datagram.data);
  if (isMalformed(message)) return [message.malformed];
  return [
    message.rcode,
    ...[...message.answers, ...message.authorities].map((rr) => printRecord(rr).replaceAll("\t", " ")),
  ];
}

async function get(process: Process, port: number, path: string): Promise<string> {
  const stream = await process.net.connect("127.0.0.1", port, { timeout: 1000 });
  if (stream === undefined || isFailure(stream)) return "refused";
  await stream.write(`GET ${path} HTTP/1.1\r\nHost: dns\r\nConnection: close\r\n\r\n`);
  let text = "";
  for (;;) {
    const more = await stream.read(1000);
    if (!(more instanceof Uint8Array)) return text;
    text += new TextDecoder().decode(more);
  }
}

Deno.test("CoreDNS answers for the cluster over UDP, and prints what the real one prints at its start", async () => {
  const { run, process, runner } = world(KUBEADM);
  assertEquals(await run((own) => dig(own, "kubernetes.default.svc.cluster.local.", "A")), [
    "NOERROR",
    "kubernetes.default.svc.cluster.local. 30 IN A 10.96.0.1",
  ]);
  const [rcode] = await run((own) => dig(own, "nope.default.svc.cluster.local.", "A"));
  assertEquals(rcode, "NXDOMAIN");
  process.kill(15);
  const finished = await runner.run(process.finished);
  const lines = (finished?.stdout ?? "").split("\n");
  assertEquals(lines[0], ".:53");
  assertStringIncludes(lines[1] as string, "[INFO] plugin/reload: Running configuration SHA512 = ");
  assertEquals(lines.slice(2, 4), ["CoreDNS-1.14.7", "linux/amd64, go1.26.8, "]);
  assertStringIncludes(
    finished?.stdout ?? "",
    ' "A IN kubernetes.default.svc.cluster.local. udp 54 false 512" NOERROR qr,aa,rd 106 ',
  );
  assertEquals(finished?.exit, 0);
});

Deno.test("an upstream nobody can reach is SERVFAIL, and the errors plugin says why", async () => {
  const { run, process } = world(KUBEADM);
  assertEquals(await run((own) => dig(own, "example.org.", "A")), ["SERVFAIL"]);
  assertStringIncludes(
    process.stdout,
    "[ERROR] plugin/errors: 2 example.org. A: dial udp 10.9.9.9:53: connect: network is unreachable",
  );
});

Deno.test("health, ready and metrics are HTTP servers of their own", async () => {
  const { run } = world(KUBEADM);
  assertStringIncludes(await run((own) => get(own, 8080, "/health")), "\r\n\r\nOK");
  assertStringIncludes(await run((own) => get(own, 8181, "/ready")), "HTTP/1.1 200 OK\r\n");
  assertStringIncludes(
    await run((own) => get(own, 9153, "/metrics")),
    'coredns_build_info{goversion="go1.26.8",revision="",version="1.14.7"} 1',
  );
});

Deno.test("a Corefile that is refused ends the process with CoreDNS's words", async () => {
  const { process, runner } = world(".:53 {\n    forwrd . 1.1.1.1\n}\n");
  const finished = await runner.run(process.finished);
  assertEquals(finished, {
    stdout: "/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'forwrd'\n",
    stderr: "",
    exit: 1,
  });
});

Deno.test("a changed Corefile is taken up within a minute, a broken one is not", async () => {
  const { run, machine, runner, process } = world(
    ".:53 {\n    reload\n    hosts {\n        10.0.0.1 a.test\n    }\n}\n",
  );
  const write = (line: string) => machine.files.write("/etc/coredns/Corefile", `.:53 {\n    reload\n    ${line}\n}\n`);
  const a = () => run((own) => dig(own, "a.test.", "A"));
  assertEquals(await a(), ["NOERROR", "a.test. 3600 IN A 10.0.0.1"]);
  write("hosts {\n        10.0.0.2 a.test\n    }");
  await runner.advance(60_000);
  assertEquals(await a(), ["NOERROR", "a.test. 3600 IN A 10.0.0.2"]);
  write("hostz");
  await runner.advance(60_000);
  assertEquals(await a(), ["NOERROR", "a.test. 3600 IN A 10.0.0.2"]);
  assertStringIncludes(
    process.stdout,
    "[ERROR] Restart failed: /etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'hostz'",
  );
});

Deno.test("forwarding to oneself is a loop, and ends the process", async () => {
  const { process, runner } = world(".:53 {\n    loop\n    forward . 127.0.0.1\n}\n");
  const finished = await runner.run(process.finished);
  assertEquals(finished?.exit, 1);
  assertStringIncludes(finished?.stdout ?? "", "[FATAL] plugin/loop: Loop (127.0.0.1:");
  assertStringIncludes(
    finished?.stdout ?? "",
    ' -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ',
  );
});
