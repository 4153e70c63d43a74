/** Types of the apps group; the notation is in ../schema.ts. */
export const APPS = `
DaemonSetConditionType = string; DaemonSetUpdateStrategyType = string; DeploymentConditionType = string
DeploymentStrategyType = string; PersistentVolumeClaimRetentionPolicyType = string; PodManagementPolicyType = string
ReplicaSetConditionType = string; StatefulSetConditionType = string; StatefulSetUpdateStrategyType = string
ControllerRevision
  metadata? ObjectMeta, data? raw, revision int64
DaemonSet
  metadata? ObjectMeta, spec? DaemonSetSpec, status? DaemonSetStatus
DaemonSetCondition
  type DaemonSetConditionType, status ConditionStatus, lastTransitionTime? time, reason? string, message? string
DaemonSetSpec
  selector *LabelSelector, template PodTemplateSpec, updateStrategy? DaemonSetUpdateStrategy,
  minReadySeconds? int32, revisionHistoryLimit? *int32
DaemonSetStatus
  currentNumberScheduled int32, numberMisscheduled int32, desiredNumberScheduled int32, numberReady int32,
  observedGeneration? int64, updatedNumberScheduled? int32, numberAvailable? int32, numberUnavailable? int32,
  collisionCount? *int32, conditions? []DaemonSetCondition merge(type) keys(type)
DaemonSetUpdateStrategy
  type? DaemonSetUpdateStrategyType, rollingUpdate? *RollingUpdateDaemonSet
Deployment
  metadata? ObjectMeta, spec? DeploymentSpec, status? DeploymentStatus
DeploymentCondition
  type DeploymentConditionType, status ConditionStatus, lastUpdateTime? time, lastTransitionTime? time,
  reason? string, message? string
DeploymentSpec
  replicas? *int32, selector *LabelSelector, template PodTemplateSpec, strategy? DeploymentStrategy retain,
  minReadySeconds? int32, revisionHistoryLimit? *int32, paused? bool, progressDeadlineSeconds? *int32
DeploymentStatus
  observedGeneration? int64, replicas? int32, updatedReplicas? int32, readyReplicas? int32,
  availableReplicas? int32, unavailableReplicas? int32, terminatingReplicas? *int32,
  conditions? []DeploymentCondition merge(type) keys(type), collisionCount? *int32
DeploymentStrategy
  type? DeploymentStrategyType, rollingUpdate? *RollingUpdateDeployment
ReplicaSet
  metadata? ObjectMeta, spec? ReplicaSetSpec, status? ReplicaSetStatus
ReplicaSetCondition
  type ReplicaSetConditionType, status ConditionStatus, lastTransitionTime? time, reason? string, message? string
ReplicaSetSpec
  replicas? *int32, minReadySeconds? int32, selector *LabelSelector, template? PodTemplateSpec
ReplicaSetStatus
  replicas int32, fullyLabeledReplicas? int32, readyReplicas? int32, availableReplicas? int32,
  terminatingReplicas? *int32, observedGeneration? int64, conditions? []ReplicaSetCondition merge(type) keys(type)
RollingUpdateDaemonSet
  maxUnavailable? *intstr, maxSurge? *intstr
RollingUpdateDeployment
  maxUnavailable? *intstr, maxSurge? *intstr
RollingUpdateStatefulSetStrategy
  partition? *int32, maxUnavailable? *intstr
StatefulSet
  metadata? ObjectMeta, spec? StatefulSetSpec, status? StatefulSetStatus
StatefulSetCondition
  type StatefulSetConditionType, status ConditionStatus, lastTransitionTime? time, reason? string, message? string
StatefulSetOrdinals
  start int32
StatefulSetPersistentVolumeClaimRetentionPolicy
  whenDeleted? PersistentVolumeClaimRetentionPolicyType, whenScaled? PersistentVolumeClaimRetentionPolicyType
StatefulSetSpec
  replicas? *int32, selector *LabelSelector, template PodTemplateSpec,
  volumeClaimTemplates? []PersistentVolumeClaim, serviceName string, podManagementPolicy? PodManagementPolicyType,
  updateStrategy? StatefulSetUpdateStrategy, revisionHistoryLimit? *int32, minReadySeconds? int32,
  persistentVolumeClaimRetentionPolicy? *StatefulSetPersistentVolumeClaimRetentionPolicy,
  ordinals? *StatefulSetOrdinals
StatefulSetStatus
  observedGeneration? int64, replicas int32, readyReplicas? int32, currentReplicas? int32, updatedReplicas? int32,
  currentRevision? string, updateRevision? string, collisionCount? *int32,
  conditions? []StatefulSetCondition merge(type) keys(type), availableReplicas int32
StatefulSetUpdateStrategy
  type? StatefulSetUpdateStrategyType, rollingUpdate? *RollingUpdateStatefulSetStrategy
`;
