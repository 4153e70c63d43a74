import { sameJson } from "../../../base/mod.ts";
import { isIp, network, parseCidr, printCidr } from "../../../base/mod.ts";
import { duplicate, forbidden, invalid, type Issue, required, tooMany, unsupported } from "../issue.ts";
import type {
  core,
  discovery,
  Endpoints,
  EndpointSlice,
  Ingress,
  IngressClass,
  networking,
  NetworkPolicy,
} from "../object.ts";
import { wasGivenEmpty } from "../codec.ts";
import { cidrIssues, endpointIpIssues, ipIssues } from "./addresses.ts";
import {
  check,
  dns1123Label,
  dns1123Subdomain,
  labelIssues,
  pathSegment,
  portName,
  portNumber,
  qualifiedName,
  wildcardSubdomain,
} from "./names.ts";
import { selectorIssues } from "./selectors.ts";

/** What is wrong with a NetworkPolicy beyond its metadata. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): Issue[] {
  const issues = selectorIssues("spec.podSelector", spec.podSelector);
  (spec.ingress ?? []).forEach(({ ports = [], from = [] }, index) => {
    const at = `spec.ingress[${index}]`;
    ports.forEach((port, number) => issues.push(...policyPortIssues(`${at}.ports[${number}]`, port)));
    from.forEach((peer, number) => issues.push(...peerIssues(`${at}.from[${number}]`, peer)));
  });
  (spec.egress ?? []).forEach(({ ports = [], to = [] }, index) => {
    const at = `spec.egress[${index}]`;
    ports.forEach((port, number) => issues.push(...policyPortIssues(`${at}.ports[${number}]`, port)));
    to.forEach((peer, number) => issues.push(...peerIssues(`${at}.to[${number}]`, peer)));
  });
  const types = spec.policyTypes ?? [];
  if (types.length > 2) {
    return [...issues, invalid("spec.policyTypes", types, "may not specify more than two policyTypes")];
  }
  types.forEach((type, index) => {
    const supported = ["Ingress", "Egress"];
    if (!supported.includes(type)) issues.push(unsupported(`spec.policyTypes[${index}]`, type, supported));
  });
  return issues;
}

function policyPortIssues(at: string, { protocol, port, endPort }: networking.NetworkPolicyPort): Issue[] {
  const issues: Issue[] = [];
  const protocols = ["TCP", "UDP", "SCTP"];
  if (protocol !== undefined && !protocols.includes(protocol)) {
    issues.push(unsupported(`${at}.protocol`, protocol, protocols));
  }
  if (port === undefined) {
    if (endPort !== undefined) {
      issues.push(invalid(`${at}.endPort`, endPort, "may not be specified when `port` is not specified"));
    }
    return issues;
  }
  if (typeof port === "number") {
    issues.push(...portNumber(`${at}.port`, port));
    if (endPort === undefined) return issues;
    if (endPort < port) issues.push(invalid(`${at}.endPort`, port, "must be greater than or equal to `port`"));
    return [...issues, ...portNumber(`${at}.endPort`, endPort)];
  }
  if (endPort !== undefined) {
    issues.push(invalid(`${at}.endPort`, endPort, "may not be specified when `port` is non-numeric"));
  }
  return [...issues, ...check(`${at}.port`, port, portName)];
}

function peerIssues(at: string, { podSelector, namespaceSelector, ipBlock }: networking.NetworkPolicyPeer): Issue[] {
  const issues = [
    ...selectorIssues(`${at}.podSelector`, podSelector),
    ...selectorIssues(`${at}.namespaceSelector`, namespaceSelector),
    ...(ipBlock === undefined ? [] : ipBlockIssues(`${at}.ipBlock`, ipBlock)),
  ];
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length;
  if (count === 0) issues.push(required(at, "must specify a peer"));
  else if (count > 1 && ipBlock !== undefined) {
    issues.push(forbidden(at, "may not specify both ipBlock and another peer"));
  }
  return issues;
}

function ipBlockIssues(at: string, { cidr, except = [] }: networking.IPBlock): Issue[] {
  if (cidr === "") return [required(`${at}.cidr`)];
  const issues = cidrIssues(`${at}.cidr`, cidr);
  const outer = cidr.includes("/") ? parseCidr(cidr) : undefined;
  if (outer === undefined) return issues;
  except.forEach((text, index) => {
    const field = `${at}.except[${index}]`;
    issues.push(...cidrIssues(field, text));
    const inner = text.includes("/") ? parseCidr(text) : undefined;
    if (inner === undefined) return;
    const within = inner.ip.family === outer.ip.family && inner.length > outer.length &&
      printCidr(network({ ip: inner.ip, length: outer.length })) === printCidr(network(outer));
    if (!within) issues.push(invalid(field, text, "must be a strict subset of `cidr`"));
  });
  return issues;
}

/** What is wrong with an Ingress beyond its metadata. */
export function validateIngress({ spec }: Ingress): Issue[] {
  const issues: Issue[] = [];
  const rules = spec.rules ?? [];
  if (rules.length === 0 && spec.defaultBackend === undefined) {
    const shown = wasGivenEmpty(spec, "rules") ? [] : null;
    issues.push(invalid("spec", shown, "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec.defaultBackend !== undefined) issues.push(...backendIssues("spec.defaultBackend", spec.defaultBackend));
  rules.forEach((rule, index) => issues.push(...ruleIssues(`spec.rules[${index}]`, rule)));
  (spec.tls ?? []).forEach(({ hosts = [], secretName }, index) => {
    hosts.forEach((host, number) => issues.push(...hostIssues(`spec.tls[${index}].hosts[${number}]`, host)));
    if (secretName) issues.push(...check(`spec.tls[${index}].secretName`, secretName, dns1123Subdomain));
  });
  if (spec.ingressClassName) issues.push(...check("spec.ingressClassName", spec.ingressClassName, dns1123Subdomain));
  return issues;
}

/** What a new Ingress may not say twice. */
export function validateNewIngress(ingress: Ingress): Issue[] {
  const noted = ingress.metadata.annotations?.["kubernetes.io/ingress.class"];
  const named = ingress.spec.ingressClassName;
  const differ = noted !== undefined && named !== undefined && noted !== named;
  const detail = "must match `ingressClassName` when both are specified";
  const issue = invalid("annotations.kubernetes.io/ingress.class", noted, detail);
  return [...validateIngress(ingress), ...(differ ? [issue] : [])];
}

function hostIssues(field: string, host: string): Issue[] {
  return check(field, host, host.includes("*") ? wildcardSubdomain : dns1123Subdomain);
}

function ruleIssues(at: string, { host = "", http }: networking.IngressRule): Issue[] {
  const issues: Issue[] = [];
  if (host !== "") {
    if (isIp(host)) issues.push(invalid(`${at}.host`, host, "must be a DNS name, not an IP address"));
    issues.push(...hostIssues(`${at}.host`, host));
  }
  if (http === undefined) return issues;
  const paths = http.paths ?? [];
  if (paths.length === 0) issues.push(required(`${at}.http.paths`));
  paths.forEach((path, index) => issues.push(...pathIssues(`${at}.http.paths[${index}]`, path)));
  return issues;
}

const BAD_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_SUFFIXES = ["/..", "/."];
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];

function pathIssues(at: string, { path = "", pathType, backend }: networking.HTTPIngressPath): Issue[] {
  if (!pathType) return [required(`${at}.pathType`, "pathType must be specified")];
  const issues: Issue[] = [];
  const absolute = path.startsWith("/") || (pathType === "ImplementationSpecific" && path === "");
  if (!PATH_TYPES.includes(pathType)) issues.push(unsupported(`${at}.pathType`, pathType, PATH_TYPES));
  else if (!absolute) issues.push(invalid(`${at}.path`, path, "must be an absolute path"));
  if (pathType === "Exact" || pathType === "Prefix") {
    for (const bad of BAD_SEQUENCES) {
      if (path.includes(bad)) issues.push(invalid(`${at}.path`, path, `must not contain '${bad}'`));
    }
    for (const bad of BAD_SUFFIXES) {
      if (path.endsWith(bad)) issues.push(invalid(`${at}.path`, path, `cannot end with '${bad}'`));
    }
  }
  return [...issues, ...backendIssues(`${at}.backend`, backend)];
}

function backendIssues(at: string, { service, resource }: networking.IngressBackend): Issue[] {
  if (service !== undefined && resource !== undefined) {
    return [invalid(at, "", "cannot set both resource and service backends")];
  }
  if (resource !== undefined) return resourceIssues(`${at}.resource`, resource);
  if (service === undefined) return [invalid(at, "", "resource or service backend is required")];
  const issues = service.name === ""
    ? [required(`${at}.service.name`)]
    : check(`${at}.service.name`, service.name, dns1123Label);
  const { name = "", number = 0 } = service.port ?? {};
  if (name !== "" && number !== 0) issues.push(invalid(at, "", "cannot set both port name & port number"));
  else if (name !== "") issues.push(...check(`${at}.service.port.name`, name, portName));
  else if (number !== 0) issues.push(...portNumber(`${at}.service.port.number`, number));
  else issues.push(required(at, "port name or number is required"));
  return issues;
}

function resourceIssues(at: string, { apiGroup, kind, name }: core.TypedLocalObjectReference): Issue[] {
  const issues: Issue[] = [];
  if (apiGroup) issues.push(...check(`${at}.apiGroup`, apiGroup, dns1123Subdomain));
  for (const [field, word] of [["kind", kind], ["name", name]] as const) {
    if (word === "") issues.push(required(`${at}.${field}`));
    else issues.push(...check(`${at}.${field}`, word, pathSegment));
  }
  return issues;
}

/** What is wrong with an IngressClass beyond its metadata. */
export function validateIngressClass({ spec }: IngressClass): Issue[] {
  const controller = spec.controller ?? "";
  const issues = controller === "" ? [required("spec.controller")] : controllerIssues(controller);
  return spec.parameters === undefined ? issues : [...issues, ...parameterIssues(spec.parameters)];
}

/** What an update of an IngressClass may not do. */
export function validateIngressClassUpdate(of: IngressClass, old: IngressClass): Issue[] {
  const same = of.spec.controller === old.spec.controller;
  const fixed = same ? [] : [invalid("spec.controller", of.spec.controller ?? "", "field is immutable")];
  return [...fixed, ...validateIngressClass(of)];
}

function controllerIssues(controller: string): Issue[] {
  const field = "spec.controller";
  const long: Issue[] = controller.length > 250
    ? [{ field, reason: "FieldValueTooLong", message: "Too long: may not be more than 250 bytes" }]
    : [];
  const [domain = "", path = ""] = controller.split(/\/(.*)/s);
  if (domain === "" || path === "") {
    return [...long, invalid(field, controller, `must be a domain-prefixed path (such as "acme.io/foo")`)];
  }
  return [...long, ...check(field, domain, dns1123Subdomain)];
}

function parameterIssues(parameters: networking.IngressClassParametersReference): Issue[] {
  const { scope, namespace } = parameters;
  const at = "spec.parameters";
  const issues = resourceIssues(at, parameters);
  const scopes = ["Cluster", "Namespace"];
  if (scope === undefined) return [...issues, required(`${at}.scope`)];
  if (!scopes.includes(scope)) return [...issues, unsupported(`${at}.scope`, scope, scopes)];
  if (scope === "Namespace" && !namespace) {
    return [...issues, required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  }
  if (scope === "Cluster" && namespace !== undefined) {
    return [...issues, forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  }
  return issues;
}

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MOST_PORTS = 20_000;
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;

/** What is wrong with an EndpointSlice beyond its metadata. */
export function validateEndpointSlice({ addressType, ports, endpoints }: EndpointSlice): Issue[] {
  const type = ADDRESS_TYPES.includes(addressType) ? [] : [
    (addressType as string) === "" ? required("addressType") : unsupported("addressType", addressType, ADDRESS_TYPES),
  ];
  return [...type, ...slicePortIssues(ports ?? []), ...sliceEndpointIssues(endpoints ?? [], addressType)];
}

function slicePortIssues(ports: readonly discovery.EndpointPort[]): Issue[] {
  if (ports.length > MOST_PORTS) return [tooMany("ports", ports.length, MOST_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = "", protocol, appProtocol }, index) => {
    const at = `ports[${index}]`;
    const issues = name === "" ? [] : check(`${at}.name`, name, dns1123Label);
    if (names.has(name)) issues.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (protocol === undefined) issues.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) issues.push(unsupported(`${at}.protocol`, protocol, PROTOCOLS));
    if (appProtocol !== undefined) issues.push(...check(`${at}.appProtocol`, appProtocol, qualifiedName));
    return issues;
  });
}

function sliceEndpointIssues(endpoints: readonly discovery.Endpoint[], type: string): Issue[] {
  if (endpoints.length > MOST_ENDPOINTS) return [tooMany("endpoints", endpoints.length, MOST_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => {
    const at = `endpoints[${index}]`;
    const addresses = endpoint.addresses ?? [];
    const issues: Issue[] = [];
    if (addresses.length === 0) issues.push(required(`${at}.addresses`, "must contain at least 1 address"));
    else if (addresses.length > MOST_ADDRESSES) {
      issues.push(tooMany(`${at}.addresses`, addresses.length, MOST_ADDRESSES));
    }
    addresses.forEach((address, number) => issues.push(...addressIssues(`${at}.addresses`, number, address, type)));
    if (endpoint.nodeName !== undefined) issues.push(...check(`${at}.nodeName`, endpoint.nodeName, dns1123Subdomain));
    issues.push(...labelIssues(`${at}.deprecatedTopology`, endpoint.deprecatedTopology));
    if (endpoint.hostname !== undefined) issues.push(...check(`${at}.hostname`, endpoint.hostname, dns1123Label));
    return [...issues, ...hintIssues(`${at}.hints`, endpoint.hints)];
  });
}

function addressIssues(field: string, index: number, address: string, type: string): Issue[] {
  const at = `${field}[${index}]`;
  if (type === "FQDN") return fqdnIssues(at, address);
  if (type !== "IPv4" && type !== "IPv6") return [];
  const issues = ipIssues(at, address);
  if (issues.length > 0) return issues;
  const family = address.includes(":") ? "IPv6" : "IPv4";
  const wrong = family === type ? [] : [invalid(field, address, `must be an ${type} address`)];
  return [...wrong, ...endpointIpIssues(at, address)];
}

function fqdnIssues(at: string, address: string): Issue[] {
  const name = address.replace(/\.$/, "");
  const issues = address === "" ? [required(at)] : check(at, name, dns1123Subdomain);
  if (issues.length === 0 && !name.includes(".")) {
    issues.push(invalid(at, address, "should be a domain with at least two segments separated by dots"));
  }
  return issues;
}

const MOST_HINTS = 8;

function hintIssues(at: string, hints: discovery.EndpointHints | undefined): Issue[] {
  const zones = hints?.forZones ?? [];
  if (zones.length > MOST_HINTS) return [tooMany(`${at}.forZones`, zones.length, MOST_HINTS)];
  const seen = new Set<string>();
  return zones.flatMap(({ name }, index) => {
    const field = `${at}.forZones[${index}].name`;
    const issues = seen.has(name) ? [duplicate(field, name)] : [];
    seen.add(name);
    return issues;
  });
}

/** What an update of an EndpointSlice may not do. */
export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): Issue[] {
  const fixed = slice.addressType === old.addressType
    ? []
    : [invalid("addressType", slice.addressType, "field is immutable")];
  // Endpoints that stay what they are are not looked at again.
  const same = sameJson(slice.endpoints, old.endpoints);
  const issues = validateEndpointSlice(slice).filter(({ field }) =>
    !same || !/^endpoints\[\d+\]\.addresses/.test(field)
  );
  const [type, rest] = [true, false].map((of) => issues.filter(({ field }) => (field === "addressType") === of));
  return [...type ?? [], ...fixed, ...rest ?? []];
}

/** What is wrong with Endpoints beyond their metadata. */
export function validateEndpoints({ subsets = [] }: Endpoints): Issue[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const at = `subsets[${index}]`;
    const issues = addresses.length + notReadyAddresses.length === 0
      ? [required(at, "must specify `addresses` or `notReadyAddresses`")]
      : [];
    addresses.forEach((one, number) => issues.push(...endpointAddressIssues(`${at}.addresses[${number}]`, one)));
    notReadyAddresses.forEach((one, number) =>
      issues.push(...endpointAddressIssues(`${at}.notReadyAddresses[${number}]`, one))
    );
    ports.forEach((port, number) =>
      issues.push(...endpointPortIssues(`${at}.ports[${number}]`, port, ports.length > 1))
    );
    return issues;
  });
}

function endpointAddressIssues(at: string, { ip, hostname, nodeName }: core.EndpointAddress): Issue[] {
  const issues = ipIssues(`${at}.ip`, ip);
  if (hostname) issues.push(...check(`${at}.hostname`, hostname, dns1123Label));
  if (nodeName !== undefined) issues.push(...check(`${at}.nodeName`, nodeName, dns1123Subdomain));
  return [...issues, ...endpointIpIssues(`${at}.ip`, ip)];
}

function endpointPortIssues(at: string, port: core.EndpointPort, named: boolean): Issue[] {
  const issues: Issue[] = [];
  if (named && !port.name) issues.push(required(`${at}.name`));
  else if (port.name) issues.push(...check(`${at}.name`, port.name, dns1123Label));
  issues.push(...portNumber(`${at}.port`, port.port));
  if (!port.protocol) issues.push(required(`${at}.protocol`));
  else if (!PROTOCOLS.includes(port.protocol)) issues.push(unsupported(`${at}.protocol`, port.protocol, PROTOCOLS));
  if (port.appProtocol !== undefined) issues.push(...check(`${at}.appProtocol`, port.appProtocol, qualifiedName));
  return issues;
}
