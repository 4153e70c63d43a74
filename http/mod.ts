/** The roof's window to the network: HTTP over labs. */
export { createApp } from "./app.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { kubeAddress, kubeconfig } from "./kube/kubeconfig.ts";
export { Labs } from "./labs.ts";
export { listen, type Listening } from "./listen.ts";
export { type Held, holdLabs, Pace } from "./pace.ts";
