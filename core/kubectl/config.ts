/** The kubeconfig of the place kubectl runs at. */
import { printYaml } from "../kube/mod.ts";
import { parse } from "yaml";
import type { KubectlHost } from "./host.ts";

/** A kubeconfig. */
export interface KubeConfig {
  readonly apiVersion: "v1";
  readonly kind: "Config";
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly contexts: readonly { readonly name: string; readonly context: Context }[];
  readonly "current-context": string;
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

interface Context {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** Where it is kept. */
function configPath({ env = {} }: KubectlHost): string {
  return env.KUBECONFIG ?? `${env.HOME ?? "/root"}/.kube/config`;
}

/** The kubeconfig in its file; where there is none, the one a kubeadm cluster's admin has. */
export function loadConfig(host: KubectlHost): KubeConfig {
  const text = host.files.read(configPath(host));
  if (text !== undefined && text.trim() !== "") return parse(text) as KubeConfig;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "kubernetes", cluster: { server: host.server } }],
    contexts: [{ name: "kubernetes-admin@kubernetes", context: { cluster: "kubernetes", user: "kubernetes-admin" } }],
    "current-context": "kubernetes-admin@kubernetes",
    users: [{ name: "kubernetes-admin", user: {} }],
  };
}

/** Writes the kubeconfig. */
export function saveConfig(host: KubectlHost, config: KubeConfig): void {
  host.files.write(configPath(host), printYaml(config));
}

/** The namespace of the current context. */
export function contextNamespace(host: KubectlHost): string | undefined {
  const config = loadConfig(host);
  return config.contexts.find(({ name }) => name === config["current-context"])?.context.namespace;
}
