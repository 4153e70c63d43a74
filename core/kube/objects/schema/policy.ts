/** Types of the policy group; the notation is in ../schema.ts. */
export const POLICY = `
UnhealthyPodEvictionPolicyType = string
Eviction
  metadata? ObjectMeta, deleteOptions? *DeleteOptions
PodDisruptionBudget
  metadata? ObjectMeta, spec? PodDisruptionBudgetSpec, status? PodDisruptionBudgetStatus
PodDisruptionBudgetSpec
  minAvailable? *intstr, selector? *LabelSelector replace, maxUnavailable? *intstr,
  unhealthyPodEvictionPolicy? *UnhealthyPodEvictionPolicyType
PodDisruptionBudgetStatus
  observedGeneration? int64, disruptedPods? map time, disruptionsAllowed int32, currentHealthy int32,
  desiredHealthy int32, expectedPods int32, conditions? []Condition merge(type) keys(type)
`;
