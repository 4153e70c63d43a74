import type { Machine, Task } from "../../linux/mod.ts";
import { mustRun, runIn } from "../agent.ts";
import type { Ensured } from "../proxy/mod.ts";

/** iptables of a family on a machine. */
export interface IptablesTool {
  readonly machine: Machine;
  readonly tool: "iptables" | "ip6tables";
}

/** Makes a chain where it is missing, puts a rule into its chain where it does not stand there. */
export async function ensure(task: Task, { machine, tool }: IptablesTool, wanted: Ensured): Promise<void> {
  const { table, chain, rule, place } = wanted;
  if (rule === undefined) {
    await runIn(task, machine, `${tool} -w -t ${table} -N ${chain}`);
    return;
  }
  const { exit } = await runIn(task, machine, `${tool} -w -t ${table} -C ${chain} ${rule}`);
  if (exit !== 0) {
    await mustRun(task, machine, `${tool} -w -t ${table} ${place === "append" ? "-A" : "-I"} ${chain} ${rule}`);
  }
}

/** Takes jumps away where they stand, then empties and takes away chains where they are; what others use stays. */
export async function unlink(
  task: Task,
  { machine, tool }: IptablesTool,
  gone: { readonly jumps: readonly Ensured[]; readonly chains: readonly Pick<Ensured, "table" | "chain">[] },
): Promise<void> {
  for (const { table, chain, rule } of gone.jumps) {
    if (rule !== undefined) await runIn(task, machine, `${tool} -w -t ${table} -D ${chain} ${rule}`);
  }
  for (const { table, chain } of gone.chains) await runIn(task, machine, `${tool} -w -t ${table} -F ${chain}`);
  for (const { table, chain } of gone.chains) await runIn(task, machine, `${tool} -w -t ${table} -X ${chain}`);
}
