import { assertEquals } from "@std/assert";
import { fiveColumns, meterLine } from "./meter.ts";

const NOTHING = { total: 0, received: 0, toSend: 0, sent: 0, elapsed: 0 };

Deno.test("the meter's line has the columns of the real one", () => {
  assertEquals(meterLine(NOTHING), "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0");
  assertEquals(
    meterLine({ ...NOTHING, total: 6, received: 6, elapsed: 0.957 }),
    "100     6  100     6    0     0   6269      0 --:--:-- --:--:-- --:--:--  6000",
  );
  assertEquals(
    meterLine({ ...NOTHING, elapsed: 2000 }),
    "  0     0    0     0    0     0      0      0 --:--:--  0:00:02 --:--:--     0",
  );
  assertEquals(
    meterLine({ ...NOTHING, total: 6, received: 0, elapsed: 0 }),
    "  0     6    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0",
  );
  assertEquals(
    meterLine({ total: 8, received: 8, toSend: 3, sent: 3, elapsed: 0.956 }),
    "100    11  100     8  100     3   8368   3138 --:--:-- --:--:-- --:--:-- 11000",
  );
});

Deno.test("numbers fit five columns", () => {
  assertEquals([99999, 200000, 202375168, 12_900_000].map(fiveColumns), ["99999", " 195k", " 193M", "12.3M"]);
});
