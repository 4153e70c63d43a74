import type { core, discovery, networking } from "../object.ts";

/** What the server fills in for a NetworkPolicy: policy types follow from the sections that are there. */
export function defaultNetworkPolicy({ spec }: { spec: networking.NetworkPolicySpec }): void {
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    rule.ports?.forEach((port) => port.protocol ??= "TCP");
  }
  if ((spec.policyTypes?.length ?? 0) > 0) return;
  spec.policyTypes = (spec.egress?.length ?? 0) > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** What the server fills in for an IngressClass. */
export function defaultIngressClass({ spec }: { spec: networking.IngressClassSpec }): void {
  if (spec.parameters !== undefined) spec.parameters.scope ??= "Cluster";
}

/** What the server fills in for an EndpointSlice. */
export function defaultEndpointSlice(slice: { ports?: discovery.EndpointPort[] | null }): void {
  slice.ports?.forEach((port) => {
    port.name ??= "";
    port.protocol ??= "TCP";
  });
}

/** What the server fills in for Endpoints. */
export function defaultEndpoints({ subsets }: { subsets?: core.EndpointSubset[] }): void {
  subsets?.forEach((subset) => subset.ports?.forEach((port) => port.protocol ??= "TCP"));
}
