/** Containers: what an image holds and how its first process runs in a machine. */
export * from "./cni/mod.ts";
export * from "./container.ts";
export * from "./image.ts";
export { imageOf, IMAGES } from "./images/mod.ts";
export * from "./machine.ts";
export * from "./reference.ts";
export * from "./runtime.ts";
