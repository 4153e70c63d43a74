/**
 * The names that Calico makes, and the hashes in them:
 *
 *     interface   "cali" and 11 digits of SHA-1 of NAMESPACE.POD
 *     chain       prefix and id, or prefix "_" and base64url(SHA-256(id)) where that is too long for iptables (28)
 *     set         "cali40" (IPv6: "cali60") KIND ":" base64url(SHA-224(KIND ":" content)), cut to 31
 *     rule        base64url(SHA-224(the hash before, the rule's text)), 16 characters of it
 */
import { sha1 } from "@noble/hashes/legacy";
import { sha224, sha256 } from "@noble/hashes/sha2";
import { sha3_224 } from "@noble/hashes/sha3";
import { encodeBase64Url } from "@std/encoding";

/** Address families by their number. */
export type Family = 4 | 6;

const CHAIN_LENGTH = 28;
const SET_LENGTH = 31;
const GROUP_LENGTH = 20;

/** Where Calico's VXLAN is listened for (UDP). */
export const VXLAN_PORT = 4789;

/** The host's end of a pod's veth. */
export function interfaceName(namespace: string, pod: string): string {
  const hex = Array.from(sha1(`${namespace}.${pod}`), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `cali${hex.slice(0, 11)}`;
}

/** The MAC of a node's VXLAN device: `66:` and the beginning of SHA-1 of its name (IPv6: of its name and `-v6`). */
export function tunnelMac(node: string, family: Family): string {
  const bytes = [0x66, ...sha1(family === 4 ? node : `${node}-v6`).slice(0, 5)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** A chain's name: `cali-pi-knp/default/web`. */
export function chainName(prefix: string, id: string): string {
  if (prefix.length + id.length <= CHAIN_LENGTH) return prefix + id;
  return `${prefix}_${encodeBase64Url(sha256(id))}`.slice(0, CHAIN_LENGTH);
}

/** The id of a set: its kind and the hash of what it is made by. */
export function setId(kind: "s" | "n", content: string): string {
  return `${kind}:${encodeBase64Url(sha224(`${kind}:${content}`))}`;
}

/** A set's name in the kernel. */
export function setName(id: string, family: Family): string {
  return `cali${family}0${id}`.slice(0, SET_LENGTH);
}

/** The id of a group of policies: of the lines that tell what it is. */
export function groupId(lines: readonly string[]): string {
  return encodeBase64Url(sha3_224(lines.map((line) => `${line}\n`).join(""))).slice(0, GROUP_LENGTH);
}

/** The `cali:` comments of a chain's rules; `text` gives a rule as iptables-restore gets it, with a word for its comment. */
export function ruleHashes(chain: string, texts: readonly string[]): string[] {
  let last = sha224(chain);
  return texts.map((text) => {
    const words = new TextEncoder().encode(text);
    const joined = new Uint8Array(last.length + words.length);
    joined.set(last);
    joined.set(words, last.length);
    last = sha224(joined);
    return encodeBase64Url(last).slice(0, 16);
  });
}
