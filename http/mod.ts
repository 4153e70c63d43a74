/** The roof's window to the network: HTTP over labs. */
export { createApp } from "./app.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
