/** Suite `calico`: rules, sets, routes and addresses of the real Calico (podwire-calico/1). */
import { checkCniWorld } from "./calico_cni.ts";
import { checkFelixWorld } from "./calico_felix.ts";
import { checkIpamSequence, checkIpamStart } from "./calico_ipam.ts";
import type { CalicoFile } from "./calico_format.ts";
import type { Check } from "./kube_proxy_recording.ts";

const SHOWN = 12;

/** Plays the parts of a file; `--only TEXT`: checks with it in their id; `--part felix|cni|ipam`. */
export async function calico(args: readonly string[], say: (line: string) => void): Promise<number> {
  const [path, ...options] = args;
  if (path === undefined || path.startsWith("--")) {
    say("usage: deno task conformance calico FILE [--only TEXT] [--part felix|cni|ipam]");
    return 2;
  }
  const option = (name: string) => options.includes(name) ? options[options.indexOf(name) + 1] ?? "" : "";
  const [only, part] = [option("--only"), option("--part")];
  const file = JSON.parse(Deno.readTextFileSync(path)) as CalicoFile;
  const felix: Check[] = [];
  if (part === "" || part === "felix") {
    for (const world of file.felix.filter(({ name }) => name.includes(only))) {
      felix.push(...told(world.name, await checkFelixWorld(world), say));
    }
  }
  const cni: Check[] = [];
  if (part === "" || part === "cni") {
    for (const world of file.cni.filter(({ name }) => name.includes(only))) {
      cni.push(...told(`cni ${world.name}`, await checkCniWorld(world), say));
    }
  }
  const ipam: Check[] = [];
  if (part === "" || part === "ipam") {
    for (const sequence of file.ipam.filter(({ name }) => name.includes(only))) {
      ipam.push(...told(`ipam ${sequence.name}`, checkIpamSequence(sequence), say));
    }
    ipam.push(...told("ipam starts", file.ipam_starts.map(checkIpamStart), say));
  }
  say(`felix: ${summary(felix)}`);
  say(`cni: ${summary(cni)}`);
  say(`ipam: ${summary(ipam)}`);
  const all = [...felix, ...cni, ...ipam];
  say(summary(all));
  return all.some(isWrong) ? 1 : 0;
}

const isWrong = ({ problem }: Check): boolean => problem !== undefined;

function summary(checks: readonly Check[]): string {
  const failed = checks.filter(isWrong).length;
  return `${checks.length - failed} passed, ${failed} failed`;
}

function told(name: string, checks: readonly Check[], say: (line: string) => void): readonly Check[] {
  for (const { id, problem } of checks.filter(isWrong).slice(0, SHOWN)) say(`${id}\n${problem}`);
  say(`${name}: ${summary(checks)}`);
  return checks;
}
