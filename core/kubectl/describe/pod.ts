import { age, type core, isTerminalPhase, type Pod, qosClass } from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, controllerText, eventLines, labelLines, longTime } from "./common.ts";
import { containerLines, spreadLines, tolerationLines, volumeLines } from "./container.ts";
import { Writer } from "./writer.ts";

/** A Pod, its containers, its volumes, its events. */
export function describePod(pod: Pod, session: Session): string {
  const { metadata, spec, status } = pod;
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  if (spec.priority !== undefined) writer.line(`Priority:\t${spec.priority}`);
  if (spec.priorityClassName) writer.line(`Priority Class Name:\t${spec.priorityClassName}`);
  if (spec.serviceAccountName) writer.line(`Service Account:\t${spec.serviceAccountName}`);
  writer.line(`Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ""}` : "<none>"}`);
  if (status.startTime) writer.line(`Start Time:\t${longTime(status.startTime)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  statusLines(writer, pod, session.now);
  writer.line(`IP:\t${status.podIP ?? ""}`);
  const ips = status.podIPs ?? [];
  writer.line(`IPs:${ips.length === 0 ? "\t<none>" : ""}`);
  for (const { ip } of ips) writer.line(`IP:\t${ip}`, 1);
  const controller = controllerText(pod);
  if (controller !== "") writer.line(`Controlled By:\t${controller}`);
  if (status.nominatedNodeName) writer.line(`NominatedNodeName:\t${status.nominatedNodeName}`);
  podContainers(writer, pod);
  conditionLines(writer, pod);
  volumeLines(writer, spec.volumes);
  writer.line(`QoS Class:\t${status.qosClass ?? qosClass(spec)}`);
  labelLines(writer, "Node-Selectors", spec.nodeSelector);
  tolerationLines(writer, "Tolerations", spec.tolerations);
  spreadLines(writer, spec.topologySpreadConstraints);
  eventLines(writer, session, pod);
  return writer.text();
}

function statusLines(writer: Writer, { metadata, status }: Pod, now: number): void {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp !== undefined && !isTerminalPhase(status.phase)) {
    writer.line(`Status:\tTerminating (lasts ${age(deletionTimestamp, now)})`);
    writer.line(`Termination Grace Period:\t${deletionGracePeriodSeconds ?? 0}s`);
  } else writer.line(`Status:\t${status.phase ?? ""}`);
  if (status.reason) writer.line(`Reason:\t${status.reason}`);
  if (status.message) writer.line(`Message:\t${status.message}`);
}

function podContainers(writer: Writer, pod: Pod): void {
  const { spec, status } = pod;
  const fieldValue = (path: string) => fieldOf(pod, path);
  const init = spec.initContainers ?? [];
  if (init.length > 0) {
    containerLines(writer, "Init Containers", init, {
      statuses: status.initContainerStatuses ?? [],
      fieldValue,
      space: "",
    });
  }
  containerLines(writer, "Containers", spec.containers ?? [], {
    statuses: status.containerStatuses ?? [],
    fieldValue,
    space: "",
  });
  const ephemeral = (spec.ephemeralContainers ?? []) as core.Container[];
  if (ephemeral.length > 0) {
    const statuses = status.ephemeralContainerStatuses ?? [];
    containerLines(writer, "Ephemeral Containers", ephemeral, { statuses, fieldValue, space: "" });
  }
}

function fieldOf({ metadata, spec, status }: Pod, path: string): string {
  const values: Readonly<Record<string, string | undefined>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "spec.nodeName": spec.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName,
    "status.hostIP": status.hostIP,
    "status.podIP": status.podIP,
    "status.podIPs": status.podIPs?.map(({ ip }) => ip).join(","),
  };
  const [, map, key = ""] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (map === "labels") return metadata.labels?.[key] ?? "";
  return map === "annotations" ? metadata.annotations?.[key] ?? "" : values[path] ?? "";
}

function conditionLines(writer: Writer, { spec, status }: Pod): void {
  const conditions = status.conditions ?? [];
  const gates = spec.readinessGates ?? [];
  if (gates.length > 0) {
    writer.lines("Readiness Gates:", "  Type\tStatus");
    for (const { conditionType } of gates) {
      writer.line(
        `${conditionType} \t${conditions.find(({ type }) => type === conditionType)?.status ?? "<none>"} `,
        1,
      );
    }
  }
  if (conditions.length === 0) return;
  writer.lines("Conditions:", "  Type\tStatus");
  for (const { type, status: word } of conditions) writer.line(`${type} \t${word} `, 1);
}
