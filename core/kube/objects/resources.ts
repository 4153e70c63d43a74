/**
 * The resources an API server 1.36 serves, as data: what discovery answers and what kinds are called.
 *
 *     resources   = *( groupVersion newline *( resource newline *( subresource newline ) ) )
 *     resource    = 2SP PLURAL *( "," SHORT ) SP KIND SP ( "namespaced" | "cluster" ) SP verbs [ SP STORAGE-HASH ] [ SP "[" CATEGORY *( "," CATEGORY ) "]" ]
 *     subresource = 4SP NAME SP [ GROUP "/" VERSION "." ] KIND SP verbs
 *     verbs       = "*" / VERB *( "," VERB )                          ; "*" is all eight
 */
export const RESOURCES = `
v1
  bindings Binding namespaced create
  componentstatuses,cs ComponentStatus cluster get,list
  configmaps,cm ConfigMap namespaced * qFsyl6wFWjQ=
  endpoints,ep Endpoints namespaced * fWeeMqaN/OA=
  events,ev Event namespaced * r2yiGXH7wu8=
  limitranges,limits LimitRange namespaced * EBKMFVe6cwo=
  namespaces,ns Namespace cluster create,delete,get,list,patch,update,watch Q3oi5N2YM8M=
    finalize Namespace update
    status Namespace get,patch,update
  nodes,no Node cluster * XwShjMxG9Fs=
    proxy NodeProxyOptions create,delete,get,patch,update
    status Node get,patch,update
  persistentvolumeclaims,pvc PersistentVolumeClaim namespaced * QWTyNDq0dC4=
    status PersistentVolumeClaim get,patch,update
  persistentvolumes,pv PersistentVolume cluster * HN/zwEC+JgM=
    status PersistentVolume get,patch,update
  pods,po Pod namespaced * xPOwRZ+Yhw8= [all]
    attach PodAttachOptions create,get
    binding Binding create
    ephemeralcontainers Pod get,patch,update
    eviction policy/v1.Eviction create
    exec PodExecOptions create,get
    log Pod get
    portforward PodPortForwardOptions create,get
    proxy PodProxyOptions create,delete,get,patch,update
    resize Pod get,patch,update
    status Pod get,patch,update
  podtemplates PodTemplate namespaced * LIXB2x4IFpk=
  replicationcontrollers,rc ReplicationController namespaced * Jond2If31h0= [all]
    scale autoscaling/v1.Scale get,patch,update
    status ReplicationController get,patch,update
  resourcequotas,quota ResourceQuota namespaced * 8uhSgffRX6w=
    status ResourceQuota get,patch,update
  secrets Secret namespaced * S6u1pOWzb84=
  serviceaccounts,sa ServiceAccount namespaced * pbx9ZvyFpBE=
    token authentication.k8s.io/v1.TokenRequest create
  services,svc Service namespaced * 0/CO1lhkEBI= [all]
    proxy ServiceProxyOptions create,delete,get,patch,update
    status Service get,patch,update
apiregistration.k8s.io/v1
  apiservices APIService cluster * InPBPD7+PqM= [api-extensions]
    status APIService get,patch,update
apps/v1
  controllerrevisions ControllerRevision namespaced * 85nkx63pcBU=
  daemonsets,ds DaemonSet namespaced * dd7pWHUlMKQ= [all]
    status DaemonSet get,patch,update
  deployments,deploy Deployment namespaced * 8aSe+NMegvE= [all]
    scale autoscaling/v1.Scale get,patch,update
    status Deployment get,patch,update
  replicasets,rs ReplicaSet namespaced * P1RzHs8/mWQ= [all]
    scale autoscaling/v1.Scale get,patch,update
    status ReplicaSet get,patch,update
  statefulsets,sts StatefulSet namespaced * H+vl74LkKdo= [all]
    scale autoscaling/v1.Scale get,patch,update
    status StatefulSet get,patch,update
events.k8s.io/v1
  events,ev Event namespaced * r2yiGXH7wu8=
authentication.k8s.io/v1
  selfsubjectreviews SelfSubjectReview cluster create
  tokenreviews TokenReview cluster create
authorization.k8s.io/v1
  localsubjectaccessreviews LocalSubjectAccessReview namespaced create
  selfsubjectaccessreviews SelfSubjectAccessReview cluster create
  selfsubjectrulesreviews SelfSubjectRulesReview cluster create
  subjectaccessreviews SubjectAccessReview cluster create
autoscaling/v2
  horizontalpodautoscalers,hpa HorizontalPodAutoscaler namespaced * qwQve8ut294= [all]
    status HorizontalPodAutoscaler get,patch,update
autoscaling/v1
  horizontalpodautoscalers,hpa HorizontalPodAutoscaler namespaced * qwQve8ut294= [all]
    status HorizontalPodAutoscaler get,patch,update
batch/v1
  cronjobs,cj CronJob namespaced * sd5LIXh4Fjs= [all]
    status CronJob get,patch,update
  jobs Job namespaced * mudhfqk/qZY= [all]
    status Job get,patch,update
certificates.k8s.io/v1
  certificatesigningrequests,csr CertificateSigningRequest cluster * 95fRKMXA+00=
    approval CertificateSigningRequest get,patch,update
    status CertificateSigningRequest get,patch,update
networking.k8s.io/v1
  ingressclasses IngressClass cluster * l/iqIbDgFyQ=
  ingresses,ing Ingress namespaced * 39NQlfNR+bo=
    status Ingress get,patch,update
  ipaddresses,ip IPAddress cluster * 3f/plJFChNE=
  networkpolicies,netpol NetworkPolicy namespaced * YpfwF18m1G8=
  servicecidrs ServiceCIDR cluster * gNLvruQhW2g=
    status ServiceCIDR get,patch,update
policy/v1
  poddisruptionbudgets,pdb PodDisruptionBudget namespaced * EVWiDmWqyJw=
    status PodDisruptionBudget get,patch,update
rbac.authorization.k8s.io/v1
  clusterrolebindings ClusterRoleBinding cluster * 48tpQ8gZHFc=
  clusterroles ClusterRole cluster * bYE5ZWDrJ44=
  rolebindings RoleBinding namespaced * eGsCzGH6b1g=
  roles Role namespaced * 7FuwZcIIItM=
storage.k8s.io/v1
  csidrivers CSIDriver cluster * hL6j/rwBV5w=
  csinodes CSINode cluster * Pe62DkZtjuo=
  csistoragecapacities CSIStorageCapacity namespaced * xeVl+2Ly1kE=
  storageclasses,sc StorageClass cluster * K+m6uJwbjGY=
  volumeattachments VolumeAttachment cluster * tJx/ezt6UDU=
    status VolumeAttachment get,patch,update
  volumeattributesclasses,vac VolumeAttributesClass cluster * tIjydgKBC5w=
admissionregistration.k8s.io/v1
  mutatingadmissionpolicies MutatingAdmissionPolicy cluster * LYmCf+UMVdg= [api-extensions]
  mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster * 90V5FRZZ3Zg= [api-extensions]
  mutatingwebhookconfigurations MutatingWebhookConfiguration cluster * Sqi0GUgDaX0= [api-extensions]
  validatingadmissionpolicies ValidatingAdmissionPolicy cluster * 6OxvlMmQ6is= [api-extensions]
    status ValidatingAdmissionPolicy get,patch,update
  validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster * v9715VZqakg= [api-extensions]
  validatingwebhookconfigurations ValidatingWebhookConfiguration cluster * B0wHjQmsGNk= [api-extensions]
apiextensions.k8s.io/v1
  customresourcedefinitions,crd,crds CustomResourceDefinition cluster * jfWCUB31mvA= [api-extensions]
    status CustomResourceDefinition get,patch,update
scheduling.k8s.io/v1
  priorityclasses,pc PriorityClass cluster * 1QwjyaZjj3Y=
coordination.k8s.io/v1
  leases Lease namespaced * gqkMMb/YqFM=
node.k8s.io/v1
  runtimeclasses RuntimeClass cluster * WQTu1GL3T2Q=
discovery.k8s.io/v1
  endpointslices EndpointSlice namespaced * qgS0xkrxYAI=
resource.k8s.io/v1
  deviceclasses DeviceClass cluster * Yk2PTc1Ybxk=
  resourceclaims ResourceClaim namespaced * wgAZaHcZxUg=
    status ResourceClaim get,patch,update
  resourceclaimtemplates ResourceClaimTemplate namespaced * TuzjC49aUfM=
  resourceslices ResourceSlice cluster * KsC072WgaEY=
flowcontrol.apiserver.k8s.io/v1
  flowschemas FlowSchema cluster * GJVAJZSZBIw=
    status FlowSchema get,patch,update
  prioritylevelconfigurations PriorityLevelConfiguration cluster * Kir5PVfvNeI=
    status PriorityLevelConfiguration get,patch,update
`;
