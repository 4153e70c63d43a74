/** The real kernel, asked through `oracle.py` of the shared folder: scenarios go in, what became of their probes comes out. */
import { TextLineStream } from "./text_lines.ts";
import { buildPacket, isSix } from "./packet.ts";
import type { Probe, ProbeResult, Scenario } from "./scenario.ts";

/** What the kernel made of a scenario: a result per probe, or why it could not be built. */
export type KernelAnswer = { readonly results: readonly ProbeResult[] } | { readonly error: string };

const FOLDER = new URL("../../../shared/oracle/", import.meta.url).pathname;
const BRIDGE = new URL("./oracle_lines.py", import.meta.url).pathname;

/** Why the kernel cannot be asked here; undefined where it can. */
export async function kernelMissing(): Promise<string | undefined> {
  try {
    await Deno.stat(`${FOLDER}oracle.py`);
  } catch {
    return `${FOLDER}oracle.py is not there`;
  }
  try {
    const kernel = new Kernel();
    const answer = await kernel.ask({ name: "first", namespaces: ["a"], probes: [] });
    await kernel.close();
    return "error" in answer ? answer.error : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One oracle process that takes many scenarios, one after the other. */
export class Kernel {
  #child = start();
  /** Scenarios that could not be built leave their namespaces behind until the process ends. */
  #broken = 0;

  /** Builds a scenario on the real kernel, sends its probes and answers with what became of them. */
  async ask(scenario: Scenario): Promise<KernelAnswer> {
    if (this.#broken > 20) {
      await this.close();
      this.#child = start();
      this.#broken = 0;
    }
    const { writer, lines } = this.#child;
    const probes = scenario.probes.map(inBytes);
    await writer.write(new TextEncoder().encode(JSON.stringify({ ...scenario, probes }) + "\n"));
    const { value, done } = await lines.read();
    if (done) throw new Error("the oracle ended; root and Debian's iptables, iproute2, ipset are needed");
    const answer = JSON.parse(value) as KernelAnswer;
    if ("error" in answer) this.#broken++;
    return answer;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#child.writer.close();
    await this.#child.lines.cancel();
    await this.#child.process.status;
  }
}

/** The oracle makes packets of IPv4 itself; those of IPv6 it is given. */
function inBytes(probe: Probe): Probe {
  return "inject" in probe && isSix(probe) ? { ...probe, bytes: buildPacket(probe).toHex() } : probe;
}

function start() {
  const process = new Deno.Command("python3", { args: [BRIDGE, FOLDER], stdin: "piped", stdout: "piped" }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  return { process, lines, writer: process.stdin.getWriter() };
}
