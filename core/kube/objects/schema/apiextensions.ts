/** Types of apiextensions.k8s.io as far as podwire reads them; the notation is in ../schema.ts. */
export const APIEXTENSIONS = `
ConversionStrategyType = string; CustomResourceDefinitionConditionType = string; ResourceScope = string
CustomResourceColumnDefinition
  name string, type string, format? string, description? string, priority? int32, jsonPath string
CustomResourceConversion
  strategy ConversionStrategyType, webhook? raw
CustomResourceDefinition
  metadata? ObjectMeta, spec CustomResourceDefinitionSpec, status? CustomResourceDefinitionStatus
CustomResourceDefinitionCondition
  type CustomResourceDefinitionConditionType, status ConditionStatus, lastTransitionTime? time, reason? string,
  message? string, observedGeneration? int64
CustomResourceDefinitionNames
  plural string, singular? string, shortNames? []string, kind string, listKind? string, categories? []string
CustomResourceDefinitionSpec
  group string, names CustomResourceDefinitionNames, scope ResourceScope, versions []CustomResourceDefinitionVersion,
  conversion? *CustomResourceConversion, preserveUnknownFields? bool
CustomResourceDefinitionStatus
  conditions []CustomResourceDefinitionCondition merge(type) keys(type), acceptedNames CustomResourceDefinitionNames,
  storedVersions []string, observedGeneration? int64
CustomResourceDefinitionVersion
  name string, served bool, storage bool, deprecated? bool, deprecationWarning? *string,
  schema? *CustomResourceValidation, subresources? *CustomResourceSubresources,
  additionalPrinterColumns? []CustomResourceColumnDefinition, selectableFields? []SelectableField
CustomResourceSubresourceScale
  specReplicasPath string, statusReplicasPath string, labelSelectorPath? *string
CustomResourceSubresources
  status? *raw, scale? *CustomResourceSubresourceScale
CustomResourceValidation
  openAPIV3Schema? *raw
SelectableField
  jsonPath string
`;
