/** kubectl's ways into pods, as the kubelets offer them: commands, logs, ports, files. */
import { isFailure, strerror } from "../base/mod.ts";
import { execProblem } from "../container/mod.ts";
import type { Container, ContainerFiles, ForwardedPort, PodAccess } from "../kubectl/mod.ts";
import {
  type Listener,
  type Machine,
  type Process,
  quoteWords,
  type RunningProcess,
  type Stream,
} from "../linux/mod.ts";
import type { Cluster } from "./cluster.ts";
import { logText } from "./pod_log.ts";
import { openTunnel } from "./tunnel.ts";

/** How long attach looks away between two looks, in virtual milliseconds. */
const LOOK = 100;

/** The ways of one run of kubectl. */
export function podAccess(cluster: Cluster, process: Process): PodAccess {
  return {
    async exec(target, command, stdin) {
      const machine = machineOf(cluster, target);
      if (machine === undefined) return undefined;
      const problem = execProblem(machine, command);
      if (problem !== undefined) {
        return { stdout: "", stderr: `error: Internal error occurred: ${problem}\n`, exit: 127 };
      }
      const { finished } = machine.start(quoteWords(command), { stdin });
      return await (process as RunningProcess).task.join(finished);
    },
    logs: (target, options) => Promise.resolve(logText(cluster, target, options)),
    forward: (target, ports, addresses) => forward(cluster, process, { target, ports, addresses }),
    attach: (target) => attach(cluster, process, target),
    files: (target) => filesOf(machineOf(cluster, target)),
  };
}

function machineOf(cluster: Cluster, { namespace, pod, container }: Container): Machine | undefined {
  const object = cluster.pod(namespace, pod);
  return object === undefined ? undefined : cluster.containerOf(object, container);
}

function filesOf(machine: Machine | undefined): ContainerFiles | undefined {
  if (machine === undefined) return undefined;
  const { files } = machine;
  return {
    read: (path) => files.read(path),
    list: (path) => files.list(path),
    write: (path, text) => void files.put(path, text),
  };
}

async function attach(cluster: Cluster, process: Process, target: Container): Promise<number> {
  const pod = cluster.pod(target.namespace, target.pod);
  if (pod === undefined) return 1;
  const stop = cluster.listenToLog(pod, target.container, ({ text }) => process.out(`${text}\n`));
  while (machineOf(cluster, target) !== undefined && await process.clock.sleep(LOOK));
  stop();
  return 0;
}

interface Forwarding {
  readonly target: Container;
  readonly ports: readonly ForwardedPort[];
  readonly addresses: readonly string[];
}

async function forward(cluster: Cluster, process: Process, { target, ports, addresses }: Forwarding): Promise<number> {
  const listeners: { readonly listener: Listener; readonly remote: number }[] = [];
  for (const { local, remote } of ports) {
    for (const address of addresses.map((one) => one === "localhost" ? "127.0.0.1" : one)) {
      const listener = process.net.listen(address, local);
      if (isFailure(listener)) {
        process.err(
          `Unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 ${address}:${local}: bind: ${
            strerror(listener.errno).toLowerCase()
          }]\n`,
        );
        process.err(`error: unable to listen on any of the requested ports: [{${local} ${remote}}]\n`);
        return 1;
      }
      process.out(`Forwarding from ${address}:${listener.local.port} -> ${remote}\n`);
      listeners.push({ listener, remote });
    }
  }
  process.onKill(() => listeners.forEach(({ listener }) => listener.close()));
  await Promise.all(listeners.map(({ listener, remote }) => serve(cluster, process, { listener, remote, target })));
  return 0;
}

interface Serving {
  readonly listener: Listener;
  readonly remote: number;
  readonly target: Container;
}

/** Takes connections until the listener is closed; each has its own way into the pod. */
async function serve(cluster: Cluster, process: Process, { listener, remote, target }: Serving): Promise<void> {
  const open: Promise<void>[] = [];
  for (let stream = await listener.accept(); stream !== undefined; stream = await listener.accept()) {
    process.out(`Handling connection for ${listener.local.port}\n`);
    open.push(carry(machineOf(cluster, target), process, { stream, remote }));
  }
  await Promise.all(open);
}

interface Carried {
  readonly stream: Stream;
  readonly remote: number;
}

async function carry(machine: Machine | undefined, process: Process, { stream, remote }: Carried): Promise<void> {
  if (machine === undefined) return stream.abort();
  const tunnel = openTunnel(machine, remote);
  const problem = await process.join(tunnel.opened);
  if (problem !== undefined) {
    process.err(
      `an error occurred forwarding ${stream.local.port} -> ${remote}: failed to connect to localhost:${remote} inside namespace: dial tcp4 127.0.0.1:${remote}: ${problem}\n`,
    );
    return stream.abort();
  }
  let written: Promise<unknown> = Promise.resolve();
  tunnel.listen(
    (bytes) => written = written.then(() => stream.write(bytes)),
    () => written = written.then(() => stream.end()),
  );
  for (
    let data = await stream.read();
    data !== null && data !== undefined && !isFailure(data);
    data = await stream.read()
  ) {
    tunnel.send(data);
  }
  tunnel.end();
  await process.join(written);
  stream.close();
}
