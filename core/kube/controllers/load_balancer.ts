import { cidrSize, contains, nthIp, parseIp, printIp } from "../../base/mod.ts";
import { keyOf, type Service } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";

/** Gives Services of type LoadBalancer an address out of the cluster's pool, where it has one. */
export const loadBalancers: Controller = ({ type, object }, api) => {
  if (object.kind !== "Service") return;
  if (type !== "DELETED") api.later(balance, keyOf(object));
  else for (const service of api.store.list("Service")) if (isPending(service)) api.later(balance, keyOf(service));
};

const COMPONENT = "service-controller";

function isPending({ spec, status }: Service): boolean {
  return spec.type === "LoadBalancer" && spec.loadBalancerClass === undefined && addressesOf(status).length === 0;
}

function addressesOf(status: Service["status"]): string[] {
  return (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? "").filter((ip) => ip !== "");
}

function balance(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const service = api.store.get("Service", name, namespace);
  if (service === undefined || !isPending(service) || api.settings.loadBalancer === undefined) return;
  const ip = freeAddress(service, api);
  if (ip === undefined) return;
  api.event(service, {
    type: "Normal",
    reason: "EnsuringLoadBalancer",
    message: "Ensuring load balancer",
    component: COMPONENT,
  });
  api.changeStatus("Service", service.metadata, (object) => {
    object.status = { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } };
  });
  api.event(service, {
    type: "Normal",
    reason: "EnsuredLoadBalancer",
    message: "Ensured load balancer",
    component: COMPONENT,
  });
}

function freeAddress({ spec }: Service, { store, settings }: ControllerApi): string | undefined {
  const pool = settings.loadBalancer;
  if (pool === undefined) return undefined;
  const taken = new Set(store.list("Service").flatMap(({ status }) => addressesOf(status)));
  const asked = parseIp(spec.loadBalancerIP ?? "");
  if (asked !== undefined && contains(pool, asked) && !taken.has(printIp(asked))) return printIp(asked);
  for (let index = cidrSize(pool) > 1n ? 1n : 0n; index < cidrSize(pool) && index < 65536n; index++) {
    const ip = printIp(nthIp(pool, index));
    if (!taken.has(ip)) return ip;
  }
  return undefined;
}
