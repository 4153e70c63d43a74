/** Types of core/v1 outside pods, and the named strings of core/v1; the notation is in ../schema.ts. */
export const CORE = `
AppArmorProfileType = string; AzureDataDiskCachingMode = string; AzureDataDiskKind = string; Capability = string
ClaimResourceStatus = string; ConditionStatus = string; ContainerRestartPolicy = string
ContainerRestartRuleAction = string; ContainerRestartRuleOnExitCodesOperator = string; DNSPolicy = string
FinalizerName = string; HostPathType = string; IPFamily = string; IPFamilyPolicy = string; LoadBalancerIPMode = string
MountPropagationMode = string; NamespaceConditionType = string; NamespacePhase = string; NodeAddressType = string
NodeConditionType = string; NodeInclusionPolicy = string; NodePhase = string; NodeSelectorOperator = string
OSName = string; PersistentVolumeAccessMode = string; PersistentVolumeClaimConditionType = string
PersistentVolumeClaimModifyVolumeStatus = string; PersistentVolumeClaimPhase = string; PersistentVolumeMode = string
PodConditionType = string; PodFSGroupChangePolicy = string; PodPhase = string; PodQOSClass = string
PodResizeStatus = string; PodSELinuxChangePolicy = string; PreemptionPolicy = string; ProcMountType = string
Protocol = string; PullPolicy = string; RecursiveReadOnlyMode = string; ReplicationControllerConditionType = string
ResourceHealthStatus = string; ResourceID = string; ResourceList = map quantity; ResourceName = string
ResourceResizeRestartPolicy = string; RestartPolicy = string; SeccompProfileType = string; SecretType = string
ServiceAffinity = string; ServiceExternalTrafficPolicy = string; ServiceInternalTrafficPolicy = string
ServiceType = string; Signal = string; StorageMedium = string; SupplementalGroupsPolicy = string; TaintEffect = string
TerminationMessagePolicy = string; TolerationOperator = string; URIScheme = string; UniqueVolumeName = string
UnsatisfiableConstraintAction = string
AttachedVolume
  name UniqueVolumeName, devicePath string
Binding
  metadata? ObjectMeta, target ObjectReference
ClientIPConfig
  timeoutSeconds? *int32
ConfigMap
  metadata? ObjectMeta, immutable? *bool, data? map string, binaryData? map bytes
ConfigMapNodeConfigSource
  namespace string, name string, uid? UID, resourceVersion? string, kubeletConfigKey string
ContainerImage
  names []string, sizeBytes? int64
DaemonEndpoint
  Port int32
EndpointAddress atomic
  ip string, hostname? string, nodeName? *string, targetRef? *ObjectReference
EndpointPort atomic
  name? string, port int32, protocol? Protocol, appProtocol? *string
EndpointSubset
  addresses? []EndpointAddress, notReadyAddresses? []EndpointAddress, ports? []EndpointPort
Endpoints
  metadata? ObjectMeta, subsets? []EndpointSubset
Event
  metadata ObjectMeta, involvedObject ObjectReference, reason? string, message? string, source? EventSource,
  firstTimestamp? time, lastTimestamp? time, count? int32, type? string, eventTime? microtime, series? *EventSeries,
  action? string, related? *ObjectReference, reportingComponent string, reportingInstance string
EventSeries
  count? int32, lastObservedTime? microtime
EventSource
  component? string, host? string
LoadBalancerIngress
  ip? string, hostname? string, ipMode? *LoadBalancerIPMode, ports? []PortStatus
LoadBalancerStatus
  ingress? []LoadBalancerIngress
ModifyVolumeStatus
  targetVolumeAttributesClassName? string, status PersistentVolumeClaimModifyVolumeStatus
Namespace
  metadata? ObjectMeta, spec? NamespaceSpec, status? NamespaceStatus
NamespaceCondition
  type NamespaceConditionType, status ConditionStatus, lastTransitionTime? time, reason? string, message? string
NamespaceSpec
  finalizers? []FinalizerName
NamespaceStatus
  phase? NamespacePhase, conditions? []NamespaceCondition merge(type) keys(type)
Node
  metadata? ObjectMeta, spec? NodeSpec, status? NodeStatus
NodeAddress
  type NodeAddressType, address string
NodeCondition
  type NodeConditionType, status ConditionStatus, lastHeartbeatTime? time, lastTransitionTime? time, reason? string,
  message? string
NodeConfigSource
  configMap? *ConfigMapNodeConfigSource
NodeConfigStatus
  assigned? *NodeConfigSource, active? *NodeConfigSource, lastKnownGood? *NodeConfigSource, error? string
NodeDaemonEndpoints
  kubeletEndpoint? DaemonEndpoint
NodeFeatures
  supplementalGroupsPolicy? *bool
NodeRuntimeHandler
  name string, features? *NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts? *bool, userNamespaces? *bool
NodeSpec
  podCIDR? string, podCIDRs? []string merge() set, providerID? string, unschedulable? bool, taints? []Taint,
  configSource? *NodeConfigSource, externalID? string
NodeStatus
  capacity? ResourceList, allocatable? ResourceList, phase? NodePhase,
  conditions? []NodeCondition merge(type) keys(type), addresses? []NodeAddress merge(type) keys(type),
  daemonEndpoints? NodeDaemonEndpoints, nodeInfo? NodeSystemInfo, images? []ContainerImage,
  volumesInUse? []UniqueVolumeName, volumesAttached? []AttachedVolume, config? *NodeConfigStatus,
  runtimeHandlers? []NodeRuntimeHandler, features? *NodeFeatures, declaredFeatures? []string
NodeSwapStatus
  capacity? *int64
NodeSystemInfo
  machineID string, systemUUID string, bootID string, kernelVersion string, osImage string,
  containerRuntimeVersion string, kubeletVersion string, kubeProxyVersion string, operatingSystem string,
  architecture string, swap? *NodeSwapStatus
ObjectReference atomic
  kind? string, namespace? string, name? string, uid? UID, apiVersion? string, resourceVersion? string,
  fieldPath? string
PersistentVolumeClaim
  kind? string, apiVersion? string, metadata? ObjectMeta, spec? PersistentVolumeClaimSpec, status? PersistentVolumeClaimStatus
PersistentVolumeClaimCondition
  type PersistentVolumeClaimConditionType, status ConditionStatus, lastProbeTime? time, lastTransitionTime? time,
  reason? string, message? string
PersistentVolumeClaimStatus
  phase? PersistentVolumeClaimPhase, accessModes? []PersistentVolumeAccessMode, capacity? ResourceList,
  conditions? []PersistentVolumeClaimCondition merge(type) keys(type), allocatedResources? ResourceList,
  allocatedResourceStatuses? map ClaimResourceStatus, currentVolumeAttributesClassName? *string,
  modifyVolumeStatus? *ModifyVolumeStatus
Pod
  metadata? ObjectMeta, spec? PodSpec, status? PodStatus
PodTemplate
  metadata? ObjectMeta, template? PodTemplateSpec
PodTemplateSpec
  metadata? ObjectMeta, spec? PodSpec
PortStatus
  port int32, protocol Protocol, error? *string
ReplicationController
  metadata? ObjectMeta, spec? ReplicationControllerSpec, status? ReplicationControllerStatus
ReplicationControllerCondition
  type ReplicationControllerConditionType, status ConditionStatus, lastTransitionTime? time, reason? string,
  message? string
ReplicationControllerSpec
  replicas? *int32, minReadySeconds? int32, selector? map string atomic, template? *PodTemplateSpec
ReplicationControllerStatus
  replicas int32, fullyLabeledReplicas? int32, readyReplicas? int32, availableReplicas? int32,
  observedGeneration? int64, conditions? []ReplicationControllerCondition merge(type) keys(type)
Secret
  metadata? ObjectMeta, immutable? *bool, data? map bytes, stringData? map string, type? SecretType
Service
  metadata? ObjectMeta, spec? ServiceSpec, status? ServiceStatus
ServiceAccount
  metadata? ObjectMeta, secrets? []ObjectReference merge(name) keys(name), imagePullSecrets? []LocalObjectReference,
  automountServiceAccountToken? *bool
ServicePort
  name? string, protocol? Protocol, appProtocol? *string, port int32, targetPort? intstr, nodePort? int32
ServiceSpec
  ports? []ServicePort merge(port) keys(port,protocol), selector? map string atomic, clusterIP? string,
  clusterIPs? []string, type? ServiceType, externalIPs? []string, sessionAffinity? ServiceAffinity,
  loadBalancerIP? string, loadBalancerSourceRanges? []string, externalName? string,
  externalTrafficPolicy? ServiceExternalTrafficPolicy, healthCheckNodePort? int32, publishNotReadyAddresses? bool,
  sessionAffinityConfig? *SessionAffinityConfig, ipFamilies? []IPFamily, ipFamilyPolicy? *IPFamilyPolicy,
  allocateLoadBalancerNodePorts? *bool, loadBalancerClass? *string,
  internalTrafficPolicy? *ServiceInternalTrafficPolicy, trafficDistribution? *string
ServiceStatus
  loadBalancer? LoadBalancerStatus, conditions? []Condition merge(type) keys(type)
SessionAffinityConfig
  clientIP? *ClientIPConfig
Taint
  key string, value? string, effect TaintEffect, timeAdded? *time
`;
