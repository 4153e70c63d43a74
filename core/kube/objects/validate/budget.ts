import { invalid, type Issue, unsupported } from "../issue.ts";
import type { PodDisruptionBudget } from "../object.ts";
import { selectorIssues } from "./selectors.ts";
import { amountIssues, hundredIssues } from "./workloads.ts";

const POLICIES = ["AlwaysAllow", "IfHealthyBudget"];

/** What is wrong with a PodDisruptionBudget beyond its metadata. */
export function validateBudget({ spec }: PodDisruptionBudget): Issue[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: eviction } = spec;
  const shown = {
    MinAvailable: minAvailable ?? null,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: eviction ?? null,
  };
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(both ? [invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")] : []),
    ...amountIssues("spec.minAvailable", minAvailable),
    ...hundredIssues("spec.minAvailable", minAvailable),
    ...amountIssues("spec.maxUnavailable", maxUnavailable),
    ...hundredIssues("spec.maxUnavailable", maxUnavailable),
    ...selectorIssues("spec.selector", selector),
    ...(eviction === undefined || POLICIES.includes(eviction)
      ? []
      : [unsupported("spec.unhealthyPodEvictionPolicy", eviction, POLICIES)]),
  ];
}
