/** A Linux machine as its tools show it: machine, namespaces, processes, files, sysctls, shell. */
export * from "./machine.ts";
export * from "./namespace.ts";
export * from "./process.ts";
export * from "./runner.ts";
export * from "./running_process.ts";
export * from "./task.ts";
export { Shell, ShellSession } from "./shell/session.ts";
export { quoteWord, quoteWords } from "./shell/quote.ts";
export { PROC_NET_FILES } from "./files/proc_net.ts";
export { MachineFiles } from "./files/machine_files.ts";
