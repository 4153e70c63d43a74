/** kubectl at the place `admin`: `kubectl(argv, stdin, host) => Promise<Finished>`, `argv` without the program's name. */
export * from "./host.ts";
export { kubectl } from "./kubectl.ts";
