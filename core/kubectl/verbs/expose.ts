import type { core, KubeObject } from "../../kube/mod.ts";
import { CommandError, seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo } from "../resources.ts";
import type { Session } from "../session.ts";
import { pairs } from "./draft.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

interface Exposable extends KubeObject {
  spec: {
    selector?: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] } | Record<string, string>;
    template?: core.PodTemplateSpec;
    containers?: core.Container[];
    ports?: core.ServicePort[];
  };
}

/** `kubectl expose`: a Service for what runs pods. */
export const expose: Verb = {
  flags: flags(
    `${OUTPUT_FLAGS} ${FILE_FLAGS} dry-run=?unchanged port= target-port= protocol= name= type= selector= labels/l=
    cluster-ip= external-ip= load-balancer-ip= session-affinity= overrides= save-config field-manager=`,
  ),
  run(session) {
    const [target] = session.targets();
    if (target === undefined) throw usageError("You must provide one or more resources by argument or filename.");
    const object = session.client.get(session.path(target.resource, target.name)) as Exposable;
    const service = serviceFor(session, object);
    if (dryRunOf(session) === "client") report(session, service as KubeObject, "exposed");
    else {
      const query = `?${dryRunOf(session) === "server" ? "dryRun=All&" : ""}fieldManager=kubectl-expose`;
      const resource = session.resources.named("services");
      report(session, session.client.post(pathTo(resource, session.namespace) + query, service), "exposed");
    }
    return 0;
  },
};

function serviceFor(session: Session, object: Exposable): object {
  const { flags } = session;
  const name = flags.value("name") ?? object.metadata.name;
  const labels = flags.has("labels") ? pairs(flags.value("labels") ?? "") : object.metadata.labels;
  const external = flags.value("external-ip");
  const affinity = flags.value("session-affinity");
  const balancer = flags.value("load-balancer-ip");
  const clusterIP = flags.value("cluster-ip");
  const type = flags.value("type");
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: {
      ports: portsFor(session, object),
      selector: selectorFor(session, object),
      ...(type === undefined ? {} : { type }),
      ...(external === undefined ? {} : { externalIPs: [external] }),
      ...(affinity === undefined ? {} : { sessionAffinity: affinity }),
      ...(balancer === undefined ? {} : { loadBalancerIP: balancer }),
      ...(clusterIP === undefined ? {} : { clusterIP }),
    },
    status: { loadBalancer: {} },
  };
}

function selectorFor(session: Session, { kind, metadata, spec }: Exposable): Record<string, string> {
  const asked = session.flags.value("selector");
  if (asked !== undefined) return pairs(asked);
  if (kind === "Pod") {
    if (Object.keys(metadata.labels ?? {}).length === 0) {
      throw usageError(
        `couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed${
          seeHelp(session)
        }`,
      );
    }
    return metadata.labels as Record<string, string>;
  }
  const selector = spec.selector ?? {};
  if ("matchExpressions" in selector && (selector.matchExpressions as unknown[]).length > 0) {
    throw usageError(
      "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - \"matchExpressions\" to map-based selector format" +
        seeHelp(session),
    );
  }
  const labels = "matchLabels" in selector
    ? selector.matchLabels as Record<string, string>
    : selector as Record<string, string>;
  if (Object.keys(labels).length > 0) return labels;
  throw new CommandError(`error: cannot expose a ${kind}`);
}

function portsFor(session: Session, { kind, spec }: Exposable): object[] {
  const { flags } = session;
  const containers = spec.containers ?? spec.template?.spec?.containers ?? [];
  const known = kind === "Service"
    ? (spec.ports ?? []).map(({ port, protocol = "TCP" }) => ({ port, protocol }))
    : containers.flatMap(({ ports = [] }) =>
      ports.map(({ containerPort, protocol = "TCP" }) => ({ port: containerPort, protocol }))
    );
  const asked = flags.value("port");
  const numbers = asked === undefined ? known.map(({ port }) => port) : asked.split(",").map(Number);
  if (numbers.length === 0) throw usageError(`couldn't find port via --port flag or introspection${seeHelp(session)}`);
  const target = flags.value("target-port");
  return numbers.map((port, index) => ({
    ...(numbers.length > 1 ? { name: `port-${index + 1}` } : {}),
    port,
    protocol: flags.value("protocol") ?? known.find((one) => one.port === port)?.protocol ?? "TCP",
    targetPort: target === undefined ? port : /^\d+$/.test(target) ? Number(target) : target,
  }));
}
