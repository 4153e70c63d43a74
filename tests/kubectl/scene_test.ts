/** The real kubectl types the recorded scene at our handlers: the text of the recording, command by command. */
import { assertEquals } from "@std/assert";
import type { Recording, Scene } from "../conformance/kube_api_types.ts";
import { kubectls, release } from "./real.ts";
import { playScene } from "./scene.ts";

const FILE = new URL("../../../shared/vectors/kubeapi.json", import.meta.url);

async function recordedScene(): Promise<Scene | undefined> {
  try {
    return (JSON.parse(await Deno.readTextFile(FILE)) as Recording).scene;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`SKIPPED: the recorded scene: no ${FILE.pathname}`);
    return undefined;
  }
}

const scene = await recordedScene();
for (const kubectl of kubectls()) {
  Deno.test({
    name: `${kubectl} says at our port what it said at the real API server's`,
    // Other releases use other words of their own.
    ignore: scene === undefined || await release(kubectl) !== "v1.36.3",
    fn: async () => {
      const { equal, different } = await playScene(kubectl, scene as Scene);
      console.log(`${equal} commands equal, ${different.length} differ`);
      assertEquals(different.join("\n"), "");
    },
  });
}
