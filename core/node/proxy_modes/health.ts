/** Servers on health check node ports: each gives the latest answer. */
import { isFailure } from "../../base/mod.ts";
import type { Listener, Machine, Process } from "../../linux/mod.ts";
import type { HealthAnswer } from "../proxy/mod.ts";

/** The health check node ports of a node. */
export class HealthServers {
  readonly #machine: Machine;
  readonly #servers = new Map<number, HealthServer>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Serves these answers by port, and no others. */
  serve(answers: ReadonlyMap<number, HealthAnswer>): void {
    for (const [port, server] of this.#servers) {
      if (answers.has(port)) continue;
      server.stop();
      this.#servers.delete(port);
    }
    for (const [port, answer] of answers) {
      const server = this.#servers.get(port) ?? new HealthServer(this.#machine, port);
      server.answer = answer;
      this.#servers.set(port, server);
    }
  }
}

/** Answers every request on a health check node port. */
class HealthServer {
  answer: HealthAnswer | undefined;
  readonly #process: ReturnType<Machine["startProgram"]>;

  constructor(machine: Machine, port: number) {
    this.#process = machine.startProgram((process) => this.#serve(process, port), ["kube-proxy", `:${port}`]);
  }

  stop(): void {
    this.#process.kill(15);
  }

  async #serve({ net }: Process, port: number): Promise<number> {
    const listener = net.listen("0.0.0.0", port);
    if (isFailure(listener)) return 1;
    for (;;) {
      const stream = await (listener as Listener).accept();
      if (stream === undefined) return 0;
      await stream.read(1000);
      await stream.write(printAnswer(this.answer as HealthAnswer));
      stream.close();
    }
  }
}

function printAnswer({ status, headers, body }: HealthAnswer): string {
  const reason = status === 200 ? "OK" : "Service Unavailable";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`;
}
