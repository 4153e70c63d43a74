import { assertEquals } from "@std/assert";
import { endpointChain, serviceChains, servicePortName } from "./names.ts";
import { sha256 } from "./sha256.ts";

const hex = (text: string) => [...sha256(text)].map((word) => word.toString(16).padStart(8, "0")).join("");

Deno.test("sha256() agrees with FIPS 180-4's examples", () => {
  const two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  assertEquals(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assertEquals(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assertEquals(hex("ä".repeat(600)), "23b93c1b7e40dec4d42f00851f364b3a6566488c0be30c9374f89d21359135c8");
  assertEquals(hex(two), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
});

Deno.test("chain names are those every real cluster has", () => {
  assertEquals(
    serviceChains(servicePortName("kube-system", "kube-dns", "dns"), "udp").cluster,
    "KUBE-SVC-TCOU7JCQXEZGVUNU",
  );
  assertEquals(
    serviceChains(servicePortName("default", "kubernetes", "https"), "tcp").cluster,
    "KUBE-SVC-NPX46M4PTMTKRN6Y",
  );
  assertEquals(serviceChains("ns1/svc1:p80", "tcp").external, "KUBE-EXT-XPGD46QRK7WJZT7O");
  assertEquals(endpointChain("ns1/svc1:p80", "tcp", "10.180.0.1:80"), "KUBE-SEP-SXIVWICOYRO3J4NJ");
  assertEquals(servicePortName("default", "web", ""), "default/web");
});
