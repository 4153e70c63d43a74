import type { ServiceView } from "./view.ts";

/** What answers on a Service's health check node port. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answers of a node by health check port: a load balancer asks them which nodes have local endpoints. */
export function healthAnswers(view: ServiceView): ReadonlyMap<number, HealthAnswer> {
  const answers = new Map<number, { namespace: string; name: string; local: Set<string> }>();
  for (const port of view.ports.filter((port) => port.healthCheckNodePort !== 0)) {
    const { namespace, service: name, healthCheckNodePort: at } = port;
    const entry = answers.get(at) ?? { namespace, name, local: new Set<string>() };
    answers.set(at, entry);
    for (const { ip, node, ready } of port.all) if (ready && node === view.nodeName) entry.local.add(ip);
  }
  return new Map([...answers].map(([port, { namespace, name, local }]) => [port, answer(namespace, name, local.size)]));
}

function answer(namespace: string, name: string, count: number): HealthAnswer {
  const body = JSON.stringify(
    { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true },
    undefined,
    "\t",
  );
  return {
    status: count > 0 ? 200 : 503,
    headers: {
      "Content-Type": "application/json",
      "X-Content-Type-Options": "nosniff",
      "X-Load-Balancing-Endpoint-Weight": String(count),
      "Content-Length": String(body.length),
      "Connection": "close",
    },
    body,
  };
}
