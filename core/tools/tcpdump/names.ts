import { nameOfAddress } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { deviceName, serviceName } from "../place.ts";
import type { Names, PrintOptions } from "./print/out.ts";

/** Names of numbers as this machine knows them; addresses must have been looked up before ({@link lookUp}). */
export class MachineNames implements Names {
  readonly #hosts = new Map<string, string>();
  readonly #ports = new Map<string, string>();
  /** Addresses that somebody wanted to print and nobody has looked up yet. */
  readonly wanted = new Set<string>();

  constructor(readonly process: Process, readonly options: PrintOptions) {}

  host(address: string): string {
    if (this.options.numeric) return address;
    const known = this.#hosts.get(address);
    if (known === undefined) this.wanted.add(address);
    return known ?? address;
  }

  port(port: number, protocol: "tcp" | "udp"): string {
    if (this.options.numeric) return String(port);
    const key = `${port}/${protocol}`;
    const known = this.#ports.get(key) ?? serviceName(this.process, port, protocol) ?? String(port);
    this.#ports.set(key, known);
    return known;
  }

  protocol(number: number): string | undefined {
    for (const line of (this.process.files.read("/etc/protocols") ?? "").split("\n")) {
      const [name, value] = line.split(/\s+/);
      if (value === String(number)) return name;
    }
    return undefined;
  }

  device(index: number): string | undefined {
    const name = deviceName(this.process, index);
    return name === `if${index}` ? undefined : name;
  }

  /** Asks for the names of all addresses wanted so far; an address without one keeps its number. */
  async lookUp(): Promise<void> {
    for (const address of this.wanted) {
      const name = await nameOfAddress(this.process, address);
      this.#hosts.set(address, this.options.short ? name?.replace(/\..*/, "") ?? address : name ?? address);
    }
    this.wanted.clear();
  }
}
