/** Programs people type, by name, and HTTP over a process's sockets. */
export * from "./http/mod.ts";
export { type Answerer, serveNames } from "./dns/name_server.ts";
export { busyboxOldNslookup } from "./dns/busybox_old_nslookup.ts";
export { type NameStory, nameStory, printNameStory, type Told, type Tried } from "./dns/name_story.ts";
export { answerer } from "./dns/nsd.ts";
export { recursion } from "./dns/unbound.ts";
export * from "./programs.ts";
