/**
 * `deno task conformance SUITE FILE... [--only TEXT] [--verbose]`: runs recordings of real systems against this one. Each suite
 * prints its first differences in full and ends with `N passed, M failed`.
 */
import { calico } from "./calico.ts";
import { coredns } from "./coredns.ts";
import { dns } from "./dns.ts";
import { kubeApi } from "./kube_api.ts";
import { kubeProxy } from "./kube_proxy.ts";
import { netpol } from "./netpol.ts";
import { tools } from "./tools.ts";

/** A suite: its files and options, where its lines go, its exit status (1 when something differed, 2 for wrong usage). */
export type Suite = (args: readonly string[], say: (line: string) => void) => Promise<number>;

/** The suites by the word that calls them. */
export const SUITES: Readonly<Record<string, Suite>> = {
  calico,
  coredns,
  dns,
  "kube-api": kubeApi,
  "kube-proxy": kubeProxy,
  netpol,
  tools,
};

/** Runs one suite. */
export async function conformance(args: readonly string[], say: (line: string) => void): Promise<number> {
  const [name = "", ...rest] = args;
  const suite = SUITES[name];
  if (suite === undefined) {
    say(`usage: deno task conformance SUITE FILE..., SUITE one of ${Object.keys(SUITES).join(", ")}`);
    return 2;
  }
  return await suite(rest, say);
}

if (import.meta.main) Deno.exit(await conformance(Deno.args, (line) => console.log(line)));
