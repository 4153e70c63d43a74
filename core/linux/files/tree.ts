/** A file, folder or symbolic link with what stat(2) tells of it; `mtime` in virtual ms since 1970. */
export type FileNode =
  | { readonly kind: "file"; content: string | Uint8Array; mode: number; mtime: number }
  | { readonly kind: "folder"; readonly entries: Map<string, FileNode>; mode: number; mtime: number }
  | { readonly kind: "link"; readonly target: string; mode: number; mtime: number };

type Folder = FileNode & { kind: "folder" };

/** How many symbolic links a path may lead through (ELOOP beyond, as in Linux). */
const MAX_LINKS = 40;

/** The folder and last name of an absolute path: `/etc/hosts` is `["/etc", "hosts"]`. */
export function splitPath(path: string): [string, string] {
  const at = path.lastIndexOf("/");
  return [at <= 0 ? "/" : path.slice(0, at), path.slice(at + 1)];
}

/** Something to resolve: an empty part, `.` or `..`. */
const UNRESOLVED = /\/\.{0,2}(\/|$)/;

/** An absolute path from one that may be relative to `cwd`, without `.` and `..`. */
export function resolvePath(cwd: string, path: string): string {
  if (path.startsWith("/") && path !== "/" && !UNRESOLVED.test(path)) return path;
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return "/" + parts.join("/");
}

/** Files in memory, by absolute path. Symbolic links are followed unless a method says otherwise. */
export class FileTree {
  readonly #root: Folder;

  constructor(readonly now: () => number) {
    this.#root = { kind: "folder", entries: new Map(), mode: 0o755, mtime: now() };
  }

  /** The node of a path; links at its end are followed unless `follow` is false. Undefined where there is none. */
  find(path: string, follow = true): FileNode | undefined {
    const real = this.real(path, follow);
    return real === undefined ? undefined : this.#at(real);
  }

  /** The path without links, or undefined when a part of it is missing (the last part may be). */
  real(path: string, follow = true): string | undefined {
    const plain = resolvePath("/", path);
    const straight = this.#isStraight(plain, follow);
    if (straight !== undefined) return straight ? plain : undefined;
    let rest = plain.split("/").slice(1).filter((part) => part !== "");
    let done = "";
    for (let links = 0; rest.length > 0;) {
      const [name = "", ...later] = rest;
      const node = this.#at(done + "/" + name);
      if (node?.kind === "link" && (follow || later.length > 0)) {
        if (links++ >= MAX_LINKS) return undefined;
        rest = [...resolvePath(done || "/", node.target).split("/").filter((part) => part !== ""), ...later];
        done = "";
        continue;
      }
      if (node === undefined && later.length > 0) return undefined;
      done += "/" + name;
      rest = later;
    }
    return done || "/";
  }

  /** Writes a file, making the folders above it where they are missing. */
  put(path: string, content: string | Uint8Array, mode?: number): void {
    this.makeFolder(splitPath(path)[0]);
    this.write(path, content, mode);
  }

  /** Writes a file; false where its folder is missing or the path is a folder. */
  write(path: string, content: string | Uint8Array, mode?: number): boolean {
    const real = this.real(path);
    if (real === undefined) return false;
    const [above, name] = splitPath(real);
    const folder = this.#at(above);
    const old = this.#at(real);
    if (folder?.kind !== "folder" || old?.kind === "folder") return false;
    if (old?.kind === "file") Object.assign(old, { content, mtime: this.now(), mode: mode ?? old.mode });
    else folder.entries.set(name, { kind: "file", content, mode: mode ?? 0o644, mtime: this.now() });
    return true;
  }

  /** Makes a folder and those above it. */
  makeFolder(path: string): void {
    let folder = this.#root;
    for (const part of (this.real(path) ?? resolvePath("/", path)).split("/").filter((name) => name !== "")) {
      let next = folder.entries.get(part);
      if (next === undefined) {
        next = { kind: "folder", entries: new Map(), mode: 0o755, mtime: this.now() };
        folder.entries.set(part, next);
      }
      if (next.kind !== "folder") throw new RangeError(`${path}: ${part} is no folder`);
      folder = next;
    }
  }

  /** Puts a node at a path whose folder exists; for links and moves. */
  set(path: string, node: FileNode): boolean {
    const [above, name] = splitPath(resolvePath("/", path));
    const folder = this.find(above);
    if (folder?.kind !== "folder") return false;
    folder.entries.set(name, node);
    return true;
  }

  /** Takes a path away, with all below it; false where there is none. Links are not followed at its end. */
  remove(path: string): boolean {
    const real = this.real(path, false);
    if (real === undefined || real === "/") return false;
    const [above, name] = splitPath(real);
    const folder = this.#at(above);
    return folder?.kind === "folder" && folder.entries.delete(name);
  }

  /** Names in a folder, sorted; undefined where there is none. */
  list(path: string): string[] | undefined {
    const node = this.find(path);
    return node?.kind === "folder" ? [...node.entries.keys()].sort() : undefined;
  }

  /** Whether all but the last part of a resolved path are there; undefined where a link on the way must be followed. */
  #isStraight(path: string, follow: boolean): boolean | undefined {
    let node: FileNode = this.#root;
    for (let from = 1; from < path.length;) {
      const end = nextSlash(path, from);
      const last = end === path.length;
      const next: FileNode | undefined = node.kind === "folder" ? node.entries.get(path.slice(from, end)) : undefined;
      if (next === undefined) return last;
      if (next.kind === "link" && (follow || !last)) return undefined;
      node = next;
      from = end + 1;
    }
    return true;
  }

  #at(path: string): FileNode | undefined {
    let node: FileNode | undefined = this.#root;
    for (let from = 1; from < path.length && node !== undefined;) {
      const end = nextSlash(path, from);
      node = node.kind === "folder" ? node.entries.get(path.slice(from, end)) : undefined;
      from = end + 1;
    }
    return node;
  }
}

function nextSlash(path: string, from: number): number {
  const at = path.indexOf("/", from);
  return at < 0 ? path.length : at;
}
