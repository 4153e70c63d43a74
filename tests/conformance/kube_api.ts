/** Suite `kube-api`: what the real kube-apiserver, its controllers and kubectl answered (format podwire-kubeapi/1). */
import { endpointCases } from "./kube_api_endpoints.ts";
import { kubectlCases } from "./kube_api_kubectl.ts";
import { allocationCases, discoveryCases, rowCases, tableCases } from "./kube_api_server.ts";
import type { Case, Recording } from "./kube_api_types.ts";

const SHOWN = 8;
const USAGE = "usage: deno task conformance kube-api FILE... [--only TEXT] [--verbose]";

/**
 * Plays the recorded cases of the files; prints the first differences of each part in full, with `--verbose` all of them.
 * `--only TEXT`: cases with it in their part or id.
 */
export async function kubeApi(args: readonly string[], say: (line: string) => void): Promise<number> {
  const at = args.indexOf("--only");
  const only = at < 0 ? "" : args[at + 1] ?? "";
  const files = args.filter((arg, i) => arg !== "--verbose" && (at < 0 || (i !== at && i !== at + 1)));
  if (files.length === 0) {
    say(USAGE);
    return 2;
  }
  const shown = args.includes("--verbose") ? Infinity : SHOWN;
  let [passed, failed] = [0, 0];
  for (const file of files) {
    for (const [part, all] of await partsOf(JSON.parse(Deno.readTextFileSync(file)) as Recording)) {
      const cases = all.filter(({ id }) => `${part} ${id}`.includes(only));
      const bad = cases.filter(({ problem }) => problem !== undefined);
      for (const { id, problem } of bad.slice(0, shown)) say(`${part} ${id}\n  ${problem}`);
      if (cases.length > 0) say(`${part}: ${cases.length - bad.length} of ${cases.length}`);
      [passed, failed] = [passed + cases.length - bad.length, failed + bad.length];
    }
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function partsOf(recording: Recording): Promise<readonly (readonly [string, readonly Case[]])[]> {
  return [
    ["rows", rowCases(recording)],
    ["allocation", allocationCases(recording)],
    ["discovery", discoveryCases(recording)],
    ["tables", tableCases(recording)],
    ["endpoints", endpointCases(recording)],
    ["kubectl", await kubectlCases(recording)],
  ];
}
