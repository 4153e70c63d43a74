/** Probes as packets: the kubelet asks from its node, through the plane. */
import { isFailure } from "../../base/mod.ts";
import type { core } from "../../kube/mod.ts";
import type { Machine, Process, Program } from "../../linux/mod.ts";

/** What a probe found: undefined for success, else the reason as the Unhealthy event says it. */
export type ProbeResult = string | undefined;

/** Where a probe goes. */
export interface ProbeTarget {
  readonly node: Machine;
  readonly container: Machine;
  readonly address: string;
  readonly ports: readonly core.ContainerPort[];
  /** Runs a process to its end inside the asking task. */
  finish(
    process: ReturnType<Machine["start"]>,
  ): Promise<{ readonly exit: number; readonly stdout: string; readonly stderr: string }>;
}

/** Asks once. */
export async function runProbe(probe: core.Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec !== undefined) {
    const { exit, stdout, stderr } = await target.finish(target.container.start(probe.exec.command ?? [], { timeout }));
    return exit === 0 ? undefined : (stdout + stderr).trim() || `command exited with ${exit}`;
  }
  const program = programFor(probe, target, timeout);
  const { exit, stdout } = await target.finish(target.node.startProgram(program, ["kubelet-probe"]));
  return exit === 0 ? undefined : stdout;
}

function programFor(probe: core.Probe, { address, ports }: ProbeTarget, timeout: number): Program {
  if (probe.httpGet !== undefined) {
    return httpProbe(probe.httpGet, {
      address: probe.httpGet.host ?? address,
      port: portOf(probe.httpGet.port, ports),
      timeout,
    });
  }
  const port = probe.tcpSocket?.port ?? probe.grpc?.port ?? 0;
  return tcpProbe({ address: probe.tcpSocket?.host ?? address, port: portOf(port, ports), timeout });
}

interface Where {
  readonly address: string;
  readonly port: number;
  readonly timeout: number;
}

/** A named port is a container port's number. */
function portOf(port: number | string, ports: readonly core.ContainerPort[]): number {
  return Number(ports.find(({ name }) => name === port)?.containerPort ?? port);
}

/** Success is a connection; gRPC health checks go no further than that here. */
function tcpProbe({ address, port, timeout }: Where): Program {
  return async (process) => {
    const stream = await connect(process, { address, port, timeout });
    if (typeof stream === "string") return say(process, `dial tcp ${address}:${port}: ${stream}`);
    stream.close();
    return 0;
  };
}

/** Success is a status from 200 to 399. */
function httpProbe({ path = "/", httpHeaders = [] }: core.HTTPGetAction, { address, port, timeout }: Where): Program {
  return async (process) => {
    const stream = await connect(process, { address, port, timeout });
    const url = `http://${address}:${port}${path}`;
    if (typeof stream === "string") return say(process, `Get "${url}": dial tcp ${address}:${port}: ${stream}`);
    const headers = httpHeaders.map(({ name, value }) => `${name}: ${value}\r\n`).join("");
    await stream.write(
      `GET ${path} HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n${headers}\r\n`,
    );
    const answer = await stream.read(timeout);
    stream.close();
    const text = answer instanceof Uint8Array ? new TextDecoder().decode(answer) : "";
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
    if (status >= 200 && status < 400) return 0;
    return say(
      process,
      status === 0 ? `Get "${url}": context deadline exceeded` : `HTTP probe failed with statuscode: ${status}`,
    );
  };
}

async function connect(process: Process, { address, port, timeout }: Where) {
  const stream = await process.net.connect(address, port, { timeout });
  if (stream === undefined) return "i/o timeout";
  return isFailure(stream)
    ? `connect: ${stream.errno === "ECONNREFUSED" ? "connection refused" : "no route to host"}`
    : stream;
}

function say(process: Process, text: string): number {
  process.out(text);
  return 1;
}
