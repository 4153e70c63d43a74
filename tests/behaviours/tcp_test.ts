/** TCP as conntrack follows it where its entry is out of step with the two that speak. */
import { assertEquals } from "@std/assert";
import type { PacketProbe } from "../parity/scenario.ts";
import { rules, tcp, through } from "./stage.ts";

const near = (flags: string, seq: number, ack = 0) => tcp("lan", "10.0.1.5>8.8.8.8", { flags, seq, ack });
const far = (flags: string, seq: number, ack = 0): PacketProbe => {
  const { inject: _inject, ...ends } = tcp("wan", "8.8.8.8>10.0.1.5", { flags, seq, ack });
  return { ...ends, inject: "dut:wan", sport: 80, dport: 1000 };
};

/** The state behind each packet as conntrack tells it, `same` where it says nothing, `INVALID`. */
function states(...probes: readonly PacketProbe[]): string[] {
  const iptables = { dut: rules({ filter: ["-A FORWARD -m conntrack --ctstate INVALID"] }) };
  return through({ iptables }, probes).map(({ rules, conntrack }) => {
    const told = conntrack?.["dut"]?.[0];
    const state = told?.destroyed ? "gone" : told?.tcp_state;
    return rules?.["dut/filter/FORWARD/1"] === 1 ? "INVALID" : state ?? "same";
  });
}

Deno.test("a reset that acknowledges the end of the answer let through before it ends the flow, whoever sends it", () => {
  const begun = [near("S", 1000), far("A", 5001, 1001)];
  assertEquals(states(...begun, near("RA", 1001, 5001)).slice(1), ["same", "CLOSE"]);
  assertEquals(states(...begun, far("RA", 5001, 5001)).slice(1), ["same", "CLOSE"]);
  assertEquals(states(...begun, far("RA", 5001, 4711)).slice(1), ["same", "INVALID"]);
});

Deno.test("a reset in answer to a repeated SYN is believed from the other side alone", () => {
  const begun = [near("S", 1000), far("SA", 5000, 1001), near("S", 5001)];
  assertEquals(states(...begun, near("RA", 50_000, 5002)).at(-1), "INVALID");
  assertEquals(states(...begun, far("RA", 50_000, 5002)).at(-1), "CLOSE");
});

Deno.test("who speaks to himself is found by the reply, but in the zone of one direction by the original", () => {
  const own = (flags: string) => ({ ...tcp("lan", "10.0.1.5>10.0.1.5", { flags, seq: 1000, ack: 1 }), sport: 80 });
  const seen = (...raw: readonly string[]) => {
    const iptables = { dut: rules({ raw, filter: ["-A FORWARD -m conntrack --ctstate INVALID"] }) };
    return through({ iptables }, [own("S"), own("PA")])[1]?.conntrack?.["dut"]?.[0]?.status ?? [];
  };
  assertEquals(seen(), ["SEEN_REPLY", "CONFIRMED"]);
  assertEquals(seen("-A PREROUTING -j CT --zone-orig 5"), []);
});
