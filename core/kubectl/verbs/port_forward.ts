/** `kubectl port-forward`: ports of this machine that lead into a pod. */
import type { Pod, Service } from "../../kube/mod.ts";
import { seeHelp, unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import type { ForwardedPort } from "../host.ts";
import type { Session } from "../session.ts";
import { podOf } from "./pods.ts";
import type { Verb } from "./verb.ts";

/** The verb. */
export const portForward: Verb = {
  flags: flags("address=* pod-running-timeout="),
  async run(session) {
    const [target, ...ports] = session.flags.args;
    if (target === undefined) {
      throw usageError(
        `TYPE/NAME and list of ports are required for port-forward${seeHelp(session)}`,
      );
    }
    if (ports.length === 0) throw usageError("at least 1 PORT is required for port-forward");
    const { pod } = podOf(session, target);
    if (pod.status.phase !== "Running") {
      throw usageError(`unable to forward port because pod is not running. Current status=${pod.status.phase}`);
    }
    const wanted = ports.map((text) => parsePort(session, { target, text, pod }));
    const { forward } = session.host.pods;
    if (forward === undefined) throw unmodelled("port-forward at this place");
    const addresses = session.flags.has("address") ? session.flags.list("address") : ["localhost"];
    const name = {
      namespace: pod.metadata.namespace ?? "",
      pod: pod.metadata.name,
      container: pod.spec.containers[0]?.name ?? "",
    };
    return await forward(name, wanted, addresses);
  },
};

interface Asked {
  readonly target: string;
  /** `8080:80`, `80`, `:80`, `web:http` */
  readonly text: string;
  readonly pod: Pod;
}

function parsePort(session: Session, { target, text, pod }: Asked): ForwardedPort {
  const [first = "", second] = text.split(":");
  const remote = remotePort(session, { target, pod, text: second ?? first });
  const local = second === undefined
    ? (/^\d+$/.test(first) ? Number(first) : remote)
    : Number(first === "" ? "0" : first);
  if (!Number.isInteger(local) || local < 0 || local > 65535) {
    throw usageError(
      `error parsing local port ${JSON.stringify(first)}: strconv.ParseUint: parsing ${
        JSON.stringify(first)
      }: invalid syntax`,
    );
  }
  return { local, remote };
}

/** The pod's port: of a Service the one its port leads to, of names the container's port of that name. */
function remotePort(session: Session, { target, text, pod }: Asked): number {
  const [kind = "", name = ""] = target.includes("/") ? target.split("/") : ["pod", target];
  if (!/^(svc|services?)$/.test(kind)) return containerPort(pod, text) ?? wrong(text);
  const service = session.api.store.get("Service", name, session.namespace) as Service;
  const port = service.spec.ports?.find((one) => String(one.port) === text || one.name === text);
  if (port === undefined) throw usageError(`Service ${name} does not have a service port ${text}`);
  const { targetPort = port.port } = port;
  return containerPort(pod, String(targetPort)) ?? wrong(String(targetPort));
}

function containerPort({ metadata, spec }: Pod, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const found = spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === text);
  if (found === undefined) throw usageError(`Pod '${metadata.name}' does not have a named port '${text}'`);
  return found.containerPort;
}

function wrong(text: string): never {
  throw usageError(`error parsing remote port ${JSON.stringify(text)}`);
}
