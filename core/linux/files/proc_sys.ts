import type { Ns } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { namespaceOf } from "../namespace.ts";
import { listSysctls, readSysctl, writeSysctl } from "../sysctl/store.ts";
import type { Mount } from "./mount.ts";

/** `/proc/sys`: reading and writing a file is a sysctl; `kernel/hostname` is the machine's name. */
export function procSys(machine: Machine, ns: Ns): Mount {
  const namespace = namespaceOf(machine.plane, ns);
  return {
    read: (path) => {
      if (path === "kernel/hostname") return `${machine.name}\n`;
      const value = readSysctl(namespace, path);
      return value === undefined ? undefined : `${value}\n`;
    },
    list: (path) => listSysctls(namespace, path),
    write: (path, text) => {
      if (path !== "kernel/hostname") return writeSysctl(namespace, path, text.replace(/\n$/, ""));
      machine.name = text.trim();
      return undefined;
    },
    mode: () => 0o644,
  };
}
