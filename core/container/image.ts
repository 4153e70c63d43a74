/** What an image holds: the shape every row of the IMAGES table makes. */
import type { Program } from "../linux/mod.ts";
import type { ImageReference } from "./reference.ts";

/** The file system an image is built on; it decides the C library, the shell and the tools. */
export type Base = "debian" | "alpine" | "busybox" | "scratch";

/** An image, as an image configuration and its layers say it. */
export interface Image {
  readonly base: Base;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: string;
  /** Files by absolute path over those of the base. */
  readonly files: Readonly<Record<string, string>>;
  /** Which of the tools (`PROGRAMS` by name) the image has; `all` for images nobody has described. */
  readonly tools: readonly string[] | "all";
  /** The image's own programs by the name they are called by. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Names of programs that a higher room hands in (`coredns`). */
  readonly borrowed: readonly string[];
  /** Whether there is a shell, and with it cat, ls, grep ... */
  readonly shell: boolean;
  /** Nobody has described it: its program is a stand-in that serves the container's ports. */
  readonly unknown: boolean;
}

/** One family of images: which references it answers to, and what they hold. */
export interface ImageRow {
  /** Repositories without `docker.io/` and `library/`; `*` stands for any text. */
  readonly repositories: readonly string[];
  make(reference: ImageReference): Partial<Image>;
}

/** The part of a tag that is a version, or the version the row's default is: `1.25.3` of `1.25.3-alpine`. */
export function versionOf(reference: ImageReference, latest: string): string {
  return /^v?(\d+(?:\.\d+)+)/.exec(reference.tag ?? "")?.[1] ?? latest;
}

/** Whether a tag asks for the Alpine variant. */
export function isAlpine(reference: ImageReference): boolean {
  return /(^|-)alpine/.test(reference.tag ?? "");
}
