/** The same Hono app inside Cloudflare's workerd, from a WebAssembly.Module it compiled itself: starts, answers, and tells the same story as here. */
import { assertEquals } from "@std/assert";
import { Lab } from "../../mod.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Cloudflare's binary as npm has it; other platforms' packages have other names. */
const WORKERD = "@cloudflare/workerd-linux-64@1.20261117.1";
const supported = Deno.build.os === "linux" && Deno.build.arch === "x86_64" && await runs("npm", ["--version"]);
if (!supported) console.warn("SKIPPED: tests of examples/edge.ts need npm and x86-64 Linux for workerd");

async function runs(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function must(command: string, args: string[], cwd = ROOT): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  if (!success) {
    throw new Error(
      `${command} ${args.join(" ")}: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`,
    );
  }
}

/** Starts workerd on a free port; the folder holds the bundle, the module and the configuration. */
async function startWorkerd(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "podwire-edge-" });
  await must("npm", [
    "install",
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--prefix",
    folder,
    WORKERD,
  ]);
  await must(Deno.execPath(), [
    "bundle",
    "--platform",
    "browser",
    "--external",
    "./plane_bg.wasm",
    "-o",
    `${folder}/edge.js`,
    "examples/edge.ts",
  ]);
  await Deno.copyFile(`${ROOT}/wasm/pkg/plane_bg.wasm`, `${folder}/plane_bg.wasm`);
  await Deno.copyFile(`${ROOT}/tests/edge/config.capnp`, `${folder}/config.capnp`);
  const { port } = freePort();
  const workerd = new Deno.Command(`${folder}/node_modules/@cloudflare/workerd-linux-64/bin/workerd`, {
    args: ["serve", "config.capnp", `--socket-addr=http=127.0.0.1:${port}`],
    cwd: folder,
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const stop = async (): Promise<void> => {
    try {
      workerd.kill("SIGKILL");
    } catch {
      console.warn("workerd had ended by itself");
    }
    await workerd.status;
    await Deno.remove(folder, { recursive: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

function freePort(): { port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return { port };
}

/** workerd needs a moment until it listens. */
async function patiently(request: () => Promise<Response>): Promise<Response> {
  for (let tries = 0;; tries++) {
    try {
      return await request();
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((again) => setTimeout(again, 100));
    }
  }
}

const LAB = {
  nodes: 2,
  seed: 7,
  files: [{
    name: "pods.yaml",
    text: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`,
  }],
};

Deno.test({
  name: "examples/edge.ts starts in workerd and its lab is the same as in Deno, byte for byte",
  ignore: !supported,
  async fn() {
    const { url, stop } = await startWorkerd();
    try {
      const post = (path: string, body: unknown) => () =>
        fetch(url + path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        });
      const made = await patiently(post("/v1/labs", LAB));
      const overview = await made.json();
      assertEquals(made.status, 201, JSON.stringify(overview));
      const { id, ...there } = overview;
      const why = await (await post(`/v1/labs/${id}/why`, { from: "node/node-1", to: "svc/web:80" })()).json();
      const log = await (await fetch(`${url}/v1/labs/${id}/log`)).text();

      const lab = await Lab.open(LAB);
      assertEquals(there, JSON.parse(JSON.stringify(lab.overview())));
      assertEquals(why, JSON.parse(JSON.stringify(await lab.why("node/node-1", "svc/web:80"))));
      assertEquals(log === lab.log(), true, "the logs differ");
      lab.close();
    } finally {
      await stop();
    }
  },
});
