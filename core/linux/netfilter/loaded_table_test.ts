import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { planeBytes } from "../../../wasm/bytes.ts";
import { Plane, PROGRAM } from "../../../wasm/mod.ts";
import { addNamespace, type Namespace } from "../namespace.ts";
import { netfilterOf } from "./netfilter.ts";
import { runIptables } from "./program/iptables.ts";
import { restoreTables } from "./restore.ts";

/** A machine that counts patches, or whose plane takes none of them. */
function machine(takesPatches = true) {
  const namespace = addNamespace(Plane.open(planeBytes(), { seed: 1 }));
  const { plane } = namespace;
  plane.setLink(namespace.id, 1, { up: true });
  const patches: Uint32Array[] = [];
  const load = plane.loadTable;
  plane.loadTable = (ns, family, table, program) => {
    if (program[0] !== PROGRAM.PATCH) return load.call(plane, ns, family, table, program);
    if (!takesPatches) return { errno: "EINVAL" };
    patches.push(program);
    return load.call(plane, ns, family, table, program);
  };
  return { namespace, patches };
}

const CHAINS = 24;
const MANY = [
  "*filter",
  ...Array.from({ length: CHAINS }, (_, i) => `:C${i} - [0:0]`),
  ...Array.from({ length: CHAINS }, (_, i) => `-A C${i} -p udp --dport ${i} -j ACCEPT`),
  "-A OUTPUT -j C1",
  "-A OUTPUT -p udp -m udp --dport 9:12 -j C2",
  "COMMIT\n",
].join("\n");

function type(namespace: Namespace, line: string): string {
  const { out, err, exit } = runIptables(netfilterOf(namespace), line.split(" "));
  return `${out}${err}${exit}`;
}

function send(namespace: Namespace): void {
  const { plane, id } = namespace;
  const socket = plane.socket(id, "udp", 4);
  for (let port = 7; port < 14; port++) plane.sendTo(socket, new Uint8Array(10), "127.0.0.1", port);
  plane.close(socket);
}

const name = fc.nat(CHAINS + 3).map((i) => `C${i}`);
const rule = fc.oneof(
  fc.tuple(fc.integer({ min: 7, max: 13 }), fc.constantFrom("ACCEPT", "DROP", "RETURN"))
    .map(([port, verdict]) => `-p udp --dport ${port} -j ${verdict}`),
  name.map((chain) => `-j ${chain}`),
  name.map((chain) => `-p udp -g ${chain}`),
  fc.constantFrom("-m limit --limit 1/s -j RETURN", "-m recent --name seen --set", "-p tcp -j MARK --set-mark 1"),
);
const chain = fc.oneof({ weight: 3, arbitrary: name }, { weight: 1, arbitrary: fc.constantFrom("OUTPUT", "INPUT") });
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(chain, rule).map(([chain, rule]) => `-A ${chain} ${rule}`) },
  fc.tuple(chain, rule).map(([chain, rule]) => `-I ${chain} ${rule}`),
  chain.map((chain) => `-D ${chain} 1`),
  chain.map((chain) => `-F ${chain}`),
  chain.map((chain) => `-Z ${chain}`),
  name.map((chain) => `-N ${chain}`),
  name.map((chain) => `-X ${chain}`),
  fc.tuple(name, name).map(([from, to]) => `-E ${from} ${to}`),
  fc.constantFrom("-P OUTPUT DROP", "-P OUTPUT ACCEPT"),
);

Deno.test("a table changed by patches refuses, decides and counts as one that is loaded whole with every change", () => {
  let patched = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      const [fast, slow] = [machine(), machine(false)];
      for (const { namespace } of [fast, slow]) assertEquals(restoreTables(netfilterOf(namespace), MANY).exit, 0);
      for (const each of lines) {
        assertEquals(type(fast.namespace, each), type(slow.namespace, each), each);
        for (const { namespace } of [fast, slow]) send(namespace);
        const save = ({ namespace }: typeof fast) => netfilterOf(namespace).save({ counters: true });
        assertEquals(save(fast), save(slow), each);
      }
      patched += fast.patches.length;
    }),
    { numRuns: 60 },
  );
  assert(patched > 100, `only ${patched} patches`);
});

Deno.test("a line's rule is found again after patches have moved it", () => {
  const { namespace, patches } = machine();
  restoreTables(netfilterOf(namespace), MANY);
  type(namespace, "-A C2 -p udp --dport 10 -j DROP");
  type(namespace, "-A C2 -p udp --dport 11 -j DROP");
  assertEquals(patches.length, 2);
  const counts = namespace.plane.counters(namespace.id, 4, "filter");
  const found = Array.from({ length: counts.length / 2 }, (_, at) => netfilterOf(namespace).ruleAt("filter", at)?.text);
  assertEquals(found.filter((text) => text?.startsWith("-A C2 ")), [
    "-A C2 -p udp -m udp --dport 2 -j ACCEPT",
    "-A C2 -p udp -m udp --dport 10 -j DROP",
    "-A C2 -p udp -m udp --dport 11 -j DROP",
  ]);
});

Deno.test("a restore that changes one chain of thousands loads that chain; one that says the same again loads none", () => {
  const { namespace, patches } = machine();
  const text = (extra: string) =>
    [
      "*nat",
      ...Array.from({ length: 2000 }, (_, i) => `:S${i} - [0:0]`),
      ":ALL - [0:0]",
      ...Array.from({ length: 2000 }, (_, i) => `-A ALL -d 10.0.${i >> 8}.${i & 255}/32 -j S${i}`),
      ...Array.from({ length: 2000 }, (_, i) => `-A S${i} -p tcp -j DNAT --to-destination 10.1.0.1:${i + 1}`),
      ...(extra === "" ? [] : [extra]),
      "COMMIT\n",
    ].join("\n");
  restoreTables(netfilterOf(namespace), text(""), { noflush: true });
  const all = text("").split("\n").filter((line) => line.startsWith("-A ALL")).join("\n");
  const again = (own: string) =>
    restoreTables(netfilterOf(namespace), `*nat\n:ALL - [0:0]\n:S7 - [0:0]\n${all}\n${own}COMMIT\n`, { noflush: true });
  assertEquals(again("-A S7 -p udp -j DNAT --to-destination 10.1.0.2:7\n").exit, 0);
  assertEquals(again("-A S7 -p udp -j DNAT --to-destination 10.1.0.2:7\n").exit, 0);
  assertEquals(patches.length, 2);
  const [changed, same] = patches as [Uint32Array, Uint32Array];
  const brought = ([, , , count = 0, ...words]: Uint32Array) =>
    Array.from({ length: count }, (_, i) => words[8 * i + 2]).filter((rules) => rules !== PROGRAM.KEPT);
  assertEquals(brought(changed), [1], "one chain with one rule");
  assertEquals(brought(same), []);
});
