/** First packets of flows that follow a trail leave what walked ones leave. */
import { assert, assertEquals } from "@std/assert";
import { runFreshMix } from "./fresh_mix.ts";
import { walked, whole } from "./trail_senders.ts";

Deno.test("first packets from many source ports leave as much behind, through rules, translations and full tables, as walked ones", () => {
  let lines = 0;
  for (let number = 0; number < 150; number++) {
    const followed = runFreshMix(3, number, whole);
    assertEquals(followed, runFreshMix(3, number, walked), `world ${number}`);
    lines += followed.length;
  }
  assert(lines > 50_000, "packets were sent");
});
