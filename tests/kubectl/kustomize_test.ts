/** Kustomizations: what the real `kubectl kustomize` 1.36.3 answered, and, where it is there, what it answers now. */
import { assertEquals } from "@std/assert";
import { kubectl } from "../../core/kubectl/mod.ts";
import { kubectls, runKubectl } from "./real.ts";

const ROOT = new URL("./kustomizations", import.meta.url).pathname;
const FOLDERS = ["base", "over", "third", "twice", "unknown", "nobody"];

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function list(path: string): string[] | undefined {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/** Kustomizations need no server and no time. */
const nowhere = new Proxy({}, {
  get() {
    throw new Error("kubectl kustomize asked for more than files");
  },
}) as never;

async function ours(folder: string): Promise<string> {
  const files = { read, list, write() {} };
  const host = { api: nowhere, server: "", namespace: "default", files, clock: nowhere, pods: nowhere };
  const { stdout, stderr } = await kubectl(["kustomize", `${ROOT}/${folder}`], "", host);
  return (stdout + stderr).replaceAll(ROOT, "DIR");
}

for (const folder of FOLDERS) {
  Deno.test(`kubectl kustomize ${folder}: the real one's answer, byte for byte`, async () => {
    assertEquals(await ours(folder), read(`${ROOT}/${folder}/answer.txt`));
  });
}

for (const real of kubectls().filter((path) => path.includes("kubectl-v1.36"))) {
  Deno.test(`${real} builds the same kustomizations`, async () => {
    for (const folder of FOLDERS) {
      const { stdout, stderr } = await runKubectl(real, ["kustomize", `${ROOT}/${folder}`]);
      assertEquals((stdout + stderr).replaceAll(ROOT, "DIR"), await ours(folder));
    }
  });
}
