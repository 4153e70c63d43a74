/**
 * Chain names of a Service port. The hash is SHA-256 in base32 (RFC 4648, A-Z2-7), its first sixteen characters, over
 *   SVC SVL EXT FW   "namespace/name:port" + "tcp"             (one suffix for the four chains of a port)
 *   SEP              "namespace/name:port" + "tcp" + "ip:port"
 */
import { sha256 } from "./sha256.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `default/web:http`, or `default/web` for a port without a name. */
export function servicePortName(namespace: string, name: string, port: string): string {
  return `${namespace}/${name}${port === "" ? "" : `:${port}`}`;
}

/** Hashes made so far: every node of a cluster asks for the same ones. */
const hashes = new Map<string, string>();
const MOST_HASHES = 200_000;

/** The sixteen characters at the end of a chain's name. */
export function chainHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  if (hashes.size >= MOST_HASHES) hashes.clear();
  const hash = hashOf(text);
  hashes.set(text, hash);
  return hash;
}

function hashOf(text: string): string {
  const words = sha256(text);
  let out = "", bits = 0, have = 0;
  for (let i = 0; i < 10; i++) {
    const byte = ((words[i >> 2] as number) >>> (24 - 8 * (i & 3))) & 255;
    bits = ((bits << 8) | byte) & 0xffff;
    for (have += 8; have >= 5; have -= 5) out += BASE32[(bits >> (have - 5)) & 31];
  }
  return out;
}

/** The chains of one Service port. */
export interface ServiceChains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

/** Chain names by service port name and lower-case protocol. */
export function serviceChains(servicePort: string, protocol: string): ServiceChains {
  const hash = chainHash(servicePort + protocol);
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
  };
}

/** The chain of one endpoint of a Service port; `endpoint` is `ip:port`, `[ip]:port` for IPv6. */
export function endpointChain(servicePort: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${chainHash(servicePort + protocol + endpoint)}`;
}

/** Whether a chain in the nat table is one that kube-proxy makes for a Service, and so may remove. */
export function isServiceChain(chain: string): boolean {
  return /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain);
}
