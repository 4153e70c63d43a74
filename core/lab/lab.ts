import { TextError } from "../base/mod.ts";
import type { Machine } from "../linux/mod.ts";
import type { Answer, Applied, LabEvent, MatrixRow, Overview, Protocol, Why } from "./answers.ts";
import { Capture } from "./capture.ts";
import { Cluster } from "./cluster.ts";
import { DnsGate } from "./dns_gate.ts";
import { explain } from "./explain.ts";
import { kindOf, type LabFile, machineOf } from "./files.ts";
import type { LabHost } from "./host.ts";
import { type Intent, readIntent } from "./intent.ts";
import { buildInternet } from "./internet.ts";
import { KubeDoor } from "./kube_door.ts";
import { buildMachines, DEFAULT_MACHINE, DEFAULT_NETWORK, DEFAULT_SWITCH } from "./machines.ts";
import { LabShell } from "./lab_shell.ts";
import { matrix } from "./matrix.ts";
import { overview } from "./overview.ts";
import { PlaceError } from "./places.ts";
import { lookUpStory } from "./name_story.ts";
import type { NameStory } from "../tools/mod.ts";
import { nameIn, resolvePlace, resolveTarget } from "./resolve.ts";
import { type Call, parseSnapshot, printSnapshot, type Snapshot } from "./snapshot.ts";
import { type ProxyMode, speaksIpv6 } from "./spec.ts";
import { World } from "./world.ts";

/** How a lab is opened. Fields given here win over those of a Lab object in the files. */
export interface LabOptions {
  /** Manifests with at most one Lab object, a Corefile, iptables dumps; bare texts are named `files[0]`, `files[1]` ... */
  readonly files?: readonly (LabFile | string)[];
  readonly nodes?: number | undefined;
  readonly network?: string | undefined;
  readonly proxy?: string | undefined;
  readonly seed?: number | undefined;
}

/** Time for a kube-proxy to start and to bring about its rules, in virtual milliseconds. */
const PROXY_START = 2000;

/** What a lab was opened with. */
interface Opened {
  readonly intent: Intent;
  readonly options: LabOptions;
  readonly host: LabHost;
}

/** One world: nodes, machines, objects and time, open for questions. */
export class Lab {
  readonly #world: World;
  readonly #cluster: Cluster | undefined;
  #intent: Intent;
  readonly #options: LabOptions;
  readonly #host: LabHost;
  readonly #calls: Call[] = [];
  readonly #shells: LabShell[] = [];
  #door: KubeDoor | undefined;

  private constructor(world: World, cluster: Cluster | undefined, opened: Opened) {
    this.#world = world;
    this.#cluster = cluster;
    this.#intent = opened.intent;
    this.#options = opened.options;
    this.#host = opened.host;
  }

  /** Builds the world and waits, on virtual time, until everything in it is ready. Throws a TextError on bad input. */
  static async open(options: LabOptions, host: LabHost): Promise<Lab> {
    const intent = readIntent(namedFiles(options.files ?? []), options);
    const world = new World(host, intent.spec.seed, speaksIpv6(intent.spec));
    const cluster = intent.spec.nodes.length > 0 ? await Cluster.build(world, intent) : undefined;
    if (intent.spec.machines[0] === DEFAULT_MACHINE) await buildInternet(world, DEFAULT_SWITCH, DEFAULT_NETWORK);
    await buildMachines(world, intent.spec, intent.blame);
    const lab = new Lab(world, cluster, { intent, options, host });
    await lab.#loadDumps(intent.files);
    await cluster?.applyObjects(intent.objects);
    await cluster?.ready();
    return lab;
  }

  /** The lab that a snapshot was taken of, as it was then. Throws a TextError where the text is no snapshot. */
  static async restore(snapshot: string, host: LabHost): Promise<Lab> {
    const { options, calls } = parseSnapshot(snapshot);
    const lab = await Lab.open(options, host);
    for (const call of calls) await lab.#redo(call);
    return lab;
  }

  /** How many nodes and pods the files ask for, without building anything. Throws a TextError on bad input. */
  static size(options: LabOptions): { readonly nodes: number; readonly pods: number } {
    const { spec, pods } = readIntent(namedFiles(options.files ?? []), options);
    return { nodes: spec.nodes.length, pods };
  }

