/** NetworkPolicies as a small value, and what they say of a connection. */
export * from "./decide.ts";
export * from "./view.ts";
