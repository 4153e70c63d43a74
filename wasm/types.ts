/**
 * What crosses the joint between TypeScript and the plane: the plane is the kernel, this is its system call table.
 * Addresses are texts (`10.0.0.1`, `fd00::1`), prefixes `10.0.0.0/24`, MACs `02:00:00:00:00:01`, times virtual milliseconds.
 * The kernel's refusals come back as {@link Failure} values; a call that makes no sense to the plane itself throws.
 */
export * from "./types/api.ts";
export * from "./types/evidence.ts";
export * from "./types/flow.ts";
export * from "./types/link.ts";
export * from "./types/route.ts";
export * from "./types/socket.ts";