  /** Applies manifests, a Corefile or iptables dumps as `kubectl apply` would, and waits until everything is ready again. Nothing changes when one text is wrong. */
  async apply(files: readonly (LabFile | string)[]): Promise<Applied[]> {
    const intent = readIntent(namedFiles(files), {});
    if (intent.lab !== undefined) {
      throw new TextError(intent.lab.file, intent.lab.line, 1, "a Lab object", "objects for the lab that is open");
    }
    const cluster = this.#needCluster(intent);
    await this.#loadDumps(intent.files);
    const applied = await cluster?.applyObjects(intent.objects) ?? [];
    await cluster?.ready();
    this.#calls.push({ call: "apply", files: intent.files });
    return applied;
  }

  /** Deletes the objects that the manifests name, as `kubectl delete -f` would, and waits for the end of their pods. */
  async delete(files: readonly (LabFile | string)[]): Promise<Applied[]> {
    const intent = readIntent(namedFiles(files), {});
    const cluster = this.#needCluster(intent);
    const deleted = await cluster?.deleteObjects(intent.objects) ?? [];
    await cluster?.ready();
    this.#calls.push({ call: "delete", files: intent.files });
    return deleted;
  }

  /** Runs one command line at a place; time moves as far as it takes. */
  async exec(place: string, command: string): Promise<Answer> {
    const { machine } = this.#placeOf(place);
    this.#calls.push({ call: "exec", place, command });
    const { stdout, stderr, exit } = await machine.run(command);
    return { stdout, stderr, exit };
  }

