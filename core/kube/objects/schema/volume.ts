/** Types of core/v1 inside a pod's volumes; the notation is in ../schema.ts. */
export const VOLUME = `
AWSElasticBlockStoreVolumeSource
  volumeID string, fsType? string, partition? int32, readOnly? bool
AzureDiskVolumeSource
  diskName string, diskURI string, cachingMode? *AzureDataDiskCachingMode, fsType? *string, readOnly? *bool,
  kind? *AzureDataDiskKind
AzureFileVolumeSource
  secretName string, shareName string, readOnly? bool
CSIVolumeSource
  driver string, readOnly? *bool, fsType? *string, volumeAttributes? map string,
  nodePublishSecretRef? *LocalObjectReference
CephFSVolumeSource
  monitors []string, path? string, user? string, secretFile? string, secretRef? *LocalObjectReference,
  readOnly? bool
CinderVolumeSource
  volumeID string, fsType? string, readOnly? bool, secretRef? *LocalObjectReference
ClusterTrustBundleProjection
  name? *string, signerName? *string, labelSelector? *LabelSelector, optional? *bool, path string
ConfigMapProjection
  name? string, items? []KeyToPath, optional? *bool
ConfigMapVolumeSource
  name? string, items? []KeyToPath, defaultMode? *int32, optional? *bool
DownwardAPIProjection
  items? []DownwardAPIVolumeFile
DownwardAPIVolumeFile
  path string, fieldRef? *ObjectFieldSelector, resourceFieldRef? *ResourceFieldSelector, mode? *int32
DownwardAPIVolumeSource
  items? []DownwardAPIVolumeFile, defaultMode? *int32
EmptyDirVolumeSource
  medium? StorageMedium, sizeLimit? *quantity
EphemeralVolumeSource
  volumeClaimTemplate? *PersistentVolumeClaimTemplate
FCVolumeSource
  targetWWNs? []string, lun? *int32, fsType? string, readOnly? bool, wwids? []string
FlexVolumeSource
  driver string, fsType? string, secretRef? *LocalObjectReference, readOnly? bool, options? map string
FlockerVolumeSource
  datasetName? string, datasetUUID? string
GCEPersistentDiskVolumeSource
  pdName string, fsType? string, partition? int32, readOnly? bool
GitRepoVolumeSource
  repository string, revision? string, directory? string
GlusterfsVolumeSource
  endpoints string, path string, readOnly? bool
HostPathVolumeSource
  path string, type? *HostPathType
ISCSIVolumeSource
  targetPortal string, iqn string, lun int32, iscsiInterface? string, fsType? string, readOnly? bool,
  portals? []string, chapAuthDiscovery? bool, chapAuthSession? bool, secretRef? *LocalObjectReference,
  initiatorName? *string
ImageVolumeSource
  reference? string, pullPolicy? PullPolicy
KeyToPath
  key string, path string, mode? *int32
NFSVolumeSource
  server string, path string, readOnly? bool
PersistentVolumeClaimSpec
  accessModes? []PersistentVolumeAccessMode, selector? *LabelSelector, resources? VolumeResourceRequirements,
  volumeName? string, storageClassName? *string, volumeMode? *PersistentVolumeMode,
  dataSource? *TypedLocalObjectReference, dataSourceRef? *TypedObjectReference, volumeAttributesClassName? *string
PersistentVolumeClaimTemplate
  metadata? ObjectMeta, spec PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource
  claimName string, readOnly? bool
PhotonPersistentDiskVolumeSource
  pdID string, fsType? string
PodCertificateProjection
  signerName? string, keyType? string, maxExpirationSeconds? *int32, credentialBundlePath? string, keyPath? string,
  certificateChainPath? string, userAnnotations? map string
PortworxVolumeSource
  volumeID string, fsType? string, readOnly? bool
ProjectedVolumeSource
  sources []VolumeProjection, defaultMode? *int32
QuobyteVolumeSource
  registry string, volume string, readOnly? bool, user? string, group? string, tenant? string
RBDVolumeSource
  monitors []string, image string, fsType? string, pool? string, user? string, keyring? string,
  secretRef? *LocalObjectReference, readOnly? bool
ScaleIOVolumeSource
  gateway string, system string, secretRef *LocalObjectReference, sslEnabled? bool, protectionDomain? string,
  storagePool? string, storageMode? string, volumeName? string, fsType? string, readOnly? bool
SecretProjection
  name? string, items? []KeyToPath, optional? *bool
SecretVolumeSource
  secretName? string, items? []KeyToPath, defaultMode? *int32, optional? *bool
ServiceAccountTokenProjection
  audience? string, expirationSeconds? *int64, path string
StorageOSVolumeSource
  volumeName? string, volumeNamespace? string, fsType? string, readOnly? bool, secretRef? *LocalObjectReference
TypedLocalObjectReference atomic
  apiGroup *string, kind string, name string
TypedObjectReference
  apiGroup *string, kind string, name string, namespace? *string
Volume
  name string, hostPath? *HostPathVolumeSource, emptyDir? *EmptyDirVolumeSource,
  gcePersistentDisk? *GCEPersistentDiskVolumeSource, awsElasticBlockStore? *AWSElasticBlockStoreVolumeSource,
  gitRepo? *GitRepoVolumeSource, secret? *SecretVolumeSource, nfs? *NFSVolumeSource, iscsi? *ISCSIVolumeSource,
  glusterfs? *GlusterfsVolumeSource, persistentVolumeClaim? *PersistentVolumeClaimVolumeSource,
  rbd? *RBDVolumeSource, flexVolume? *FlexVolumeSource, cinder? *CinderVolumeSource, cephfs? *CephFSVolumeSource,
  flocker? *FlockerVolumeSource, downwardAPI? *DownwardAPIVolumeSource, fc? *FCVolumeSource,
  azureFile? *AzureFileVolumeSource, configMap? *ConfigMapVolumeSource,
  vsphereVolume? *VsphereVirtualDiskVolumeSource, quobyte? *QuobyteVolumeSource, azureDisk? *AzureDiskVolumeSource,
  photonPersistentDisk? *PhotonPersistentDiskVolumeSource, projected? *ProjectedVolumeSource,
  portworxVolume? *PortworxVolumeSource, scaleIO? *ScaleIOVolumeSource, storageos? *StorageOSVolumeSource,
  csi? *CSIVolumeSource, ephemeral? *EphemeralVolumeSource, image? *ImageVolumeSource
VolumeProjection
  secret? *SecretProjection, downwardAPI? *DownwardAPIProjection, configMap? *ConfigMapProjection,
  serviceAccountToken? *ServiceAccountTokenProjection, clusterTrustBundle? *ClusterTrustBundleProjection,
  podCertificate? *PodCertificateProjection
VolumeResourceRequirements
  limits? ResourceList, requests? ResourceList
VsphereVirtualDiskVolumeSource
  volumePath string, fsType? string, storagePolicyName? string, storagePolicyID? string
`;
