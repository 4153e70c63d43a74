/** Types of the discovery group; the notation is in ../schema.ts. */
export const DISCOVERY = `
AddressType = string
Endpoint
  addresses []string set, conditions? EndpointConditions, hostname? *string, targetRef? *ObjectReference,
  deprecatedTopology? map string, nodeName? *string, zone? *string, hints? *EndpointHints
EndpointConditions
  ready? *bool, serving? *bool, terminating? *bool
EndpointHints
  forZones? []ForZone, forNodes? []ForNode
EndpointPort atomic
  name? *string, protocol? *Protocol, port? *int32, appProtocol? *string
EndpointSlice
  metadata? ObjectMeta, addressType AddressType, endpoints []Endpoint, ports []EndpointPort
ForNode
  name string
ForZone
  name string
`;
