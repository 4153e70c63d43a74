/** Types of the autoscaling group; the notation is in ../schema.ts. */
export const AUTOSCALING = `
Scale
  metadata? ObjectMeta, spec? ScaleSpec, status? ScaleStatus
ScaleSpec
  replicas? int32
ScaleStatus
  replicas int32, selector? string
`;
