/** Programs people type, by name, and HTTP over a process's sockets. */
export * from "./http/mod.ts";
export * from "./programs.ts";
