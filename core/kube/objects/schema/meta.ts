/** Types of meta/v1 as the API server 1.36 declares them; the notation is in ../schema.ts. */
export const META = `
ConditionStatus = string; DeletionPropagation = string; LabelSelectorOperator = string
ManagedFieldsOperationType = string
Condition
  type string, status ConditionStatus, observedGeneration? int64, lastTransitionTime time, reason string,
  message string
DeleteOptions
  gracePeriodSeconds? *int64, preconditions? *Preconditions, orphanDependents? *bool,
  propagationPolicy? *DeletionPropagation, dryRun? []string, ignoreStoreReadErrorWithClusterBreakingPotential? *bool
LabelSelector atomic
  matchLabels? map string, matchExpressions? []LabelSelectorRequirement
LabelSelectorRequirement
  key string, operator LabelSelectorOperator, values? []string
ManagedFieldsEntry
  manager? string, operation? ManagedFieldsOperationType, apiVersion? string, time? *time, fieldsType? string,
  fieldsV1? *raw, subresource? string
ObjectMeta
  name? string, generateName? string, namespace? string, selfLink? string, uid? UID, resourceVersion? string,
  generation? int64, creationTimestamp?? time, deletionTimestamp? *time, deletionGracePeriodSeconds? *int64,
  labels? map string, annotations? map string, ownerReferences? []OwnerReference merge(uid) keys(uid),
  finalizers? []string merge() set, managedFields? []ManagedFieldsEntry
OwnerReference atomic
  apiVersion string, kind string, name string, uid UID, controller? *bool, blockOwnerDeletion? *bool
Preconditions
  uid? *UID, resourceVersion? *string
`;
