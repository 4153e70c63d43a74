/** A container's machine: the image's files, environment and tools in a network namespace that stands already. */
import type { PlaneApi } from "../../wasm/mod.ts";
import type { Random } from "../base/mod.ts";
import { Machine, type Namespace, type Program, type Runner } from "../linux/mod.ts";
import { BUSYBOX_PROGRAMS, PROGRAMS } from "../tools/mod.ts";
import type { Image } from "./image.ts";
import { imageOf } from "./images/mod.ts";

/** What makes a container's machine its own. */
export interface ContainerMachineOptions {
  /** Image reference as written. */
  readonly image: string;
  /** Its host name. */
  readonly name: string;
  readonly plane: PlaneApi;
  readonly runner: Runner;
  readonly random: Random;
  readonly ns: Namespace;
  /** Files over the image's: /etc/hosts, /etc/resolv.conf, mounted volumes. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment over the image's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs from higher rooms by name; the image says which it borrows. */
  readonly programs?: ReadonlyMap<string, Program>;
}

const IMAGES_OF = new WeakMap<Machine, Image>();

/** Makes a container's machine; throws TextError where the image's name is none. */
export function containerMachine(options: ContainerMachineOptions): Machine {
  const image = imageOf(options.image);
  const machine = new Machine({
    name: options.name,
    plane: options.plane,
    runner: options.runner,
    random: options.random,
    ns: options.ns,
    programs: programsOf(image, options.programs ?? new Map()),
    files: { ...image.files, ...options.files },
    env: { ...image.env, ...options.env },
  });
  IMAGES_OF.set(machine, image);
  return machine;
}

/** The image a machine was made from; undefined for a machine that is no container. */
export function machineImage(machine: Machine): Image | undefined {
  return IMAGES_OF.get(machine);
}

function programsOf(image: Image, borrowed: ReadonlyMap<string, Program>): Map<string, Program> {
  const busybox = image.base === "busybox" || image.base === "alpine";
  const names = image.tools === "all" ? [...PROGRAMS.keys()] : image.tools;
  const programs = new Map<string, Program>();
  for (const name of names) {
    const program = (busybox ? BUSYBOX_PROGRAMS.get(name) : undefined) ?? PROGRAMS.get(name);
    if (program !== undefined) programs.set(name, program);
  }
  for (const [name, program] of Object.entries(image.programs)) programs.set(programKey(name), program);
  for (const name of image.borrowed) {
    const program = borrowed.get(name);
    for (const path of program === undefined ? [] : [name, ...image.entrypoint]) {
      programs.set(programKey(path), program as Program);
    }
  }
  return programs;
}

/** A machine looks programs of a bin folder up by their bare name. */
export function programKey(path: string): string {
  return /^\/(usr\/)?(local\/)?s?bin\/[^/]+$/.test(path) ? path.slice(path.lastIndexOf("/") + 1) : path;
}
