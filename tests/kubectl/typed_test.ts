/** Commands typed at one lab twice, by the real kubectl over HTTP and by ours in the admin's shell: the same text and exit status. */
import { assertEquals } from "@std/assert";
import { type Answered, kubectls, release, runKubectl, type Served, serveStillLab } from "./real.ts";

/** Seconds that a lab takes to do what a command asked for. */
const SETTLES = 3;

const here = (path: string): string => Deno.readTextFileSync(new URL(path, import.meta.url));

/** Ages, widths that come of them, and where the server stands are not the same twice. */
function masked({ stdout, stderr, exit }: Answered): Answered {
  const mask = (text: string) =>
    text.replace(/\b(?:\d+[dhms]){1,2}\b/g, "AGE").replace(/ {2,}/g, "  ").replace(/[ \t]+$/gm, "")
      .replace(/http:\/\/127[^ ]*\/kube/g, "SERVER").replace(/https:\/\/[\d.]+:6443/g, "SERVER");
  return { stdout: mask(stdout), stderr: mask(stderr), exit };
}

/** What differs, as text; undefined where nothing does. */
async function differs(served: Served, line: string): Promise<string | undefined> {
  const ours = masked(await served.lab.exec("admin", `kubectl ${line}`));
  const real = masked(await runKubectl("bash", ["-c", `${served.kubectl} ${line}`], { env: served.env }));
  if (JSON.stringify(ours) === JSON.stringify(real)) return undefined;
  return `kubectl ${line}\nreal: ${JSON.stringify(real)}\nours: ${JSON.stringify(ours)}`;
}

for (const kubectl of kubectls()) {
  Deno.test({
    name: `${kubectl} and ours say the same of one lab`,
    // Other releases use other words of their own.
    ignore: await release(kubectl) !== "v1.36.3",
    fn: async () => {
      const shop = new URL("../../examples/shop/", import.meta.url);
      const names = [...Deno.readDirSync(shop)].map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort();
      const files = names.map((name) => Deno.readTextFileSync(new URL(name, shop)));
      const served = await serveStillLab(kubectl, [...files, here("typed.yaml")]);
      const different: string[] = [];
      const lines = here("typed.txt").split("\n").filter((line) => line !== "");
      for (const line of lines) {
        different.push(...[await differs(served, line)].filter((one) => one !== undefined));
        await served.lab.advance(SETTLES);
      }
      await served.close();
      console.log(`${lines.length - different.length} commands equal, ${different.length} differ`);
      assertEquals(different.join("\n"), "");
    },
  });
}
