/** The cluster's intent as pure data: manifests, typed objects, the versioned store, the API's handlers, the controllers. */
export * from "./api/api.ts";
export { ApiServer, type ServerOptions } from "./api/server.ts";
export * from "./api/types.ts";
export * from "./control_plane.ts";
export * from "./manifest.ts";
export * from "./objects/object.ts";
export * from "./store/selector.ts";
export * from "./store/store.ts";
