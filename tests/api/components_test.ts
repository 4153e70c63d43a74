/**
 * What kube-proxy and CoreDNS ask of an API server, as they write it on the connection, and whether they get what they wait for:
 * a streaming list that ends in a bookmark, then changes; or a list and a watch from its version.
 */
import { assert, assertEquals } from "@std/assert";
import { createApp, DEFAULT_LIMITS, holdLabs, listen } from "../../http/mod.ts";
import type { KubeDoor } from "../../core/lab/mod.ts";
import { defaultHost, Lab } from "../../mod.ts";

/** client-go's requests; `{base}` is where the API is. kube-proxy accepts protobuf first and anything then, CoreDNS 1.14 the same. */
const ACCEPT = "application/vnd.kubernetes.protobuf, */*";
const STREAMING =
  "allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeout=8m20s&timeoutSeconds=500&watch=true";
const NO_PROXY_NAME = "%21service.kubernetes.io%2Fservice-proxy-name";

const KUBE_PROXY = {
  services: `/api/v1/services?fieldSelector=spec.clusterIP%21%3DNone&labelSelector=${NO_PROXY_NAME}&${STREAMING}`,
  endpointslices:
    `/apis/discovery.k8s.io/v1/endpointslices?labelSelector=%21service.kubernetes.io%2Fheadless%2C${NO_PROXY_NAME}&${STREAMING}`,
  node: `/api/v1/nodes?fieldSelector=metadata.name%3Dnode-1&${STREAMING}`,
  serviceCIDRs: `/apis/networking.k8s.io/v1/servicecidrs?${STREAMING}`,
};
const COREDNS = {
  services: `/api/v1/services?${STREAMING}`,
  endpointslices: `/apis/discovery.k8s.io/v1/endpointslices?${STREAMING}`,
  namespaces: `/api/v1/namespaces?${STREAMING}`,
  pods: `/api/v1/pods?${STREAMING}`,
};
/** The older way, which clients fall back to. */
const LIST = "/api/v1/services?limit=500&resourceVersion=0";

const OBJECTS = `apiVersion: v1
kind: Service
metadata: {name: plain}
spec: {ports: [{port: 80}], selector: {app: x}}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, ports: [{port: 80}], selector: {app: x}}
---
apiVersion: v1
kind: Service
metadata: {name: other-proxy, labels: {service.kubernetes.io/service-proxy-name: mine}}
spec: {ports: [{port: 80}], selector: {app: x}}
`;

interface Event {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly resourceVersion: string;
      readonly annotations?: Record<string, string>;
    };
  };
}

/** One connection on which a request was written: the answer's head, and the JSON lines of its chunks as they come. */
class Connection {
  #rest = "";
  #head = "";
  private constructor(readonly conn: Deno.Conn) {}

  static async ask(port: number, path: string): Promise<Connection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "User-Agent: kube-proxy/v1.36.3 (linux/amd64) kubernetes/$Format",
      `Accept: ${ACCEPT}`,
      "",
      "",
    ];
    await conn.write(new TextEncoder().encode(lines.join("\r\n")));
    return new Connection(conn);
  }

  /** The status line and headers. */
  async head(): Promise<string> {
    while (this.#head === "") {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end >= 0) [this.#head, this.#rest] = [this.#rest.slice(0, end), this.#rest.slice(end + 4)];
      else await this.#more();
    }
    return this.#head;
  }

  /** The next event of a watch. */
  async event(): Promise<Event> {
    await this.head();
    for (;;) {
      const line = /^(?:[0-9a-f]+\r\n)?(\{.*\})\n/m.exec(this.#rest);
      if (line?.[1] !== undefined) {
        this.#rest = this.#rest.slice(line.index + line[0].length);
        return JSON.parse(line[1]);
      }
      await this.#more();
    }
  }

  /** The objects of a streaming list: everything before the bookmark that ends it. */
  async initial(): Promise<string[]> {
    const names: string[] = [];
    for (;;) {
      const { type, object } = await this.event();
      if (type === "BOOKMARK") {
        assertEquals(object.metadata.annotations?.["k8s.io/initial-events-end"], "true");
        assert(Number(object.metadata.resourceVersion) > 0);
        return names;
      }
      assertEquals(type, "ADDED");
      names.push(object.metadata.name);
    }
  }

  async #more(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const n = await this.conn.read(buffer);
    if (n === null) throw new Error(`the answer ended: ${this.#head}${this.#rest}`);
    this.#rest += new TextDecoder().decode(buffer.subarray(0, n));
  }
}

async function withServer(run: (port: number, base: string, door: KubeDoor) => Promise<void>): Promise<void> {
  const lab = await Lab.open({ files: [OBJECTS], nodes: 2 });
  const held = holdLabs();
  const id = held.labs.add(lab);
  const server = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...held,
    fetch: createApp(defaultHost(), DEFAULT_LIMITS, held).fetch,
  });
  try {
    await run(server.port, `/v1/labs/${id}/kube`, lab.kube() as KubeDoor);
  } finally {
    await held.labs.remove(id);
    await server.close();
  }
}

Deno.test("kube-proxy's streaming lists: what is not for it is left out, each ends in a bookmark, changes follow", () =>
  withServer(async (port, base, door) => {
    const asked: Record<string, Connection> = {};
    for (const [what, path] of Object.entries(KUBE_PROXY)) asked[what] = await Connection.ask(port, base + path);
    assert((await asked["services"]?.head())?.startsWith("HTTP/1.1 200 OK\r\n"));
    assertEquals(await asked["services"]?.initial(), ["kubernetes", "plain", "kube-dns"]);
    assertEquals(await asked["node"]?.initial(), ["node-1"]);
    assertEquals(
      (await asked["endpointslices"]?.initial())?.filter((name) =>
        name.startsWith("headless") || name.startsWith("other")
      ),
      [],
    );
    await asked["serviceCIDRs"]?.initial();
    const body = JSON.stringify({ metadata: { labels: { "service.kubernetes.io/service-proxy-name": "mine" } } });
    door.handle({
      method: "PATCH",
      path: "/api/v1/namespaces/default/services/plain",
      contentType: "application/merge-patch+json",
      body,
    });
    const last = await asked["services"]?.event();
    assertEquals([last?.type, last?.object.kind, last?.object.metadata.name], ["DELETED", "Service", "plain"]);
    for (const { conn } of Object.values(asked)) conn.close();
  }));

Deno.test("CoreDNS's streaming lists of services, slices, namespaces and pods", () =>
  withServer(async (port, base) => {
    for (const [what, path] of Object.entries(COREDNS)) {
      const asked = await Connection.ask(port, base + path);
      const names = await asked.initial();
      assert(names.length > 0, what);
      if (what === "namespaces") assertEquals(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
      asked.conn.close();
    }
  }));

Deno.test("a list, then a watch from its version, misses nothing in between", () =>
  withServer(async (port, base, door) => {
    const answer = await fetch(`http://127.0.0.1:${port}${base}${LIST}`, { headers: { accept: ACCEPT } });
    const { metadata } = await answer.json() as { metadata: { resourceVersion: string } };
    door.handle({ method: "DELETE", path: "/api/v1/namespaces/default/services/plain" });
    const query = `allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=300&watch=true`;
    const asked = await Connection.ask(port, `${base}/api/v1/services?${query}`);
    const { type, object } = await asked.event();
    assertEquals([type, object.metadata.name], ["DELETED", "plain"]);
    asked.conn.close();
  }));
