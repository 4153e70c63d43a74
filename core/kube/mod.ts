/**
 * The cluster's intent as pure data: manifests, typed objects, the versioned store, the API's handlers, the controllers.
 *
 *     class ControlPlane { constructor(options: ControlPlaneOptions); store: Store; api: Api;
 *                          apply(drafts): ApplyAnswer[];     // {object: KubeObject} | {status: Status}, one per draft, in order
 *                          settle(): void }                  // runs all controllers to fixpoint at the current time
 *     parseManifest(text, file): Manifest                    // { objects: Located<Draft>[], labs: Located<Draft>[] }; throws TextError
 */
export * from "./api/api.ts";
export * from "./api/types.ts";
export * from "./control_plane.ts";
export * from "./objects/object.ts";
export * from "./store/selector.ts";
export * from "./store/store.ts";
