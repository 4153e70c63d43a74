import { assertEquals } from "@std/assert";
import { parseQuantity, printQuantity } from "./quantity.ts";

function canonical(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity === undefined ? undefined : printQuantity(quantity);
}

Deno.test("quantities come out as the server writes them", () => {
  const pairs = [
    ["0.1", "100m"],
    ["1.0", "1"],
    ["1500m", "1500m"],
    ["2000m", "2"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["1e3", "1e3"],
    ["1000k", "1M"],
    ["0", "0"],
    ["-1", "-1"],
    ["12345", "12345"],
  ];
  assertEquals(pairs.map(([text = ""]) => canonical(text)), pairs.map(([, wanted]) => wanted));
});

Deno.test("a text that is no quantity has none", () => {
  assertEquals(["", "ten", "1x", "1 Gi", "Gi"].map(canonical), Array(5).fill(undefined));
});