  /** Opens a shell at a place, whose lines see what the lines before them left. */
  shell(place: string): LabShell {
    const number = this.#shells.length;
    const { machine, place: name } = this.#placeOf(place);
    const shell = new LabShell(name, machine, (line) => this.#calls.push({ call: "type", shell: number, line }));
    this.#shells.push(shell);
    this.#calls.push({ call: "shell", place });
    return shell;
  }

  /** Begins capturing what crosses a device of a place, or all its devices; `stop()` gives the pcapng file. */
  capture(place: string, device?: string): Capture {
    return new Capture(this.#placeOf(place).machine, device);
  }

  /** The cluster as its clients outside see it; undefined in a lab without nodes. */
  kube(): KubeDoor | undefined {
    this.#door ??= this.#cluster === undefined
      ? undefined
      : new KubeDoor(this.#cluster, (request) => this.#calls.push({ call: "kube", request }));
    return this.#door;
  }

  /** Virtual milliseconds since 1970. */
  now(): number {
    return this.#world.clock.now();
  }

  /** A place's view of DNS, for messages of clients outside the lab: what goes in leaves the place as packets. */
  dns(place: string): DnsGate {
    return new DnsGate(this.#placeOf(place).machine, this.#host.turn);
  }

  /** How a place looks the DNS name in a target up; undefined for targets that are places. No call a snapshot remembers. */
  async whyName(from: string, to: string): Promise<NameStory | undefined> {
    const name = nameIn(this.#world, this.#cluster, to);
    return name === undefined ? undefined : await lookUpStory(this.#placeOf(from).machine, name);
  }

  /** Sends a connection's first packet from one place to another and says how it ended, step by step, both ways. */
  async why(from: string, to: string, options: { readonly proto?: Protocol } = {}): Promise<Why> {
    const source = this.#placeOf(from);
    const protocol = options.proto ?? "tcp";
    this.#calls.push({ call: "why", from, to, proto: protocol });
    const target = await resolveTarget({ world: this.#world, cluster: this.#cluster, from: source, protocol }, to);
    return await explain({ world: this.#world, cluster: this.#cluster, from: source, target, protocol });
  }

  /** The verdict alone: {@link why} without the story. */
  async send(from: string, to: string, options: { readonly proto?: Protocol } = {}): Promise<Why["verdict"]> {
    return (await this.why(from, to, options)).verdict;
  }

  /** Who reaches whom: every pod to every Service port with endpoints; with `port`, every pod to every pod on it. */
  async matrix(options: { readonly port?: number } = {}): Promise<MatrixRow[]> {
    if (this.#cluster === undefined) return [];
    this.#calls.push({ call: "matrix", ...options });
    return await matrix(this.#cluster, options.port);
  }

  /** Lets `seconds` of virtual time pass. */
  async advance(seconds: number): Promise<void> {
    this.#noteAdvance(seconds);
    await this.#world.runner.advance(seconds * 1000);
  }

  /** Starts kube-proxy anew on every node, in another mode: it cleans up after the one before, save for `none`, which leaves all. */
  async setProxy(mode: ProxyMode): Promise<void> {
    this.#calls.push({ call: "proxy", mode });
    this.#cluster?.setProxy(mode);
    this.#intent = { ...this.#intent, spec: { ...this.#intent.spec, proxy: mode } };
    await this.#world.runner.advance(PROXY_START);
  }

  /** This lab as text, for {@link Lab.restore}: what it was opened with and the calls since. Calls must have been made one after another. */
  snapshot(): string {
    const options: Snapshot["options"] = { ...this.#options, files: namedFiles(this.#options.files ?? []) };
    return printSnapshot({ format: "podwire-snapshot/1", options, calls: this.#calls });
  }

  /** A second lab that is as this one is now and goes its own way from here. It takes the time that the calls so far took. */
  async fork(): Promise<Lab> {
    return await Lab.restore(this.snapshot(), this.#host);
  }

  /** Nodes, pods, Services and machines as they are now. */
  overview(): Overview {
    return overview(this.#world, this.#cluster, this.#intent);
  }

  /** What happened so far, in order. */
  get events(): readonly LabEvent[] {
    return this.#world.log.entries;
  }

  /** Calls `listener` for everything that happens from now on, until the returned function is called. */
  listen(listener: (event: LabEvent) => void): () => void {
    return this.#world.log.listen(listener);
  }

  /** Everything that happened in the cluster and on its nodes so far, a line each: the same for the same files and seed. */
  log(): string {
    return this.#world.log.entries.map(({ time, text }) => `${(time / 1000).toFixed(6)} ${text}\n`).join("");
  }

  /** Where a lesson's commands without a place are typed: the first machine, or `admin` of a cluster. */
  firstPlace(): string {
    return this.#cluster === undefined ? `machine/${this.#intent.spec.machines[0]?.name}` : "admin";
  }

  /** Gives the plane's memory back; the lab can't be asked any more. */
  close(): void {
    this.#world.close();
  }

  /** Two advances after one another are one. */
  #noteAdvance(seconds: number): void {
    const last = this.#calls.at(-1);
    if (last?.call === "advance") {
      this.#calls[this.#calls.length - 1] = { call: "advance", seconds: last.seconds + seconds };
    } else this.#calls.push({ call: "advance", seconds });
  }

  async #redo(call: Call): Promise<void> {
    switch (call.call) {
      case "apply":
        return void await this.apply(call.files);
      case "delete":
        return void await this.delete(call.files);
      case "exec":
        return void await this.exec(call.place, call.command);
      case "why":
        return await this.#askAgain(call);
      case "matrix":
        return void await this.matrix(call.port === undefined ? {} : { port: call.port });
      case "advance":
        return await this.advance(call.seconds);
      case "proxy":
        return await this.setProxy(call.mode);
      case "kube":
        return void this.kube()?.handle(call.request);
      case "shell":
        return void this.shell(call.place);
      case "type":
        return void await this.#shells[call.shell]?.run(call.line);
    }
  }

  /** A name that had no address had none then either, but asking for it took time. */
  async #askAgain({ from, to, proto }: Call & { readonly call: "why" }): Promise<void> {
    try {
      await this.why(from, to, { proto });
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error;
    }
  }

  #placeOf(text: string): ReturnType<typeof resolvePlace> {
    return resolvePlace(this.#world, this.#cluster, text);
  }

  #needCluster(intent: Intent): Cluster | undefined {
    const [first] = intent.objects;
    if (this.#cluster === undefined && first !== undefined) {
      throw new TextError(
        first.file,
        first.line,
        first.column,
        `a ${first.value.kind} in a lab without nodes`,
        "a lab with nodes",
      );
    }
    return this.#cluster;
  }

  async #loadDumps(files: readonly LabFile[]): Promise<void> {
    for (const file of files.filter((file) => kindOf(file) === "iptables")) {
      const machine = this.#dumpMachine(file);
      const { exit, stderr } = await machine.run("iptables-restore", { stdin: file.text });
      if (exit !== 0) throw new TextError(file.name, 1, 1, stderr.trim(), "rules that iptables-restore takes");
    }
  }

  #dumpMachine(file: LabFile): Machine {
    const machine = this.#world.machines.get(machineOf(file)) ?? [...this.#world.machines.values()][0];
    if (machine === undefined) throw new PlaceError(`${file.name}: no machine to load these rules into`);
    return machine;
  }
}

function namedFiles(files: readonly (LabFile | string)[]): LabFile[] {
  return files.map((file, i) => typeof file === "string" ? { name: `files[${i}]`, text: file } : file);
}
