/** Every lesson plays as real Linux and real clusters answer, and teaches something: without its key command it fails. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { defaultHost, parseLesson, type Played, playLesson } from "../mod.ts";

const FOLDER = new URL("../docs/lessons/", import.meta.url);

const DNS_POLICY =
  "echo '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: dns, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]}}' | kubectl apply -f -";

/** The command each lesson is about. */
const KEY_COMMANDS: Readonly<Record<string, string>> = {
  "01-a-switch-and-two-hosts.md": "ip addr add 192.168.1.11/24 dev eth0",
  "02-two-networks-and-a-router.md": "ip route add default via 192.168.1.1",
  "03-a-linux-host-as-router.md": "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "04-names.md": 'echo "nameserver 192.168.1.100" > /etc/resolv.conf',
  "05-network-namespaces.md": "ip link add veth-red type veth peer name veth-blue",
  "06-a-bridge-for-namespaces.md": "iptables -t nat -A POSTROUTING -s 192.168.15.0/24 -j MASQUERADE",
  "07-names-in-a-cluster.md": "kubectl scale statefulset mysql --replicas=3",
  "08-the-corefile.md":
    "sed -i 's|^    .:53 {|    corp.test:53 {\\n        errors\\n        cache 30\\n        forward . 172.18.0.2\\n    }\\n    .:53 {|' coredns.yaml",
  "09-when-names-fail.md": "kubectl apply -f good.yaml",
  "10-root-and-branches.md": "sleep 12",
  "11-a-service-for-pods.md": `kubectl patch svc webapp -p '{"spec":{"ports":[{"port":80,"targetPort":80}]}}'`,
  "12-dns-in-a-cluster.md": "kubectl rollout restart deployment coredns -n kube-system",
  "13-what-a-cluster-was-made-with.md": "kubectl create secret tls shop --cert=tls.crt --key=tls.key",
  "14-the-policy-that-forgot-port-53.md": DNS_POLICY,
  "20-services.md": "kubectl scale statefulset web --replicas=0",
  "21-kube-proxy-in-nftables-mode.md": "kubectl scale statefulset web --replicas=1",
  "22-kube-proxy-in-ipvs-mode.md": "kubectl scale statefulset web --replicas=1",
};

function wrong(played: readonly Played[]): string {
  return played.filter(({ right }) => !right).map(({ line, command, expected, printed }) =>
    [`${line}: ${command}`, ...expected.map((text) => `- ${text}`), ...printed.map((text) => `+ ${text}`)].join("\n")
  ).join("\n");
}

/** Further commands that a lesson needs. */
const FURTHER: readonly (readonly [file: string, key: string])[] = [
  ["02-two-networks-and-a-router.md", "ip route add 172.217.194.0/24 via 192.168.2.1"],
  ["03-a-linux-host-as-router.md", "echo net.ipv4.ip_forward=1 >> /etc/sysctl.conf"],
  ["06-a-bridge-for-namespaces.md", "ip link set veth-red-br master v-net-0"],
  [
    "14-the-policy-that-forgot-port-53.md",
    `kubectl -n shop patch networkpolicy dns --type=json -p '[{"op":"add","path":"/spec/egress/0/ports/-","value":{"port":53,"protocol":"TCP"}}]'`,
  ],
];

for (const file of Object.keys(KEY_COMMANDS)) {
  Deno.test(`lesson ${file} answers as real Linux did`, async () => {
    const text = Deno.readTextFileSync(new URL(file, FOLDER));
    assertEquals(wrong(await playLesson(parseLesson(text, file), file, defaultHost())), "");
  });
}

for (const [file, key] of [...Object.entries(KEY_COMMANDS), ...FURTHER]) {
  Deno.test(`lesson ${file} fails without ${key}`, async () => {
    const lesson = parseLesson(Deno.readTextFileSync(new URL(file, FOLDER)), file);
    const exchanges = lesson.exchanges.filter(({ command }) => command !== key);
    assertEquals(exchanges.length, lesson.exchanges.length - 1);
    assertNotEquals(wrong(await playLesson({ ...lesson, exchanges }, file, defaultHost())), "");
  });
}

Deno.test("every lesson is played by this test", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();
  assertEquals(files, Object.keys(KEY_COMMANDS));
});
