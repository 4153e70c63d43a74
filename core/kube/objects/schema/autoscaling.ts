/** Types of the autoscaling group; the notation is in ../schema.ts. HorizontalPodAutoscalers of v1 and v2 are one here. */
export const AUTOSCALING = `
ContainerResourceMetricSource
  name ResourceName, target MetricTarget, container string
CrossVersionObjectReference
  kind string, name string, apiVersion? string
HPAScalingPolicy
  type HPAScalingPolicyType, value int32, periodSeconds int32
HPAScalingRules
  stabilizationWindowSeconds? *int32, selectPolicy? *ScalingPolicySelect, policies? []HPAScalingPolicy, tolerance? *quantity
HPAScalingPolicyType = string; MetricSourceType = string; MetricTargetType = string; ScalingPolicySelect = string
HorizontalPodAutoscaler
  metadata? ObjectMeta, spec? HorizontalPodAutoscalerSpec, status? HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior
  scaleUp? *HPAScalingRules, scaleDown? *HPAScalingRules
HorizontalPodAutoscalerCondition
  type string, status string, lastTransitionTime? time, reason? string, message? string
HorizontalPodAutoscalerSpec
  scaleTargetRef CrossVersionObjectReference, minReplicas? *int32, maxReplicas int32, metrics? []MetricSpec,
  behavior? *HorizontalPodAutoscalerBehavior, targetCPUUtilizationPercentage? *int32
HorizontalPodAutoscalerStatus
  observedGeneration? *int64, lastScaleTime? *time, currentReplicas? int32, desiredReplicas int32,
  currentMetrics []raw, conditions? []HorizontalPodAutoscalerCondition merge(type) keys(type),
  currentCPUUtilizationPercentage? *int32
MetricSpec
  type MetricSourceType, object? *raw, pods? *raw, resource? *ResourceMetricSource,
  containerResource? *ContainerResourceMetricSource, external? *raw
MetricTarget
  type MetricTargetType, value? *quantity, averageValue? *quantity, averageUtilization? *int32
ResourceMetricSource
  name ResourceName, target MetricTarget
ResourceName = string
Scale
  metadata? ObjectMeta, spec? ScaleSpec, status? ScaleStatus
ScaleSpec
  replicas? int32
ScaleStatus
  replicas int32, selector? string
`;
