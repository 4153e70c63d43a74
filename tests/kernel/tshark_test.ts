/**
 * What podwire captures is a capture: the real tshark and tcpdump open the files, find every checksum right, and the real
 * tcpdump says of each packet what the lab's own says.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { decodeBase64 } from "@std/encoding";
import { Lab } from "../../mod.ts";
import { missing } from "./real.ts";

const LAB = `apiVersion: podwire.dev/v1
kind: Lab
machines:
- {name: a, addresses: {eth0: [10.0.1.1/24]}}
- {name: b, addresses: {eth0: [10.0.1.2/24]}}
links:
- {from: a, to: b, mtu: 1400}
`;
/** Typed at b while a is watched: ARP, ICMP and its errors, fragments, TCP to a closed port, UDP, DNS. */
const TRAFFIC = [
  "ping -c 2 10.0.1.1",
  "ping -c 1 -s 3000 10.0.1.1",
  "curl -s -m 2 http://10.0.1.1/",
  "dig +tries=1 +timeout=1 @10.0.1.1 www.example.com",
  "traceroute -n -q 1 -m 2 -w 1 10.0.1.1",
];
const CHECKED = ["ip", "tcp", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);

async function capture(): Promise<{ readonly pcapng: Uint8Array; readonly pcap: Uint8Array; readonly own: string }> {
  const lab = await Lab.open({ files: [LAB] });
  const capturing = lab.capture("a", "eth0");
  const written = lab.exec("a", "timeout 60 tcpdump -i eth0 -w /tmp/all.pcap");
  for (const line of TRAFFIC) await lab.exec("b", line);
  await written;
  const { stdout: base64 } = await lab.exec("a", "base64 -w 0 /tmp/all.pcap");
  const { stdout: own } = await lab.exec("a", "tcpdump -n -vv -e -tttt -r /tmp/all.pcap");
  const taken = { pcapng: capturing.stop(), pcap: decodeBase64(base64.trim()), own };
  lab.close();
  return taken;
}

async function real(tool: string, file: Uint8Array, args: readonly string[]): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, file);
    await Deno.chmod(path, 0o644);
    const command = new Deno.Command(tool, { args: [...args, "-r", path], env: { TZ: "UTC", LC_ALL: "C" } });
    const { stdout, stderr, success } = await command.output();
    const text = new TextDecoder().decode(stdout);
    return success ? text : text + new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test({
  name: "tshark opens a capture of the lab and finds nothing wrong with any packet",
  ignore: await missing("captures against tshark", ["tshark"]) !== undefined,
  fn: async () => {
    const { pcapng } = await capture();
    const packets = await real("tshark", pcapng, [
      ...CHECKED,
      "-n",
      "-T",
      "fields",
      "-e",
      "_ws.col.Protocol",
      "-e",
      "frame.interface_name",
    ]);
    for (const protocol of ["ARP", "ICMP", "TCP", "DNS", "UDP"]) {
      assertStringIncludes(packets, `${protocol}\teth0\n`);
    }
    const bad = await real("tshark", pcapng, [
      ...CHECKED,
      "-n",
      "-Y",
      "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0",
    ]);
    assertEquals(bad, "");
  },
});

Deno.test({
  name: "tcpdump says of the lab's packets what the lab's tcpdump says of them",
  ignore: await missing("captures against tcpdump", ["tcpdump"]) !== undefined,
  fn: async () => {
    const { pcap, own } = await capture();
    assertEquals(await real("tcpdump", pcap, ["-n", "-vv", "-e", "-tttt"]), own);
  },
});
