import type { Overview } from "../mod.ts";
import { printTable } from "./table.ts";

/** The world for people: nodes, pods, Services, machines. */
export function printOverview(world: Overview): string {
  const sections = [
    section("NODE", ["ADDRESS", "POD CIDR"], world.nodes.map(({ name, address, podCIDR }) => [name, address, podCIDR])),
    section(
      "POD",
      ["NODE", "ADDRESS", "READY"],
      world.pods.map((
        pod,
      ) => [`${pod.namespace}/${pod.name}`, pod.node, pod.address, pod.ready ? "yes" : `no (${pod.phase})`]),
    ),
    section("SERVICE", ["TYPE", "CLUSTER IP", "EXTERNAL", "PORTS", "ENDPOINTS"], world.services.map(serviceCells)),
    section("MACHINE", ["ADDRESSES"], world.machines.map(({ name, addresses }) => [name, addresses.join(" ")])),
    world.warnings.map((warning) => `warning: ${warning}`).join("\n"),
  ].filter((text) => text !== "");
  return `${sections.join("\n\n")}\n\nready after ${
    world.ready.toFixed(1)
  } s of virtual time (network ${world.network}, proxy ${world.proxy}, seed ${world.seed})`;
}

function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : printTable([title, ...columns], rows);
}

function serviceCells(service: Overview["services"][number]): string[] {
  const ports = service.ports.map(({ port, nodePort, protocol }) =>
    `${port}${nodePort === undefined ? "" : `:${nodePort}`}/${protocol}`
  );
  const [first = "none", ...more] = service.endpoints;
  return [
    `${service.namespace}/${service.name}`,
    service.type,
    service.clusterIP || "none",
    service.externalIPs.join(",") || "none",
    ports.join(",") || "none",
    more.length === 0 ? first : `${first} + ${more.length} more`,
  ];
}
