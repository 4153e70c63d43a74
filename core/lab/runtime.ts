/** Containers of the lab: machines from images on the lab's plane and runner. */
import { containerMachine, imageMissing, startContainer } from "../container/mod.ts";
import type { Program } from "../linux/mod.ts";
import type { ContainerRuntime } from "../node/mod.ts";
import type { World } from "./world.ts";

/** The runtime of every node; `programs` are those that images borrow from higher rooms. */
export function containerRuntime({ plane, runner }: World, programs: ReadonlyMap<string, Program>): ContainerRuntime {
  return {
    machine: ({ hostname, ...options }) => containerMachine({ ...options, name: hostname, plane, runner, programs }),
    start: (spec) => startContainer({ ...spec, programs }),
    missing: imageMissing,
  };
}
