/** Every lesson plays as real Linux and real clusters answer, and teaches something: without its key command it fails. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { defaultHost, parseLesson, type Played, playLesson } from "../mod.ts";

const FOLDER = new URL("../docs/lessons/", import.meta.url);

/** The command each lesson is about. */
const KEY_COMMANDS: Readonly<Record<string, string>> = {
  "01-a-switch-and-two-hosts.md": "ip addr add 192.168.1.11/24 dev eth0",
  "02-two-networks-and-a-router.md": "ip route add default via 192.168.1.1",
  "03-a-linux-host-as-router.md": "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "04-names.md": 'echo "nameserver 192.168.1.100" > /etc/resolv.conf',
  "05-network-namespaces.md": "ip link add veth-red type veth peer name veth-blue",
  "06-a-bridge-for-namespaces.md": "iptables -t nat -A POSTROUTING -s 192.168.15.0/24 -j MASQUERADE",
  "07-a-service-for-pods.md": `kubectl patch svc webapp -p '{"spec":{"ports":[{"port":80,"targetPort":80}]}}'`,
  "08-names-in-a-cluster.md": "kubectl rollout restart deployment coredns -n kube-system",
  "09-what-a-cluster-was-made-with.md": "kubectl create secret tls shop --cert=tls.crt --key=tls.key",
  "20-services.md": "kubectl scale statefulset web --replicas=0",
  "21-kube-proxy-in-nftables-mode.md": "kubectl scale statefulset web --replicas=1",
  "22-kube-proxy-in-ipvs-mode.md": "kubectl scale statefulset web --replicas=1",
};

function wrong(played: readonly Played[]): string {
  return played.filter(({ right }) => !right).map(({ line, command, expected, printed }) =>
    [`${line}: ${command}`, ...expected.map((text) => `- ${text}`), ...printed.map((text) => `+ ${text}`)].join("\n")
  ).join("\n");
}

for (const [file, key] of Object.entries(KEY_COMMANDS)) {
  const text = Deno.readTextFileSync(new URL(file, FOLDER));

  Deno.test(`lesson ${file} answers as real Linux did`, async () => {
    assertEquals(wrong(await playLesson(parseLesson(text, file), file, defaultHost())), "");
  });

  Deno.test(`lesson ${file} fails without ${key}`, async () => {
    const lesson = parseLesson(text, file);
    const exchanges = lesson.exchanges.filter(({ command }) => command !== key);
    assertEquals(exchanges.length, lesson.exchanges.length - 1);
    assertNotEquals(wrong(await playLesson({ ...lesson, exchanges }, file, defaultHost())), "");
  });
}

Deno.test("every lesson is played by this test", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();
  assertEquals(files, Object.keys(KEY_COMMANDS));
});
