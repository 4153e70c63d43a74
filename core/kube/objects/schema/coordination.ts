/** Types of the coordination group; the notation is in ../schema.ts. */
export const COORDINATION = `
CoordinatedLeaseStrategy = string
Lease
  metadata? ObjectMeta, spec? LeaseSpec
LeaseSpec
  holderIdentity? *string, leaseDurationSeconds? *int32, acquireTime? *microtime, renewTime? *microtime,
  leaseTransitions? *int32, strategy? *CoordinatedLeaseStrategy, preferredHolder? *string
`;
