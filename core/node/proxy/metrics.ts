import { externallyAccessible, type ServiceView } from "./view.ts";

/**
 * `kubeproxy_sync_proxy_rules_no_local_endpoints_total`: Service ports whose traffic policy is Local while all their endpoints are
 * on other nodes, by the policy.
 */
export function noLocalEndpoints({ ports }: ServiceView): { readonly internal: number; readonly external: number } {
  const lost = ports.filter(({ any, local }) => any && local.length === 0);
  return {
    internal: lost.filter(({ internalLocal }) => internalLocal).length,
    external: lost.filter((port) => port.externalLocal && externallyAccessible(port)).length,
  };
}
