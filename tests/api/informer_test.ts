/** A real informer (npm @kubernetes/client-node) over podwire's port: it lists, watches, loses its stream, is too late, and knows everything in the end. */
import { assert, assertEquals } from "@std/assert";
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import {
  createApp,
  DEFAULT_LIMITS,
  type Held,
  holdLabs,
  kubeAddress,
  kubeconfig,
  listen,
  type Listening,
} from "../../http/mod.ts";
import type { KubeDoor } from "../../core/lab/mod.ts";
import { defaultHost, Lab } from "../../mod.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const CHANGES = 10_000;
/** More changes than the store remembers. */
const FORGOTTEN = 21_000;

function serve(held: Held, port: number): Listening {
  return listen({ hostname: "127.0.0.1", port, ...held, fetch: createApp(defaultHost(), DEFAULT_LIMITS, held).fetch });
}

/** A name and what is in it, for every ConfigMap that a side knows. */
type Known = Record<string, string | undefined>;

async function eventually(wanted: () => Known, seen: () => Known): Promise<void> {
  const text = (known: Known) => JSON.stringify(Object.entries(known).sort());
  for (let tries = 0; tries < 300 && text(seen()) !== text(wanted()); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assertEquals(seen(), wanted());
}

Deno.test({
  name: "an informer ends with the store's own state: after 10,000 changes, after a dropped stream, after 410 Gone",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    const lab = await Lab.open({ nodes: 1 });
    const door = lab.kube() as KubeDoor;
    const held = holdLabs();
    const id = held.labs.add(lab);
    let server = serve(held, 0);
    const { port } = server;
    const config = new KubeConfig();
    config.loadFromString(kubeconfig(kubeAddress(`http://127.0.0.1:${port}`, id), id));
    const api = config.makeApiClient(CoreV1Api);
    const seen = new Map<string, string | undefined>();
    let relists = 0;
    const informer = makeInformer<V1ConfigMap>(config, PATH, () => {
      relists++;
      return api.listNamespacedConfigMap({ namespace: "default" });
    });
    const note = ({ metadata, data }: V1ConfigMap) => void seen.set(metadata?.name ?? "", data?.["n"]);
    informer.on("add", note);
    informer.on("update", note);
    informer.on("delete", ({ metadata }) => void seen.delete(metadata?.name ?? ""));
    let stopped = false;
    const again = () => void (stopped || setTimeout(() => informer.start().catch(again), 200));
    informer.on("error", again);
    await informer.start();

    const change = (n: number): void => {
      const name = `c${n % 50}`;
      const body = JSON.stringify({ metadata: { name }, data: { n: String(n) } });
      const there = door.api.store.get("ConfigMap", name, "default") !== undefined;
      if (!there) door.api.handle({ method: "POST", path: PATH, body });
      else if (n % 97 === 0) door.api.handle({ method: "DELETE", path: `${PATH}/${name}` });
      else door.api.handle({ method: "PUT", path: `${PATH}/${name}`, body });
    };
    const stored = (): Known =>
      Object.fromEntries(
        door.api.store.list("ConfigMap", { namespace: "default" }).map((
          { metadata, data },
        ) => [metadata.name, data?.["n"]]),
      );
    const known = (): Known => Object.fromEntries(seen);

    for (let n = 0; n < CHANGES; n++) {
      change(n);
      if (n % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await eventually(stored, known);
    assertEquals(relists, 1);

    await server.close();
    change(1_000_001);
    server = serve(held, port);
    await eventually(stored, known);

    await server.close();
    for (let n = 0; n < FORGOTTEN; n++) change(n);
    server = serve(held, port);
    await eventually(stored, known);
    assert(relists > 1);

    stopped = true;
    await informer.stop();
    await held.labs.remove(id);
    await server.close();
  },
});
