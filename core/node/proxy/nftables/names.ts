/**
 * Names of a Service port's chains and sets in the table `kube-proxy`:
 *
 *     (service | local | external | firewall)-HASH-NAMESPACE/SERVICE/PROTOCOL/PORT
 *     (endpoint | affinity)-HASH-NAMESPACE/SERVICE/PROTOCOL/PORT__ADDRESS/PORT      colons of an address become dots
 *
 * The hash is the first eight characters of SHA-256 in base32 over all that follows it. A port without a name leaves its place empty.
 */
import { chainHash } from "../names.ts";
import type { Endpoint, ServicePort } from "../view.ts";

/** Hash and name together, at most; longer ones end in three dots. */
const LONGEST = 240;
const HASH = 8;

/** The eight characters before a name. */
export function nftHash(name: string): string {
  return chainHash(name).slice(0, HASH);
}

function hashed(name: string): string {
  const text = `${nftHash(name)}-${name}`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

function pathOf({ namespace, service, protocol, name }: ServicePort): string {
  return `${namespace}/${service}/${protocol}/${name.slice(namespace.length + service.length + 2)}`;
}

/** The chains of one Service port. */
export interface NftPortChains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

/** Chain names of a Service port. */
export function nftPortChains(port: ServicePort): NftPortChains {
  const base = hashed(pathOf(port));
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

/** An endpoint's chain and the set of clients that stick to it. */
export function nftEndpointNames(
  port: ServicePort,
  endpoint: Endpoint,
): { readonly chain: string; readonly set: string } {
  const base = hashed(`${pathOf(port)}__${endpoint.ip.replaceAll(":", ".")}/${endpoint.port}`);
  return { chain: `endpoint-${base}`, set: `affinity-${base}` };
}

/** Whether a chain is one that kube-proxy makes for a Service or an endpoint, and so may remove. */
export function isNftServiceChain(chain: string): boolean {
  return /^(service|local|external|firewall|endpoint)-[A-Z2-7]{8}-/.test(chain);
}

/** Whether a set holds clients of one endpoint. */
export function isAffinitySet(set: string): boolean {
  return set.startsWith("affinity-");
}
