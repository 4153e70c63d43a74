/** What the server says about itself: versions, groups, resources, health. */
import { BUILTIN, joinGroupVersion, type Resource, type Subresource } from "../objects/resource.ts";
import { openApiAnswer } from "./openapi/answer.ts";
import { CHECKS, healthAnswer } from "./health.ts";
import { splitTarget } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { onlyAccepted, unrepresented } from "./negotiate.ts";
import { methodNotAllowed, noResource, statusResponse } from "./status.ts";
import type { ApiRequest, ApiResponse } from "./types.ts";

type Answer = (server: ApiServer, request: ApiRequest, query: URLSearchParams) => ApiResponse;

/** What is answered whatever the method. */
const ANY_METHOD: Readonly<Record<string, Answer>> = {
  "/apis": (server, request) => isAggregated(request) ? aggregated(server, false) : json(groupList(server)),
  "/": (server) => json({ paths: rootPaths(server) }),
  "/index.html": (server) => json({ paths: rootPaths(server) }),
};

/** What can only be got. */
const ONLY_GET: Readonly<Record<string, Answer>> = {
  "/version": (server) => ({ ...json(versionInfo(server.options.version)), indent: 2 }),
  "/api": (server, request) => isAggregated(request) ? aggregated(server, true) : json(apiVersions(server)),
  "/api/v1": (server) => json(resourceList(server, "", "v1")),
};

/** Paths that mean the same with a slash behind them. */
const CORE_OR_VERSION = /^\/(api|apis|version|api\/v1|apis\/[^/]+|apis\/[^/]+\/[^/]+)\/$/;

/** The answer to a request about the server itself; undefined where the path is about objects. */
export function discover(server: ApiServer, request: ApiRequest): ApiResponse | undefined {
  const { path: target, query } = splitTarget(request.path);
  const path = target.length > 1 && CORE_OR_VERSION.test(target) ? target.slice(0, -1) : target;
  const known = ANY_METHOD[path] ?? ONLY_GET[path];
  if (known !== undefined) {
    if (path in ANY_METHOD) return refusedForm(request) ?? known(server, request, query);
    if (request.method !== "GET") return statusResponse(methodNotAllowed());
    const refused = unrepresented(request, path === "/version" ? ["application/json"] : undefined);
    return refused === undefined ? refusedForm(request) ?? known(server, request, query) : statusResponse(refused);
  }
  const health = healthAnswer(path, query);
  if (health !== undefined) return health;
  if (path.startsWith("/openapi/")) return openApiAnswer(server.store, path, request) ?? nothing();
  const [, root, group = "", version, ...more] = path.split("/");
  if (root === "apis" && more.length === 0) return groupAnswer(server, request, group, version);
  return root === "api" || root === "apis" ? undefined : notFoundPage();
}

/** The refusal of a form of discovery that there is not. */
function refusedForm(request: ApiRequest): ApiResponse | undefined {
  if (unrepresented(request) === undefined && (!asksAggregated(request) || isAggregated(request))) return undefined;
  return statusResponse(onlyAccepted());
}

/** The answer where a path names nothing: groups that were defined are another server's than the built-in ones. */
export function nowhere({ path }: ApiRequest): ApiResponse {
  const [, root, group] = path.split(/[/?]/);
  const known = root === "api" || BUILTIN.some((one) => one.group === group);
  return known ? statusResponse(noResource()) : notFoundPage();
}

function groupAnswer(
  server: ApiServer,
  request: ApiRequest,
  group: string,
  version: string | undefined,
): ApiResponse {
  const known = groups(server).find(({ name }) => name === group);
  if (known === undefined) return notFoundPage();
  if (version === undefined) {
    return refusedForm(request) ?? json({ kind: "APIGroup", apiVersion: "v1", ...groupEntry(known) });
  }
  if (!known.versions.includes(version)) return nowhere(request);
  return request.method === "GET" ? json(resourceList(server, group, version)) : statusResponse(methodNotAllowed());
}

function notFoundPage(): ApiResponse {
  return { code: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n", warnings: [] };
}

/** 404 without a word. */
function nothing(): ApiResponse {
  return { code: 404, contentType: "", body: "", warnings: [] };
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

/** Whether a client takes nothing but aggregated discovery. */
function asksAggregated({ accept = "" }: ApiRequest): boolean {
  return accept !== "" && accept.split(",").every((one) => one.includes("as=APIGroupDiscoveryList"));
}

function isAggregated({ accept = "" }: ApiRequest): boolean {
  return accept.split(",").some((one) => one.includes("as=APIGroupDiscoveryList") && /;\s*v=v2\s*(;|$)/.test(one));
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
