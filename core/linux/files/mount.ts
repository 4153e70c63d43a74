import type { Failure } from "../../base/mod.ts";

/** A folder whose files the kernel makes up when they are read. Paths are relative to the mount point, without a leading slash. */
export interface Mount {
  /** The text of a file, or undefined where there is none. */
  read(path: string): string | undefined;
  /** Names in a folder (`""` is the mount point), or undefined where there is none. */
  list(path: string): string[] | undefined;
  /** Undefined when it was taken, or what write(2) fails with. Absent: the whole mount is read-only. */
  write?(path: string, text: string): Failure | undefined;
  /** Permission bits of a file; 0o444 by default. */
  mode?(path: string): number;
}
