/** What a real kube-apiserver 1.36.3 answered to requests of every kind, right and wrong, one after the other. */
import { assertEquals } from "@std/assert";
import { type Answered, masked, playStory, serverHere, type Step } from "./conformance/kube_requests.ts";
import { difference } from "./conformance/match.ts";

interface Story {
  readonly id: string;
  readonly steps: readonly Step[];
  /** What the real server said, masked; null where podwire is known to say something else. */
  readonly answers: readonly (Answered | null)[];
}

const FILE = new URL("./vectors/kubeapi_requests.json.gz", import.meta.url);

async function stories(): Promise<Story[]> {
  const { body } = await fetch(FILE);
  return await new Response(body?.pipeThrough(new DecompressionStream("gzip"))).json() as Story[];
}

Deno.test("requests to objects, their parts and lists are answered as by the real server", async () => {
  const send = serverHere();
  const problems: string[] = [];
  let compared = 0;
  for (const { id, steps, answers } of await stories()) {
    const found = await playStory(send, id, steps);
    for (const [index, expected] of answers.entries()) {
      if (expected === null) continue;
      compared++;
      const problem = difference(expected, masked(found[index]));
      if (problem !== undefined) problems.push(`${id}[${index}] ${steps[index]?.[0]}: ${problem}`);
    }
  }
  assertEquals(problems, []);
  assertEquals(compared, COMPARED);
});

const COMPARED = 3727;
