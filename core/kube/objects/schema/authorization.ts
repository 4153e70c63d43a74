/** Types of the authentication and authorization groups, which are asked and never kept; the notation is in ../schema.ts. */
export const AUTHORIZATION = `
BoundObjectReference
  kind? string, apiVersion? string, name? string, uid? UID
LocalSubjectAccessReview
  metadata? ObjectMeta, spec SubjectAccessReviewSpec, status? raw
NonResourceAttributes
  path? string, verb? string
ResourceAttributes
  namespace? string, verb? string, group? string, version? string, resource? string, subresource? string,
  name? string, fieldSelector? *raw, labelSelector? *raw
SelfSubjectAccessReview
  metadata? ObjectMeta, spec SelfSubjectAccessReviewSpec, status? raw
SelfSubjectAccessReviewSpec
  resourceAttributes? *ResourceAttributes, nonResourceAttributes? *NonResourceAttributes
SelfSubjectReview
  metadata? ObjectMeta, status? raw
SelfSubjectRulesReview
  metadata? ObjectMeta, spec SelfSubjectRulesReviewSpec, status? raw
SelfSubjectRulesReviewSpec
  namespace? string
SubjectAccessReview
  metadata? ObjectMeta, spec SubjectAccessReviewSpec, status? raw
SubjectAccessReviewSpec
  resourceAttributes? *ResourceAttributes, nonResourceAttributes? *NonResourceAttributes, user? string,
  groups? []string, extra? map raw, uid? string
TokenRequest
  metadata? ObjectMeta, spec TokenRequestSpec, status? raw
TokenRequestSpec
  audiences []string, expirationSeconds? *int64, boundObjectRef? *BoundObjectReference
TokenReview
  metadata? ObjectMeta, spec TokenReviewSpec, status? raw
TokenReviewSpec
  token? string, audiences? []string
`;
