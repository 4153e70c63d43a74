/** What the server says about itself: versions, groups, resources, health. */
import { joinGroupVersion, type Resource, type Subresource } from "../objects/resource.ts";
import { openApiAnswer } from "./openapi/answer.ts";
import { CHECKS, healthText } from "./health.ts";
import { splitTarget } from "./route.ts";
import type { ApiServer } from "./server.ts";
import type { ApiRequest, ApiResponse } from "./types.ts";

type Answer = (server: ApiServer, request: ApiRequest, query: URLSearchParams) => ApiResponse;

const PATHS: Readonly<Record<string, Answer>> = {
  "/version": (server) => ({ ...json(versionInfo(server.options.version)), indent: 2 }),
  "/api": (server, request) => isAggregated(request) ? aggregated(server, true) : json(apiVersions(server)),
  "/apis": (server, request) => isAggregated(request) ? aggregated(server, false) : json(groupList(server)),
  "/": (server) => json({ paths: rootPaths(server) }),
  "/healthz": (_server, _request, query) => health("healthz", query),
  "/livez": (_server, _request, query) => health("livez", query),
  "/readyz": (_server, _request, query) => health("readyz", query),
};

/** The answer to a request about the server itself; undefined where the path is about objects. */
export function discover(server: ApiServer, request: ApiRequest): ApiResponse | undefined {
  const { path, query } = splitTarget(request.path);
  if (request.method !== "GET") return undefined;
  const known = PATHS[path];
  if (known !== undefined) return known(server, request, query);
  if (path.startsWith("/openapi/")) return openApiAnswer(server.store, path, request) ?? notFoundPage();
  const [, root, group = "", version, ...more] = path.split("/");
  if (root === "api" && version === undefined && group === "v1") return json(resourceList(server, "", "v1"));
  if (root === "apis" && more.length === 0) return groupAnswer(server, group, version);
  return root === "api" || root === "apis" ? undefined : notFoundPage();
}

function groupAnswer(server: ApiServer, group: string, version: string | undefined): ApiResponse {
  const known = groups(server).find(({ name }) => name === group);
  if (known === undefined) return notFoundPage();
  if (version === undefined || version === "") {
    return json({ kind: "APIGroup", apiVersion: "v1", ...groupEntry(known) });
  }
  return known.versions.includes(version) ? json(resourceList(server, group, version)) : notFoundPage();
}

function notFoundPage(): ApiResponse {
  return { code: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n", warnings: [] };
}

function json(body: object): ApiResponse {
  return { code: 200, contentType: "application/json", body, warnings: [] };
}

function versionInfo(version: string) {
  const [major = "1", minor = "0"] = version.replace(/^v/, "").split(".");
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: version,
    gitCommit: "$Format:%H$",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "go1.26.8",
    compiler: "gc",
    platform: "linux/amd64",
  };
}

function apiVersions(server: ApiServer) {
  const address = server.options.address.replace(/^https?:\/\//, "");
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** A group and its versions, the preferred first. */
export interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

/** All groups but the core one, in discovery's order. */
export function groups(server: ApiServer): Group[] {
  const found = new Map<string, string[]>();
  for (const { group, version } of server.registry.all()) {
    if (group === "") continue;
    const versions = found.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    found.set(group, versions);
  }
  return [...found].map(([name, versions]) => ({ name, versions }));
}

function groupEntry({ name, versions }: Group) {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function groupList(server: ApiServer) {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups(server).map(groupEntry) };
}

function resourcesOf(server: ApiServer, group: string, version: string): Resource[] {
  const found = server.registry.all().filter((one) => one.group === group && one.version === version);
  return found.sort((a, b) => (a.plural < b.plural ? -1 : 1));
}

function resourceList(server: ApiServer, group: string, version: string) {
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: joinGroupVersion(group, version),
    resources: resourcesOf(server, group, version).flatMap((resource) => [
      resourceEntry(resource),
      ...resource.subresources.map((one) => subresourceEntry(resource, one)),
    ]),
  };
}

function resourceEntry(resource: Resource) {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.storageHash === undefined ? {} : { storageVersionHash: resource.storageHash }),
  };
}

function subresourceEntry(resource: Resource, sub: Subresource) {
  return {
    name: `${resource.plural}/${sub.name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(sub.group === "" ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

function isAggregated({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=APIGroupDiscoveryList");
}

function aggregated(server: ApiServer, coreGroup: boolean): ApiResponse {
  const wanted = coreGroup ? [{ name: "", versions: ["v1"] }] : groups(server);
  const body = {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: wanted.map(({ name, versions }) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map((version) => ({
        version,
        resources: resourcesOf(server, name, version).map(aggregatedEntry),
        freshness: "Current",
      })),
    })),
  };
  const contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  return { ...json(body), contentType, etag: true };
}

function aggregatedEntry(resource: Resource) {
  return {
    resource: resource.plural,
    responseKind: { group: "", version: "", kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length === 0 ? {} : {
      subresources: resource.subresources.map(({ name, group, version, kind, verbs }) => ({
        subresource: name,
        responseKind: { group, version, kind },
        verbs,
      })),
    }),
  };
}

function health(name: keyof typeof CHECKS, query: URLSearchParams): ApiResponse {
  const body = healthText(name, query.has("verbose"));
  return { code: 200, contentType: "text/plain; charset=utf-8", body, warnings: [] };
}

const OTHER_PATHS = [
  "/.well-known/openid-configuration",
  "/api",
  "/api/v1",
  "/apis",
  "/apis/",
  "/flagz",
  "/metrics",
  "/metrics/slis",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/",
  "/openid/v1/jwks",
  "/statusz",
  "/version",
];

/** Every path the server lists at its root, in order. */
function rootPaths(server: ApiServer): string[] {
  const apis = groups(server).flatMap((
    { name, versions },
  ) => [`/apis/${name}`, ...versions.map((one) => `/apis/${name}/${one}`)]);
  const checks = Object.entries(CHECKS).flatMap((
    [name, list],
  ) => [`/${name}`, ...list.map((check) => `/${name}/${check}`)]);
  return [...OTHER_PATHS, ...apis, ...checks].sort();
}
