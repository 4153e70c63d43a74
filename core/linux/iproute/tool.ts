import type { IfIndex, Link, Ns, PlaneApi } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { type Namespace, namespaceOf } from "../namespace.ts";
import type { Process } from "../process.ts";
import type { Entry } from "./entry.ts";
import { noDevice } from "./exit.ts";
import { type Json, printJson } from "./json.ts";
import type { IpOptions } from "./options.ts";
import type { Words } from "./words.ts";

/** One run of `ip` or `bridge`: where it runs, what was asked for, and how it reports. */
export class IpTool {
  readonly plane: PlaneApi;
  readonly machine: Machine;
  readonly namespace: Namespace;
  #links: Link[] | undefined;

  constructor(readonly process: Process, readonly options: IpOptions, readonly ns: Ns = process.ns) {
    this.machine = process.machine;
    this.plane = process.machine.plane;
    this.namespace = namespaceOf(this.plane, ns);
  }

  /** The end of a line inside a record. */
  get feed(): string {
    return this.options.oneline ? "\\" : "\n";
  }

  links(): Link[] {
    return this.#links ?? this.plane.links(this.ns);
  }

  /** Devices are listed once for all that follows, as iproute2 keeps names within one run; `false` looks anew. */
  keepLinks(keep: boolean): void {
    this.#links = keep ? this.#links ?? this.plane.links(this.ns) : undefined;
  }

  /** The device of a name, also written `if3`. */
  find(name: string): Link | undefined {
    const links = this.links();
    const index = /^if(\d+)$/.exec(name)?.[1];
    return links.find((link) => link.name === name) ?? links.find((link) => link.index === Number(index));
  }

  /** The device of a name; ends the command where there is none. */
  device(name: string): Link {
    const link = this.find(name);
    if (link === undefined) throw noDevice(name);
    return link;
  }

  /** A device's name by its index; `if7` where it is not here. */
  name(index: IfIndex): string {
    return this.links().find((link) => link.index === index)?.name ?? `if${index}`;
  }

  /** Prints records: their texts, or one JSON array. */
  report(entries: readonly Entry[]): void {
    if (this.options.json) {
      this.printJson(entries.map((entry) => entry.json).filter((object) => Object.keys(object).length > 0));
    } else this.process.out(entries.map((entry) => entry.text).join(""));
  }

  printJson(value: Json): void {
    this.process.out(printJson(value, this.options.pretty ?? false) + "\n");
  }
}

/** One noun of `ip`: reads what follows it and gives the exit status. */
export type IpObject = (tool: IpTool, words: Words) => number | Promise<number>;
