import { assertEquals } from "@std/assert";
import { isFailure } from "../base/mod.ts";
import { box, redAndBlue } from "./lab_test.ts";
import { stepsOf, type TraceNames } from "./trace.ts";

Deno.test("a traced datagram is told hop by hop, with names of places and devices", async () => {
  const machine = box();
  await redAndBlue(machine);
  const { plane } = machine;
  const names: TraceNames = {
    place: (ns) => [...machine.namespaces].find(([, one]) => one.id === ns)?.[0] ?? `ns${ns}`,
    device: (ns, dev) => plane.links(ns).find((link) => link.index === dev)?.name ?? `if${dev}`,
    rule: () => undefined,
  };
  const server = plane.socket(machine.findNs("blue")!, "udp", 4);
  plane.bind(server, "0.0.0.0", 9);
  const client = plane.socket(machine.findNs("red")!, "udp", 4);
  plane.bind(client, "10.0.0.1", 4000);
  plane.connect(client, "10.0.0.2", 9);
  plane.trace(client);
  assertEquals(isFailure(plane.send(client, new Uint8Array([1]))), false);
  const steps = stepsOf(plane.takeTrace(), names);
  assertEquals([steps.at(0)?.place, steps.at(0)?.action], ["red", "sent"]);
  assertEquals([steps.at(-1)?.place, steps.at(-1)?.action], ["blue", "delivered"]);
  assertEquals(steps.find((step) => step.action === "routed")?.detail, "10.0.0.2 dev v0 table main");
});
