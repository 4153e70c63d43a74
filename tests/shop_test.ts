/** One real application on three nodes, end to end: the shop, and the online boutique where it is at hand. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Lab, type LabFile, type MatrixRow } from "../mod.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BOUTIQUE = `${ROOT}../shared/data/online-boutique/kubernetes-manifests.yaml`;

function readShop(): LabFile[] {
  const names = [...Deno.readDirSync(`${ROOT}examples/shop`)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  ).sort();
  return names.map((name) => ({ name, text: Deno.readTextFileSync(`${ROOT}examples/shop/${name}`) }));
}

function readBoutique(): LabFile[] | undefined {
  try {
    return [{ name: "kubernetes-manifests.yaml", text: Deno.readTextFileSync(BOUTIQUE) }];
  } catch {
    console.warn("SKIPPED: ../shared/data/online-boutique is not beside the checkout");
    return undefined;
  }
}

const APPLICATIONS: Readonly<Record<string, LabFile[] | undefined>> = {
  shop: readShop(),
  "online boutique": readBoutique(),
};

for (const [name, files] of Object.entries(APPLICATIONS)) {
  Deno.test({
    name: `${name}: a packet from the frontend finds a cart, through the rules kube-proxy wrote, and the way back`,
    ignore: files === undefined,
    async fn() {
      const lab = await Lab.open({ files: files ?? [] });
      const frontend = lab.overview().pods.find((pod) => pod.name.startsWith("frontend-"));
      const cart = lab.overview().pods.find((pod) => pod.name.startsWith("cartservice-"));
      const why = await lab.why("deploy/frontend", "svc/cartservice:7070");
      assertEquals([why.verdict, why.backend, why.sees?.src], [
        "delivered",
        `default/${cart?.name}`,
        frontend?.address,
      ]);
      const rules = why.forward.steps.filter(({ layer, action }) => layer === "hook" && action === "matched").map((
        { detail },
      ) => detail).join("\n");
      assertMatch(rules, /-A PREROUTING .* -j KUBE-SERVICES/);
      assertMatch(rules, /-A KUBE-SERVICES .* -j KUBE-SVC-RXT2D452GFNYRHMI/);
      assertMatch(rules, new RegExp(`-A KUBE-SEP-[A-Z2-7]{16} .* --to-destination ${cart?.address}:7070`));
      assert(
        why.reply.steps.some(({ action, detail }) =>
          action === "restored" && detail.includes(`src ${cart?.address}:7070 -> `)
        ),
      );
      lab.close();
    },
  });

  Deno.test({
    name: `${name}: every pod reaches every Service port that has endpoints, until a Deployment's pods are gone`,
    ignore: files === undefined,
    async fn() {
      const lab = await Lab.open({ files: files ?? [] });
      const before = await lab.matrix();
      assertEquals(before.length, 14 * 16, "14 pods, 13 Services with 16 ports");
      assertEquals(before.filter(({ verdict }) => verdict !== "delivered"), []);
      await lab.exec("admin", "kubectl scale deployment cartservice --replicas=0");
      await lab.advance(60);
      const after = await lab.matrix();
      assertEquals(
        after.some(({ to, from }) => to === "svc/default/cartservice" || from.includes("cartservice")),
        false,
      );
      assertEquals(after.filter(undelivered), []);
      assertEquals(await lab.send("deploy/frontend", "svc/cartservice:7070"), "refused");
      lab.close();
    },
  });
}

function undelivered({ verdict }: MatrixRow): boolean {
  return verdict !== "delivered";
}

Deno.test("shop: a Service without endpoints refuses and says so, a port it lacks leaves by the default route", async () => {
  const empty =
    "apiVersion: v1\nkind: Service\nmetadata: {name: nobody}\nspec: {selector: {app: nobody}, ports: [{port: 80}]}\n";
  const lab = await Lab.open({ files: [...readShop(), { name: "empty.yaml", text: empty }] });
  const refused = await lab.why("deploy/frontend", "svc/nobody:80");
  assertEquals([refused.verdict, refused.backend, refused.decidedBy?.kind, refused.decidedBy?.name], [
    "refused",
    null,
    "Service",
    "nobody",
  ]);
  assertMatch(
    refused.decidedBy?.rule ?? "",
    /default\/nobody has no endpoints.* -j REJECT --reject-with icmp-port-unreachable/,
  );
  const wrong = await lab.why("deploy/frontend", "svc/cartservice:7071");
  assertEquals([wrong.verdict, wrong.backend], ["unreachable", null]);
  assert(
    wrong.forward.steps.some(({ place, action, detail }) =>
      place === "machine/router" && action === "dropped" && detail.includes("no-route")
    ),
  );
  lab.close();
});

Deno.test("shop: names resolve by CoreDNS, pages come from inside and outside, kubectl tells the same story", async () => {
  const lab = await Lab.open({ files: readShop() });
  const { services, pods } = lab.overview();
  const address = (name: string) => services.find((service) => service.name === name)?.clusterIP;
  const frontend = pods.find(({ name }) => name.startsWith("frontend-"))?.name;
  assertEquals(
    (await lab.exec("deploy/frontend", "dig +short cartservice.default.svc.cluster.local")).stdout,
    `${address("cartservice")}\n`,
  );
  assertEquals((await lab.exec("deploy/frontend", "curl -s http://frontend")).stdout, `${frontend}\n`);
  const outside = services.find(({ name }) => name === "frontend-external")?.externalIPs[0];
  assertEquals((await lab.exec("internet", `curl -s http://${outside}`)).stdout, `${frontend}\n`);
  assertEquals((await lab.exec("deploy/frontend", "curl -s http://example.com | grep -c outside")).stdout, "1\n");
  assertEquals((await lab.exec("admin", "kubectl get pods -l app=frontend -o name")).stdout, `pod/${frontend}\n`);
  assertEquals((await lab.exec("admin", "kubectl exec deploy/frontend -- hostname")).stdout, `${frontend}\n`);
  lab.close();
});

Deno.test("shop: with host-gw and with a plain bridge the same flows arrive", async () => {
  for (const network of ["flannel\nbackend: host-gw", "bridge"]) {
    const files = readShop().map((file) => ({
      ...file,
      text: file.text.replace("network: flannel", `network: ${network}`),
    }));
    const lab = await Lab.open({ files });
    const why = await lab.why("deploy/frontend", "svc/cartservice:7070");
    assertEquals(
      [why.verdict, why.forward.steps.some(({ layer }) => layer === "tunnel")],
      ["delivered", false],
      network,
    );
    lab.close();
  }
});
