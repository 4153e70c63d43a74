/** An image nobody has described: its ports are served, and answer with the pod's name. */
import { isFailure } from "../../base/mod.ts";
import type { Process, Program } from "../../linux/mod.ts";
import { httpDate, respond, serveHttp } from "../../tools/mod.ts";
import type { ContainerSpec } from "../container.ts";
import type { Image } from "../image.ts";
import { baseImage } from "./bases.ts";
import { serveUdp, untilAsked } from "./serve.ts";

/** The name its stand-in program goes by. */
export const STAND_IN = "/app";

/** An image without a row in the table: a Debian with every tool. */
export function unknownImage(): Image {
  return { ...baseImage("debian"), entrypoint: [STAND_IN], command: [], tools: "all", unknown: true };
}

/** Serves a container's ports: TCP speaks HTTP and gives the pod's name, UDP gives back what it got. */
export function standIn(spec: Pick<ContainerSpec, "image" | "ports" | "podName">): Program {
  return async (process) => {
    const asked = untilAsked(process);
    for (const { port, protocol } of spec.ports) {
      const failed = protocol === "UDP"
        ? serveUdp(process, port, (data) => data)
        : serveName(process, port, spec.podName);
      if (failed !== undefined) return (process.err(`listen ${protocol.toLowerCase()} :${port}: ${failed}\n`), 1);
      process.out(`${spec.image}: stand-in listens on ${protocol.toLowerCase()} port ${port}\n`);
    }
    await asked;
    return 0;
  };
}

function serveName(process: Process, port: number, name: string): string | undefined {
  const started = serveHttp(
    process,
    { address: "0.0.0.0", port },
    () => respond(200, `${name}\n`, [["Content-Type", "text/plain"], ["Date", httpDate(process.clock.now())]]),
  );
  return isFailure(started) ? "bind: address already in use" : undefined;
}
