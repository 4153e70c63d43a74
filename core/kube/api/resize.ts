/** `pods/NAME/resize`: what a pod's containers ask for is changed, and nothing else of it. */
import { qosClass } from "../objects/defaults/pod.ts";
import { forbidden, invalid, type Issue } from "../objects/issue.ts";
import { copyOf, type core, type KubeObject, type Pod } from "../objects/object.ts";

/** Puts the resources of a changed pod into the pod as it is; the changed one becomes it, in place. */
export function keepAllButResources(changed: Pod, old: Pod): void {
  const { spec, metadata } = changed;
  const kept = copyOf(old);
  for (const list of ["initContainers", "containers"] as const) {
    for (const container of kept.spec[list] ?? []) {
      const given = spec[list]?.find(({ name }) => name === container.name);
      if (given === undefined) continue;
      container.resources = given.resources ?? {};
      if (given.resizePolicy !== undefined) container.resizePolicy = given.resizePolicy;
    }
  }
  Object.assign(changed, kept, { metadata: { ...kept.metadata, resourceVersion: metadata.resourceVersion } });
}

/** What a resize may not do. */
export function resizeIssues(object: KubeObject, old: KubeObject): Issue[] {
  const [{ spec }, { spec: before, status }] = [object as Pod, old as Pod];
  const kind = qosClass(spec);
  const was = status.qosClass ?? qosClass(before);
  return [
    ...(kind === was ? [] : [invalid("spec", was, "Pod QOS Class may not change as a result of resizing")]),
    ...spec.containers.flatMap((container, index) => removed(container, before.containers[index], index)),
  ];
}

function removed(now: core.Container, before: core.Container | undefined, index: number): Issue[] {
  return (["requests", "limits"] as const).flatMap((what) => {
    const had = Object.keys(before?.resources?.[what] ?? {});
    const gone = had.some((name) => now.resources?.[what]?.[name] === undefined);
    return gone ? [forbidden(`spec.containers[${index}].resources.${what}`, `resource ${what} cannot be removed`)] : [];
  });
}
