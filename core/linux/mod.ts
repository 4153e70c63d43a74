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
export { type LinkExtras, linkExtras } from "./iproute/extras.ts";
export { KernelEvents, kernelEvents } from "./iproute/kernel_events.ts";
export * from "./netfilter/mod.ts";
export { addressOf, nameOf, serviceName, servicePort } from "./nettools/hosts.ts";
export { LINUX_PROGRAMS } from "./programs/mod.ts";
export { loadSysctlConf, parseSysctlConf, printSysctlConf, sysctlPath, type SysctlSetting } from "./sysctl/conf.ts";
export { readSysctl, writeSysctl } from "./sysctl/store.ts";
export * from "./trace.ts";
