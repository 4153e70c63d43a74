import { assertEquals, assertStringIncludes } from "@std/assert";
import { Store } from "../../../kube/mod.ts";
import { felixChange, felixInput, felixState, felixView } from "./mod.ts";

const META = { uid: "", resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" };
const SETTINGS = { node: "n1", device: "eth0", mtu: 1500, hostAddresses: ["127.0.0.1", "192.168.10.11"] };

/** The cluster of the recordings' world `ingress`, as far as it matters. */
function cluster(): Store {
  const store = new Store();
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { ...META, name: "default" } });
  for (const [name, address] of [["web", "10.65.1.2"], ["db", "10.65.1.3"]] as const) {
    store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...META, name, namespace: "default", labels: { app: name } },
      spec: { nodeName: "n1", containers: [{ name: "c", image: "x" }] },
      status: { phase: "Running", podIP: address, podIPs: [{ ip: address }] },
    } as never);
  }
  return store;
}

function isolate(store: Store): void {
  store.put({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...META, name: "from-web", namespace: "default" },
    spec: {
      podSelector: { matchLabels: { app: "db" } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ protocol: "TCP", port: 5432 }] }],
    },
  } as never);
}

const stateOf = (store: Store) => felixState(felixInput(felixView(store, SETTINGS), SETTINGS, 4));

Deno.test("Felix's rules have the names, marks, order and hashes that the real one wrote", () => {
  const store = cluster();
  isolate(store);
  const filter = stateOf(store).tables.get("filter");
  assertEquals(filter?.get("cali-pi-knp/default/from-web"), [
    '-A cali-pi-knp/default/from-web -m comment --comment "cali:RqVrR0OZVoZOub2q" -m comment --comment "KubernetesNetworkPolicy default/from-web ingress" -p tcp -m set --match-set cali40s:XdTkeoA4uORlm_7HsXcm20F src -m multiport --destination-ports 5432 --jump MARK --set-mark 0x10000/0x10000',
  ]);
  assertEquals(filter?.get("cali-tw-calie57ed5aa5ae")?.slice(3, 7).map((line) => /cali:[^"]*/.exec(line)?.[0]), [
    "cali:Q1ExfygZNeqykD0B",
    "cali:mkaSqNQt3eF66Elr",
    "cali:BBUSZi4A6unGJ_PR",
    "cali:MborqquDb_wuDrhF",
  ]);
  assertEquals(stateOf(store).sets.get("cali40s:XdTkeoA4uORlm_7HsXcm20F")?.members, ["10.65.1.2"]);
});

Deno.test("a change writes only what changed, sets before rules and old sets last", () => {
  const store = cluster();
  const before = stateOf(store);
  isolate(store);
  const after = stateOf(store);
  const change = felixChange(before, after);
  assertEquals(
    change.setsBefore.split("\n")[0],
    "create cali40s:XdTkeoA4uORlm_7HsXcm20F hash:net family inet maxelem 1048576",
  );
  assertEquals(change.rules.split("\n").filter((line) => /^[*:]/.test(line)), [
    "*filter",
    ":cali-tw-calie57ed5aa5ae - -",
    ":cali-pi-knp/default/from-web - -",
  ]);
  const back = felixChange(after, before);
  assertStringIncludes(back.rules, "--delete-chain cali-pi-knp/default/from-web");
  assertEquals(back.setsAfter, "destroy cali40s:XdTkeoA4uORlm_7HsXcm20F\n");
  assertEquals(felixChange(after, after), { setsBefore: "", rules: "", setsAfter: "" });
});
