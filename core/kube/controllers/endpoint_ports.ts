import type { core, discovery, Pod, Service } from "../objects/object.ts";

/** The ports a pod serves a Service on; a named port the pod does not have is missing. */
export function portsOf(service: Service, pod: Pod): discovery.EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetOf(port, pod);
    if (number === undefined) return [];
    return [{
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: number,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    }];
  });
}

function targetOf({ targetPort, port, protocol }: core.ServicePort, { spec }: Pod): number | undefined {
  if (targetPort === undefined) return port;
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const container of [...(spec.containers ?? []), ...sidecars]) {
    const found = container.ports?.find((one) => one.name === targetPort && one.protocol === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}
