import type { Ns } from "../../../wasm/mod.ts";
import type { Failure } from "../../base/mod.ts";
import type { Machine } from "../machine.ts";
import type { Files } from "../process.ts";
import type { Mount } from "./mount.ts";
import { procNet } from "./proc_net.ts";
import { procSys } from "./proc_sys.ts";
import { programFiles } from "./program_files.ts";
import { sysClassNet } from "./sys_class_net.ts";
import { type FileNode, FileTree, resolvePath } from "./tree.ts";

/** `/dev`: what is written there is gone. */
const DEVICES: Mount = {
  read: (path) => (path === "null" ? "" : undefined),
  list: (path) => (path === "" ? ["null"] : undefined),
  write: () => undefined,
  mode: () => 0o666,
};

/** A machine's files as seen from one network namespace: the tree, with `/proc/sys`, `/proc/net`, `/sys/class/net` and the programs mounted. */
export class MachineFiles implements Files {
  readonly #mounts: readonly (readonly [string, Mount])[];

  constructor(readonly machine: Machine, readonly ns: Ns, readonly tree: FileTree) {
    const programs = programFiles(machine);
    this.#mounts = [
      ["/proc/sys", procSys(machine, ns)],
      ["/proc/net", procNet(machine, ns)],
      ["/sys/class/net", sysClassNet(machine, ns)],
      ["/dev", DEVICES],
      ["/usr/bin", programs],
      ["/bin", programs],
    ];
    for (const [point] of this.#mounts) tree.makeFolder(point);
  }

  read(path: string): string | undefined {
    const content = this.content(path);
    return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
  }

  readBytes(path: string): Uint8Array | undefined {
    const content = this.content(path);
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  }

  /** Writes a file and makes the folders it lies in: what an installer or an agent does. */
  put(path: string, content: string | Uint8Array): void {
    this.tree.put(path, content);
  }

  write(path: string, content: string | Uint8Array): Failure | undefined {
    const real = this.locate(path);
    const mounted = this.#mountAt(real);
    if (mounted !== undefined && mounted.mount.read(mounted.rest) !== undefined) {
      const text = typeof content === "string" ? content : new TextDecoder().decode(content);
      return mounted.mount.write === undefined ? { errno: "EACCES" } : mounted.mount.write(mounted.rest, text);
    }
    if (mounted?.mount.write !== undefined) return { errno: "ENOENT" };
    return this.tree.write(real, content) ? undefined : { errno: "ENOENT" };
  }

  remove(path: string): boolean {
    return this.tree.remove(path);
  }

  list(path: string): string[] | undefined {
    const real = this.locate(path);
    const mounted = this.#mountAt(real);
    const made = mounted?.mount.list(mounted.rest);
    const kept = this.tree.list(real);
    if (made === undefined) return kept;
    return [...new Set([...made, ...kept ?? []])].sort();
  }

  /** What a file holds, as it was written; undefined where there is none. */
  content(path: string): string | Uint8Array | undefined {
    const real = this.locate(path);
    const mounted = this.#mountAt(real);
    const made = mounted?.mount.read(mounted.rest);
    if (made !== undefined) return made;
    const node = this.tree.find(real);
    return node?.kind === "file" ? node.content : undefined;
  }

  /** Whether the kernel makes the file up: opening it for writing empties nothing, and every write is one of its own. */
  isMade(path: string): boolean {
    const real = this.locate(path);
    const mounted = this.#mountAt(real);
    return mounted !== undefined && mounted.mount.read(mounted.rest) !== undefined;
  }

  /** What stat(2) (or, without `follow`, lstat(2)) tells: made-up files look like files of the time of asking. */
  stat(path: string, follow = true): Readonly<FileNode> | undefined {
    const real = follow ? this.locate(path) : resolvePath("/", path);
    const mounted = this.#mountAt(real);
    const content = mounted?.mount.read(mounted.rest);
    const mtime = this.tree.now();
    if (content !== undefined) {
      return { kind: "file", content, mode: mounted?.mount.mode?.(mounted.rest) ?? 0o444, mtime };
    }
    const folder = mounted?.mount.list(mounted.rest);
    if (folder !== undefined) return { kind: "folder", entries: new Map(), mode: 0o555, mtime };
    return this.tree.find(real, follow);
  }

  /** The path behind links, or the path itself where something on the way is missing. */
  locate(path: string): string {
    return this.tree.real(path) ?? resolvePath("/", path);
  }

  #mountAt(path: string): { mount: Mount; rest: string } | undefined {
    for (const [point, mount] of this.#mounts) {
      if (path === point) return { mount, rest: "" };
      if (path.startsWith(point) && path[point.length] === "/") return { mount, rest: path.slice(point.length + 1) };
    }
    return undefined;
  }
}
