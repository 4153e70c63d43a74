/** The same files and seed: the same log, byte for byte. Another seed: another one. `tests/edge` compares with another runtime. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { Lab } from "../mod.ts";

const SHOP = new URL("../examples/shop/", import.meta.url);
const files = [...Deno.readDirSync(SHOP)].map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort()
  .map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, SHOP)) }));

/** Everything a lab has to say after some commands and some time. */
async function story(seed: number): Promise<string> {
  const lab = await Lab.open({ files, seed });
  const answers = [
    await lab.exec("deploy/frontend", "nslookup cartservice; ping -c 2 -i 0.2 8.8.8.8"),
    await lab.exec("node/node-1", "iptables-save -c; ip addr; conntrack -L"),
    await lab.why("deploy/frontend", "svc/cartservice:7070"),
  ];
  await lab.advance(60);
  const text = lab.log() + JSON.stringify(answers) + JSON.stringify(lab.overview());
  lab.close();
  return text;
}

Deno.test("the same files and seed give the same log, twice", async () => {
  const [first, second] = [await story(1), await story(1)];
  assertEquals(first.length > 10_000, true);
  assertEquals(first === second, true, firstDifference(first, second));
});

Deno.test("another seed gives another log", async () => {
  assertNotEquals(await story(1), await story(2));
});

function firstDifference(a: string, b: string): string {
  const at = [...a].findIndex((char, i) => char !== b[i]);
  return `${a.slice(at - 80, at + 80)}\n---\n${b.slice(at - 80, at + 80)}`;
}
