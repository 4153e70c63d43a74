/** Associations of SCTP as conntrack follows them, where one would think otherwise. */
import { assertEquals } from "@std/assert";
import { sctpPacket } from "../parity/random/packets.ts";
import type { PacketProbe } from "../parity/scenario.ts";
import { rules, through } from "./stage.ts";

const TAGS = { near: 0x1111, far: 0x2222 } as const;
const ENDS = {
  near: { inject: "dut:lan", src: "10.0.1.5", dst: "198.51.100.7", proto: 132, sport: 80, dport: 443 },
  far: { inject: "dut:wan", src: "198.51.100.7", dst: "10.0.1.5", proto: 132, sport: 443, dport: 80 },
} as const;

/** `near INIT 0`: who says what with which tag. */
function said(text: string): PacketProbe {
  const [who, chunk = "", tag] = text.split(" ") as ["near" | "far", string, string];
  return sctpPacket(ENDS[who], { chunks: [chunk], tag: Number(tag), announces: TAGS[who] });
}

/** The state behind each packet as conntrack tells it, `same` where it says nothing, `INVALID`. */
function states(...texts: readonly string[]): string[] {
  const iptables = { dut: rules({ filter: ["-A FORWARD -m conntrack --ctstate INVALID"] }) };
  return through({ iptables }, texts.map(said)).map(({ rules, conntrack }) => {
    const told = conntrack?.["dut"]?.[0]?.sctp_state;
    return rules?.["dut/filter/FORWARD/1"] === 1 ? "INVALID" : told ?? "same";
  });
}

const UP = ["near INIT 0", "far INIT_ACK 0x1111", "near COOKIE_ECHO 0x2222", "far COOKIE_ACK 0x1111"];

Deno.test("an INIT ACK of who began does not end a shutdown, an INIT does", () => {
  for (const [shutdown, state] of [["near SHUTDOWN 0x2222", "SENT"], ["far SHUTDOWN 0x1111", "RECD"]] as const) {
    const end = states(...UP, shutdown, "near INIT_ACK 0x2222", "near INIT 0").slice(3);
    assertEquals(end, ["ESTABLISHED", `SHUTDOWN_${state}`, "same", "CLOSED"]);
  }
});

Deno.test("an association that begins with the answer to a heartbeat has the sender's tag, and none yet of the other side", () => {
  const begun = "near HEARTBEAT_ACK 0x2222";
  assertEquals(states(begun, "far DATA 0x2222"), ["CLOSED", "INVALID"]);
  assertEquals(states(begun, "near INIT_ACK 0x2222", "far DATA 0x1111"), ["CLOSED", "same", "same"]);
});
