/** The kubeconfig for a lab's cluster at an address of this server. There is no TLS; some clients want to be told that they may do without. */
export function kubeconfig(server: string, lab: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: ${lab}
  cluster:
    server: ${server}
    insecure-skip-tls-verify: true
contexts:
- name: ${lab}
  context:
    cluster: ${lab}
    user: ${lab}
current-context: ${lab}
users:
- name: ${lab}
  user: {}
`;
}

/** Where a lab's API is under an origin such as `http://127.0.0.1:8080`. */
export function kubeAddress(origin: string, lab: string): string {
  return `${origin}/v1/labs/${lab}/kube`;
}
