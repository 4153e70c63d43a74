import {
  type FdbEntry,
  type IfIndex,
  type KernelChange,
  type Link,
  type Ns,
  type PlaneApi,
  prepareChange,
  type PreparedChange,
} from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { type Failure } from "../../base/mod.ts";
import { type Namespace, namespaceOf, type StateKey } from "../namespace.ts";
import type { Process } from "../process.ts";
import type { Entry } from "./entry.ts";
import { linkNamed } from "./altnames.ts";
import { Exit, noDevice } from "./exit.ts";
import { type Json, printJson } from "./json.ts";
import type { IpOptions } from "./options.ts";
import type { Words } from "./words.ts";

/** Who listens to changes that `bridge fdb` makes in a namespace: `bridge monitor`. */
const FDB_LISTENERS: StateKey<Set<(entry: FdbEntry, deleted: boolean) => void>> = { label: "fdb listeners" };

/** What one line of a batch asked: the devices it named, and the changes that followed from nothing but its words and them. */
export interface Noted {
  readonly devices: Link[];
  readonly changes: PreparedChange[];
}

/** One run of `ip` or `bridge`: where it runs, what was asked for, and how it reports. */
export class IpTool {
  readonly plane: PlaneApi;
  readonly machine: Machine;
  readonly namespace: Namespace;
  #links: Link[] | undefined;
  readonly #found = new Map<string, Link | undefined>();
  /** Where a batch wants to know what its line asks for. */
  noted: Noted | undefined;

  /** The tool in the namespace that -n names; throws the complaint where there is none. */
  static in(process: Process, options: IpOptions): IpTool {
    if (options.netns === undefined) return new IpTool(process, options);
    const ns = process.machine.findNs(options.netns);
    if (ns === undefined) {
      throw new Exit(255, `Cannot open network namespace "${options.netns}": No such file or directory\n`, true);
    }
    return new IpTool(process, options, ns);
  }

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
    if (!keep) this.#found.clear();
  }

  /** Asks for changes, one after the other; where one is refused: its place in the list, and why. */
  change(changes: readonly PreparedChange[]): { readonly at: number; readonly failure: Failure } | null {
    const refused = this.plane.change(this.ns, changes);
    const listeners = this.fdbListeners();
    if (listeners.size === 0) return refused;
    for (const { change } of changes.slice(0, refused?.at)) {
      if ("fdb" in change) listeners.forEach((listener) => listener(change.fdb, false));
    }
    return refused;
  }

  /** The same of one, which follows from the words of a line and the devices it names alone. */
  changeByWords(change: KernelChange): Failure | null {
    const prepared = prepareChange(change);
    this.noted?.changes.push(prepared);
    return this.change([prepared])?.failure ?? null;
  }

  /** Who listens to changes of forwarding tables here. */
  fdbListeners(): Set<(entry: FdbEntry, deleted: boolean) => void> {
    return this.namespace.state(FDB_LISTENERS, () => new Set());
  }

  /** The device of a name, also written `if3`. */
  find(name: string): Link | undefined {
    if (this.#found.has(name)) return this.#found.get(name);
    const links = this.links();
    const index = /^if(\d+)$/.exec(name)?.[1];
    const link = linkNamed(this.namespace, name, links) ?? links.find((link) => link.index === Number(index));
    if (this.#links !== undefined) this.#found.set(name, link);
    return link;
  }

  /** The device of a name; ends the command where there is none. */
  device(name: string): Link {
    const link = this.find(name);
    if (link === undefined) throw noDevice(name);
    this.noted?.devices.push(link);
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
