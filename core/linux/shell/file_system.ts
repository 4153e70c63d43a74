import type { IFileSystem } from "just-bash/browser";
import type { MachineFiles } from "../files/machine_files.ts";
import { type FileNode, resolvePath, splitPath } from "../files/tree.ts";
import { strerror } from "../../base/mod.ts";

type FsStat = Awaited<ReturnType<IFileSystem["stat"]>>;
type Content = Parameters<IFileSystem["writeFile"]>[1];

/** Node's way of saying it, which the shell library turns into its commands' own words. */
function refuse(
  errno: "ENOENT" | "EISDIR" | "ENOTDIR" | "EEXIST" | "ENOTEMPTY" | "EACCES" | "EINVAL",
  path: string,
): Error {
  const texts = {
    ENOENT: "no such file or directory",
    EISDIR: "illegal operation on a directory",
    ENOTDIR: "not a directory",
  };
  const other = { EEXIST: "file already exists", ENOTEMPTY: "directory not empty", EACCES: "permission denied" };
  const text = { ...texts, ...other, EINVAL: strerror("EINVAL") }[errno];
  return Object.assign(new Error(`${errno}: ${text}, '${path}'`), { code: errno, path });
}

/** A machine's files as the shell library reads and writes them. */
export class ShellFileSystem implements IFileSystem {
  /** `hidden` are commands that are found by name in a bin folder, and seen in none. */
  constructor(readonly files: MachineFiles, readonly hidden: ReadonlySet<string> = new Set()) {}

