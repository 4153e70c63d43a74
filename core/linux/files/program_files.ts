import type { Machine } from "../machine.ts";
import { SHELL_COMMANDS } from "../shell/library.ts";
import type { Mount } from "./mount.ts";

/** The machine's commands as files of a `bin` folder: there, executable, without anything to read in them. */
export function programFiles(machine: Machine): Mount {
  return {
    read: (path) => (machine.programs.has(path) || SHELL_COMMANDS.has(path) ? "" : undefined),
    list: (path) => (path === "" ? [...new Set([...machine.programs.keys(), ...SHELL_COMMANDS])] : undefined),
    mode: () => 0o755,
  };
}
