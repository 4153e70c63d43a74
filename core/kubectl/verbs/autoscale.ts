/** `kubectl autoscale`: a HorizontalPodAutoscaler for a workload. */
import { canonicalDraft, type Draft, type KubeObject } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

/** The verb. */
export const autoscale: Verb = {
  flags: flags(
    `${OUTPUT_FLAGS} ${FILE_FLAGS} dry-run=?unchanged min= max= cpu-percent= cpu= memory= name= field-manager= save-config`,
  ),
  run(session) {
    const { flags } = session;
    const max = flags.value("max");
    if (max === undefined) throw usageError('required flag(s) "max" not set');
    if (Number(max) < 1) throw usageError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    const [target] = session.targets();
    if (target === undefined) throw usageError("no objects passed to autoscale");
    const { resource, name } = target;
    session.client.get(session.path(resource, name));
    const percent = flags.value("cpu-percent") ?? flags.value("cpu")?.replace(/%$/, "");
    const min = flags.value("min");
    const draft = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: flags.value("name") ?? name },
      spec: {
        maxReplicas: Number(max),
        ...(min === undefined || Number(min) < 1 ? {} : { minReplicas: Number(min) }),
        ...(percent === undefined ? {} : { metrics: [cpuMetric(Number(percent))] }),
        scaleTargetRef: {
          apiVersion: resource.group === "" ? resource.version : `${resource.group}/${resource.version}`,
          kind: resource.kind,
          name,
        },
      },
    } as Draft;
    if (dryRunOf(session) === "client") {
      report(session, canonicalDraft(draft) as KubeObject, "autoscaled");
      return 0;
    }
    const path = session.path(session.resources.named("horizontalpodautoscalers"));
    const dry = dryRunOf(session) === "server" ? "dryRun=All&" : "";
    report(session, session.client.post(`${path}?${dry}fieldManager=kubectl-autoscale`, draft), "autoscaled");
    return 0;
  },
};

function cpuMetric(averageUtilization: number): object {
  return { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } };
}
