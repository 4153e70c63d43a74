/** Types of core/v1 inside a pod; the notation is in ../schema.ts. */
export const POD = `
Affinity
  nodeAffinity? *NodeAffinity, podAffinity? *PodAffinity, podAntiAffinity? *PodAntiAffinity
AppArmorProfile
  type AppArmorProfileType, localhostProfile? *string
Capabilities
  add? []Capability, drop? []Capability
ConfigMapEnvSource
  name? string, optional? *bool
ConfigMapKeySelector atomic
  name? string, key string, optional? *bool
Container
  name string, image? string, command? []string, args? []string, workingDir? string,
  ports? []ContainerPort merge(containerPort) keys(containerPort,protocol), envFrom? []EnvFromSource,
  env? []EnvVar merge(name) keys(name), resources? ResourceRequirements, resizePolicy? []ContainerResizePolicy,
  restartPolicy? *ContainerRestartPolicy, restartPolicyRules? []ContainerRestartRule,
  volumeMounts? []VolumeMount merge(mountPath) keys(mountPath),
  volumeDevices? []VolumeDevice merge(devicePath) keys(devicePath), livenessProbe? *Probe, readinessProbe? *Probe,
  startupProbe? *Probe, lifecycle? *Lifecycle, terminationMessagePath? string,
  terminationMessagePolicy? TerminationMessagePolicy, imagePullPolicy? PullPolicy,
  securityContext? *SecurityContext, stdin? bool, stdinOnce? bool, tty? bool
ContainerExtendedResourceRequest
  containerName string, resourceName string, requestName string
ContainerPort
  name? string, hostPort? int32, containerPort int32, protocol? Protocol, hostIP? string
ContainerResizePolicy
  resourceName ResourceName, restartPolicy ResourceResizeRestartPolicy
ContainerRestartRule
  action? ContainerRestartRuleAction, exitCodes? *ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes
  operator? ContainerRestartRuleOnExitCodesOperator, values? []int32 set
ContainerState
  waiting? *ContainerStateWaiting, running? *ContainerStateRunning, terminated? *ContainerStateTerminated
ContainerStateRunning
  startedAt? time
ContainerStateTerminated
  exitCode int32, signal? int32, reason? string, message? string, startedAt? time, finishedAt? time,
  containerID? string
ContainerStateWaiting
  reason? string, message? string
ContainerStatus
  name string, state? ContainerState, lastState? ContainerState, ready bool, restartCount int32, image string,
  imageID string, containerID? string, started? *bool, allocatedResources? ResourceList,
  resources? *ResourceRequirements, volumeMounts? []VolumeMountStatus merge(mountPath) keys(mountPath),
  user? *ContainerUser, allocatedResourcesStatus? []ResourceStatus merge(name) keys(name), stopSignal? *Signal
ContainerUser
  linux? *LinuxContainerUser
EnvFromSource
  prefix? string, configMapRef? *ConfigMapEnvSource, secretRef? *SecretEnvSource
EnvVar
  name string, value? string, valueFrom? *EnvVarSource
EnvVarSource
  fieldRef? *ObjectFieldSelector, resourceFieldRef? *ResourceFieldSelector, configMapKeyRef? *ConfigMapKeySelector,
  secretKeyRef? *SecretKeySelector, fileKeyRef? *FileKeySelector
EphemeralContainer
  name string, image? string, command? []string, args? []string, workingDir? string,
  ports? []ContainerPort merge(containerPort) keys(containerPort,protocol), envFrom? []EnvFromSource,
  env? []EnvVar merge(name) keys(name), resources? ResourceRequirements, resizePolicy? []ContainerResizePolicy,
  restartPolicy? *ContainerRestartPolicy, restartPolicyRules? []ContainerRestartRule,
  volumeMounts? []VolumeMount merge(mountPath) keys(mountPath),
  volumeDevices? []VolumeDevice merge(devicePath) keys(devicePath), livenessProbe? *Probe, readinessProbe? *Probe,
  startupProbe? *Probe, lifecycle? *Lifecycle, terminationMessagePath? string,
  terminationMessagePolicy? TerminationMessagePolicy, imagePullPolicy? PullPolicy,
  securityContext? *SecurityContext, stdin? bool, stdinOnce? bool, tty? bool, targetContainerName? string
ExecAction
  command? []string
FileKeySelector atomic
  volumeName string, path string, key string, optional? *bool
GRPCAction
  port int32, service *string
HTTPGetAction
  path? string, port intstr, host? string, scheme? URIScheme, httpHeaders? []HTTPHeader
HTTPHeader
  name string, value string
HostAlias
  ip string, hostnames? []string
HostIP
  ip string
ImageVolumeStatus
  imageRef? string
Lifecycle
  postStart? *LifecycleHandler, preStop? *LifecycleHandler, stopSignal? *Signal
LifecycleHandler
  exec? *ExecAction, httpGet? *HTTPGetAction, tcpSocket? *TCPSocketAction, sleep? *SleepAction
LinuxContainerUser
  uid int64, gid int64, supplementalGroups? []int64
LocalObjectReference atomic
  name? string
NodeAffinity
  requiredDuringSchedulingIgnoredDuringExecution? *NodeSelector,
  preferredDuringSchedulingIgnoredDuringExecution? []PreferredSchedulingTerm
NodeAllocatableResourceClaimStatus
  resourceClaimName string, containers? []string set, resources map quantity
NodeSelector atomic
  nodeSelectorTerms []NodeSelectorTerm
NodeSelectorRequirement
  key string, operator NodeSelectorOperator, values? []string
NodeSelectorTerm atomic
  matchExpressions? []NodeSelectorRequirement, matchFields? []NodeSelectorRequirement
ObjectFieldSelector atomic
  apiVersion? string, fieldPath string
PodAffinity
  requiredDuringSchedulingIgnoredDuringExecution? []PodAffinityTerm,
  preferredDuringSchedulingIgnoredDuringExecution? []WeightedPodAffinityTerm
PodAffinityTerm
  labelSelector? *LabelSelector, namespaces? []string, topologyKey string, namespaceSelector? *LabelSelector,
  matchLabelKeys? []string, mismatchLabelKeys? []string
PodAntiAffinity
  requiredDuringSchedulingIgnoredDuringExecution? []PodAffinityTerm,
  preferredDuringSchedulingIgnoredDuringExecution? []WeightedPodAffinityTerm
PodCondition
  type PodConditionType, observedGeneration? int64, status ConditionStatus, lastProbeTime? time,
  lastTransitionTime? time, reason? string, message? string
PodDNSConfig
  nameservers? []string, searches? []string, options? []PodDNSConfigOption
PodDNSConfigOption
  name? string, value? *string
PodExtendedResourceClaimStatus
  requestMappings []ContainerExtendedResourceRequest, resourceClaimName string
PodIP
  ip string
PodOS
  name OSName
PodReadinessGate
  conditionType PodConditionType
PodResourceClaim
  name string, resourceClaimName? *string, resourceClaimTemplateName? *string
PodResourceClaimStatus
  name string, resourceClaimName? *string
PodSchedulingGate
  name string
PodSchedulingGroup
  podGroupName? *string
PodSecurityContext
  seLinuxOptions? *SELinuxOptions, windowsOptions? *WindowsSecurityContextOptions, runAsUser? *int64,
  runAsGroup? *int64, runAsNonRoot? *bool, supplementalGroups? []int64,
  supplementalGroupsPolicy? *SupplementalGroupsPolicy, fsGroup? *int64, sysctls? []Sysctl,
  fsGroupChangePolicy? *PodFSGroupChangePolicy, seccompProfile? *SeccompProfile, appArmorProfile? *AppArmorProfile,
  seLinuxChangePolicy? *PodSELinuxChangePolicy
PodSpec
  volumes? []Volume merge(name) retain keys(name), initContainers? []Container merge(name) keys(name),
  containers []Container merge(name) keys(name), ephemeralContainers? []EphemeralContainer merge(name) keys(name),
  restartPolicy? RestartPolicy, terminationGracePeriodSeconds? *int64, activeDeadlineSeconds? *int64,
  dnsPolicy? DNSPolicy, nodeSelector? map string atomic, serviceAccountName? string, serviceAccount? string,
  automountServiceAccountToken? *bool, nodeName? string, hostNetwork? bool, hostPID? bool, hostIPC? bool,
  shareProcessNamespace? *bool, securityContext? *PodSecurityContext,
  imagePullSecrets? []LocalObjectReference merge(name) keys(name), hostname? string, subdomain? string,
  affinity? *Affinity, schedulerName? string, tolerations? []Toleration,
  hostAliases? []HostAlias merge(ip) keys(ip), priorityClassName? string, priority? *int32,
  dnsConfig? *PodDNSConfig, readinessGates? []PodReadinessGate, runtimeClassName? *string,
  enableServiceLinks? *bool, preemptionPolicy? *PreemptionPolicy, overhead? ResourceList,
  topologySpreadConstraints? []TopologySpreadConstraint merge(topologyKey) keys(topologyKey,whenUnsatisfiable),
  setHostnameAsFQDN? *bool, os? *PodOS, hostUsers? *bool,
  schedulingGates? []PodSchedulingGate merge(name) keys(name),
  resourceClaims? []PodResourceClaim merge(name) retain keys(name), resources? *ResourceRequirements,
  hostnameOverride? *string, schedulingGroup? *PodSchedulingGroup
PodStatus
  observedGeneration? int64, phase? PodPhase, conditions? []PodCondition merge(type) keys(type), message? string,
  reason? string, nominatedNodeName? string, hostIP? string, hostIPs? []HostIP merge(ip), podIP? string,
  podIPs? []PodIP merge(ip) keys(ip), startTime? *time, initContainerStatuses? []ContainerStatus,
  containerStatuses? []ContainerStatus, qosClass? PodQOSClass, ephemeralContainerStatuses? []ContainerStatus,
  resize? PodResizeStatus, resourceClaimStatuses? []PodResourceClaimStatus merge(name) retain keys(name),
  extendedResourceClaimStatus? *PodExtendedResourceClaimStatus, allocatedResources? ResourceList,
  resources? *ResourceRequirements, nodeAllocatableResourceClaimStatuses? []NodeAllocatableResourceClaimStatus
PreferredSchedulingTerm
  weight int32, preference NodeSelectorTerm
Probe
  exec? *ExecAction, httpGet? *HTTPGetAction, tcpSocket? *TCPSocketAction, grpc? *GRPCAction,
  initialDelaySeconds? int32, timeoutSeconds? int32, periodSeconds? int32, successThreshold? int32,
  failureThreshold? int32, terminationGracePeriodSeconds? *int64
ResourceClaim
  name string, request? string
ResourceFieldSelector atomic
  containerName? string, resource string, divisor? quantity
ResourceHealth
  resourceID ResourceID, health? ResourceHealthStatus, message? *string
ResourceRequirements
  limits? ResourceList, requests? ResourceList, claims? []ResourceClaim keys(name)
ResourceStatus
  name ResourceName, resources? []ResourceHealth keys(resourceID)
SELinuxOptions
  user? string, role? string, type? string, level? string
SeccompProfile
  type SeccompProfileType, localhostProfile? *string
SecretEnvSource
  name? string, optional? *bool
SecretKeySelector atomic
  name? string, key string, optional? *bool
SecurityContext
  capabilities? *Capabilities, privileged? *bool, seLinuxOptions? *SELinuxOptions,
  windowsOptions? *WindowsSecurityContextOptions, runAsUser? *int64, runAsGroup? *int64, runAsNonRoot? *bool,
  readOnlyRootFilesystem? *bool, allowPrivilegeEscalation? *bool, procMount? *ProcMountType,
  seccompProfile? *SeccompProfile, appArmorProfile? *AppArmorProfile
SleepAction
  seconds int64
Sysctl
  name string, value string
TCPSocketAction
  port intstr, host? string
Toleration
  key? string, operator? TolerationOperator, value? string, effect? TaintEffect, tolerationSeconds? *int64
TopologySpreadConstraint
  maxSkew int32, topologyKey string, whenUnsatisfiable UnsatisfiableConstraintAction, labelSelector? *LabelSelector,
  minDomains? *int32, nodeAffinityPolicy? *NodeInclusionPolicy, nodeTaintsPolicy? *NodeInclusionPolicy,
  matchLabelKeys? []string
VolumeDevice
  name string, devicePath string
VolumeMount
  name string, readOnly? bool, recursiveReadOnly? *RecursiveReadOnlyMode, mountPath string, subPath? string,
  mountPropagation? *MountPropagationMode, subPathExpr? string
VolumeMountStatus
  name string, mountPath string, readOnly? bool, recursiveReadOnly? *RecursiveReadOnlyMode,
  volumeStatus? *VolumeStatus
VolumeStatus
  image? *ImageVolumeStatus
WeightedPodAffinityTerm
  weight int32, podAffinityTerm PodAffinityTerm
WindowsSecurityContextOptions
  gmsaCredentialSpecName? *string, gmsaCredentialSpec? *string, runAsUserName? *string, hostProcess? *bool
`;