  // deno-lint-ignore require-await -- the interface is asynchronous, our files are not
  async readFile(path: string): Promise<string> {
    return new TextDecoder().decode(this.#bytes(path));
  }

  // deno-lint-ignore require-await -- as above
  async readFileBuffer(path: string): Promise<Uint8Array> {
    return this.#bytes(path);
  }

  // deno-lint-ignore require-await -- as above
  async writeFile(path: string, content: Content): Promise<void> {
    if (this.files.stat(path)?.kind === "folder") throw refuse("EISDIR", path);
    if (content.length === 0 && this.files.isMade(path)) return;
    const refused = this.files.write(path, content);
    if (refused !== undefined) {
      throw refuse(refused.errno === "EINVAL" || refused.errno === "EACCES" ? refused.errno : "ENOENT", path);
    }
  }

  async appendFile(path: string, content: Content): Promise<void> {
    if (this.files.isMade(path)) return await this.writeFile(path, content);
    const old = this.files.readBytes(path) ?? new Uint8Array();
    const added = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const whole = new Uint8Array(old.length + added.length);
    whole.set(old);
    whole.set(added, old.length);
    await this.writeFile(path, whole);
  }

  // deno-lint-ignore require-await -- as above
  async exists(path: string): Promise<boolean> {
    return this.#isHidden(path) || this.files.stat(path) !== undefined;
  }

  // deno-lint-ignore require-await -- as above
  async stat(path: string): Promise<FsStat> {
    if (this.#isHidden(path)) return statOf({ kind: "file", content: "", mode: 0o755, mtime: this.files.tree.now() });
    return statOf(this.#node(path));
  }

  // deno-lint-ignore require-await -- as above
  async lstat(path: string): Promise<FsStat> {
    return statOf(this.#node(path, false));
  }

  // deno-lint-ignore require-await -- as above
  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    const { tree } = this.files;
    if (options?.recursive === true) return tree.makeFolder(path);
    if (this.files.stat(path) !== undefined) throw refuse("EEXIST", path);
    if (this.files.stat(splitPath(path)[0])?.kind !== "folder") throw refuse("ENOENT", path);
    tree.makeFolder(path);
  }

  // deno-lint-ignore require-await -- as above
  async readdir(path: string): Promise<string[]> {
    const names = this.files.list(path);
    if (names === undefined) throw refuse(this.files.stat(path) === undefined ? "ENOENT" : "ENOTDIR", path);
    return names.filter((name) => name !== ".keep");
  }

  // deno-lint-ignore require-await -- as above
  async rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void> {
    const node = this.files.stat(path, false);
    if (node === undefined) {
      if (options?.force === true) return;
      throw refuse("ENOENT", path);
    }
    if (node.kind === "folder" && node.entries.size > 0 && options?.recursive !== true) throw refuse("ENOTEMPTY", path);
    if (!this.files.remove(path)) throw refuse("EACCES", path);
  }

  async cp(from: string, to: string, options?: { recursive?: boolean }): Promise<void> {
    const node = this.#node(from);
    if (node.kind !== "folder") return await this.writeFile(to, this.#bytes(from));
    if (options?.recursive !== true) throw refuse("EISDIR", from);
    this.files.tree.makeFolder(to);
    for (const name of await this.readdir(from)) await this.cp(`${from}/${name}`, `${to}/${name}`, options);
  }

  // deno-lint-ignore require-await -- as above
  async mv(from: string, to: string): Promise<void> {
    const node = this.files.tree.find(from, false);
    if (node === undefined) throw refuse("ENOENT", from);
    if (!this.files.tree.set(to, node)) throw refuse("ENOENT", to);
    this.files.tree.remove(from);
  }

  resolvePath(base: string, path: string): string {
    return resolvePath(base, path);
  }

  getAllPaths(): string[] {
    const paths: string[] = [];
    const walk = (path: string): void => {
      for (const name of this.files.list(path) ?? []) {
        const below = path === "/" ? `/${name}` : `${path}/${name}`;
        paths.push(below);
        if (!/^\/(proc|sys)(\/|$)/.test(below)) walk(below);
      }
    };
    walk("/");
    return paths;
  }

  // deno-lint-ignore require-await -- as above
  async chmod(path: string, mode: number): Promise<void> {
    const node = this.files.tree.find(path);
    if (node === undefined) throw refuse("ENOENT", path);
    node.mode = mode;
  }

  // deno-lint-ignore require-await -- as above
  async symlink(target: string, path: string): Promise<void> {
    if (this.files.stat(path, false) !== undefined) throw refuse("EEXIST", path);
    const { tree } = this.files;
    if (!tree.set(path, { kind: "link", target, mode: 0o777, mtime: tree.now() })) throw refuse("ENOENT", path);
  }

  async link(existing: string, path: string): Promise<void> {
    await this.cp(existing, path);
  }

  // deno-lint-ignore require-await -- as above
  async readlink(path: string): Promise<string> {
    const node = this.#node(path, false);
    if (node.kind !== "link") throw refuse("EINVAL", path);
    return node.target;
  }

  // deno-lint-ignore require-await -- as above
  async realpath(path: string): Promise<string> {
    this.#node(path);
    return this.files.locate(path);
  }

  // deno-lint-ignore require-await -- as above
  async utimes(path: string, _accessed: Date, modified: Date): Promise<void> {
    const node = this.files.tree.find(path);
    if (node !== undefined) node.mtime = modified.getTime();
  }

  #isHidden(path: string): boolean {
    return path.startsWith("/usr/bin/") && this.hidden.has(path.slice("/usr/bin/".length));
  }

  #bytes(path: string): Uint8Array {
    const bytes = this.files.readBytes(path);
    if (bytes === undefined) throw refuse(this.files.stat(path)?.kind === "folder" ? "EISDIR" : "ENOENT", path);
    return bytes;
  }

  #node(path: string, follow = true): Readonly<FileNode> {
    const node = this.files.stat(path, follow);
    if (node === undefined) throw refuse("ENOENT", path);
    return node;
  }
}

function statOf(node: Readonly<FileNode>): FsStat {
  const size = node.kind === "file" ? node.content.length : node.kind === "link" ? node.target.length : 4096;
  return {
    isFile: node.kind === "file",
    isDirectory: node.kind === "folder",
    isSymbolicLink: node.kind === "link",
    mode: node.mode,
    size,
    mtime: new Date(node.mtime),
  };
}
