import type { Machine } from "../machine.ts";
import type { Mount } from "./mount.ts";

/** The machine's programs as files of a `bin` folder: there, executable, without anything to read in them. */
export function programFiles(machine: Machine): Mount {
  return {
    read: (path) => (machine.programs.has(path) ? "" : undefined),
    list: (path) => (path === "" ? [...machine.programs.keys()] : undefined),
    mode: () => 0o755,
  };
}
