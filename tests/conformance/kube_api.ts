/** Suite `kube-api`: what the real kube-apiserver, its controllers and kubectl answered (format podwire-kubeapi/1). */
import { endpointCases } from "./kube_api_endpoints.ts";
import { kubectlCases } from "./kube_api_kubectl.ts";
import { allocationCases, discoveryCases, rowCases, tableCases } from "./kube_api_server.ts";
import type { Case, Recording } from "./kube_api_types.ts";

/** How a suite came out. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const SHOWN = 8;

/** Plays every recorded case of the files; prints the first differences of each part in full. */
export async function kubeApi(files: readonly string[]): Promise<Outcome> {
  let [passed, failed] = [0, 0];
  for (const file of files) {
    const recording = JSON.parse(Deno.readTextFileSync(file)) as Recording;
    const parts: [string, readonly Case[]][] = [
      ["rows", rowCases(recording)],
      ["allocation", allocationCases(recording)],
      ["discovery", discoveryCases(recording)],
      ["tables", tableCases(recording)],
      ["endpoints", endpointCases(recording)],
      ["kubectl", await kubectlCases(recording)],
    ];
    for (const [part, cases] of parts) {
      const bad = cases.filter((one) => one.problem !== undefined);
      for (const { id, problem } of bad.slice(0, Number(Deno.env.get("SHOWN") ?? SHOWN))) {
        console.log(`${part} ${id}\n  ${problem}`);
      }
      console.log(`${part}: ${cases.length - bad.length} of ${cases.length}`);
      passed += cases.length - bad.length;
      failed += bad.length;
    }
  }
  return { passed, failed };
}

if (import.meta.main) {
  const { passed, failed } = await kubeApi(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
}
