import { assertEquals } from "@std/assert";
import { isFailure } from "../base/mod.ts";
import { box, redAndBlue } from "./lab_test.ts";
import type { Program } from "./process.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Answers every connection with what it says, in capitals; ends a connection at its end. */
const shout: Program = async (process) => {
  const listener = process.net.listen("0.0.0.0", 7);
  if (isFailure(listener)) return 1;
  for (;;) {
    const stream = await listener.accept();
    if (stream === undefined) return 0;
    for (let got = await stream.read(); got instanceof Uint8Array; got = await stream.read()) {
      await stream.write(text(got).toUpperCase());
    }
    stream.close();
  }
};

/** `say TEXT`: what the server answers, or how it failed. */
const say: Program = async (process) => {
  const stream = await process.net.connect(process.argv[1] ?? "", 7, { timeout: 5000 });
  if (stream === undefined || isFailure(stream)) {
    process.out(`${stream?.errno ?? "timeout"} after ${process.clock.now() - process.machine.bootedAt} ms\n`);
    return 1;
  }
  await stream.write(process.argv[2] ?? "");
  stream.end();
  for (let got = await stream.read(); got instanceof Uint8Array; got = await stream.read()) {
    process.out(text(got) + "\n");
  }
  stream.close();
  return 0;
};

const udpOnce: Program = async (process) => {
  const socket = process.net.udp(4);
  socket.connect(process.argv[1] ?? "", 9);
  socket.send(new Uint8Array([1]));
  const got = await socket.receive(1000);
  process.out(
    got === undefined ? "nothing\n" : "error" in got ? `${got.error.errno} from ${got.error.offender}\n` : "data\n",
  );
  return 0;
};

Deno.test("a connection through the plane carries data both ways and ends on both sides", async () => {
  const machine = box({ shout, say });
  await redAndBlue(machine);
  machine.start("shout", { ns: machine.findNs("blue")! });
  assertEquals((await machine.run("say 10.0.0.2 hello", { ns: "red" })).stdout, "HELLO\n");
  assertEquals((await machine.run("say 10.0.0.2 again", { ns: "red" })).stdout, "AGAIN\n");
});

Deno.test("connect() is refused where nobody listens, and times out where nobody answers", async () => {
  const machine = box({ say });
  await redAndBlue(machine);
  assertEquals((await machine.run("say 10.0.0.2 x", { ns: "red" })).stdout.split(" ")[0], "ECONNREFUSED");
  assertEquals((await machine.run("say 192.0.2.1 x", { ns: "red" })).stdout.split(" ")[0], "ENETUNREACH");
  await machine.run("ip -n red neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev v0 nud permanent");
  const before = machine.runner.clock.now();
  assertEquals((await machine.run("say 10.0.0.2 x", { ns: "red" })).stdout.split(" ")[0], "timeout");
  assertEquals(machine.runner.clock.now() - before, 5000);
});

Deno.test("an ICMP error reaches the socket whose datagram caused it", async () => {
  const machine = box({ "udp-once": udpOnce });
  await redAndBlue(machine);
  assertEquals((await machine.run("udp-once 10.0.0.2", { ns: "red" })).stdout, "ECONNREFUSED from 10.0.0.2\n");
});

Deno.test("what a process holds is closed when it ends or is killed", async () => {
  const machine = box({ shout });
  const server = machine.start("shout");
  await machine.runner.advance(10);
  assertEquals((await machine.run("ss -tlnH")).stdout.split(/\s+/).slice(0, 4), ["LISTEN", "0", "128", "0.0.0.0:7"]);
  server.kill(15);
  assertEquals((await machine.finish(server)).exit, 143);
  assertEquals((await machine.run("ss -tlnH")).stdout, "");
});

Deno.test("a killed program that goes on waiting is ended where it stands", async () => {
  const stubborn: Program = async (process) => {
    for (;;) await process.clock.sleep(1000);
  };
  const machine = box({ stubborn });
  const process = machine.start("stubborn");
  await machine.runner.advance(1500);
  process.kill(15);
  assertEquals((await machine.finish(process)).exit, 143);
});

Deno.test("a program that handles a signal keeps its own exit status", async () => {
  const polite: Program = async (process) => {
    process.handle(2);
    process.out(`signal ${await process.killed}\n`);
    return 7;
  };
  const machine = box({ polite });
  const process = machine.start("polite");
  await machine.runner.advance(10);
  process.kill(2);
  assertEquals(await machine.finish(process), { stdout: "signal 2\n", stderr: "", exit: 7 });
});
