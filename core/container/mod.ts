/** Containers: what an image holds and how its first process runs in a machine. */
export * from "./cni/mod.ts";
export * from "./container.ts";
