import type { Api } from "../kube/mod.ts";
import { Client } from "./client.ts";
import type { Parsed } from "./flags.ts";
import type { KubectlHost } from "./host.ts";
import { type Named, parseSelection, pathTo, type Resource, ResourceMap, type Selection } from "./resources.ts";

/** One run of kubectl: what it was asked, what it says. */
export class Session {
  readonly client: Client;
  readonly resources: ResourceMap;
  /** Whether descriptions end in events: of one object alone, unless `--show-events=false`. */
  showEvents = true;
  #stdout = "";
  #stderr = "";

  constructor(readonly host: KubectlHost, readonly flags: Parsed, readonly stdin: string) {
    this.client = new Client(host);
    this.resources = new ResourceMap(this.client);
  }

  get api(): Api {
    return this.host.api;
  }

  /** The namespace of the command line, else of the context. */
  get namespace(): string {
    return this.flags.value("namespace") ?? this.host.namespace ?? "default";
  }

  get now(): number {
    return this.host.clock.now();
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Warnings of the server come first, as they come while it answers. */
  get stderr(): string {
    return this.client.warnings.map((warning) => `Warning: ${warning}\n`).join("") + this.#stderr;
  }

  /** Says a line. */
  say(line: string): void {
    this.#stdout += `${line}\n`;
  }

  /** Writes text as it is. */
  write(text: string): void {
    this.#stdout += text;
  }

  /** A line for standard error. */
  complain(line: string): void {
    this.#stderr += `${line}\n`;
  }

  /** The namespace requests for a resource go to: undefined for cluster-wide ones and with `-A`. */
  place(resource: Resource): string | undefined {
    return resource.namespaced && !this.flags.is("all-namespaces") ? this.namespace : undefined;
  }

  /** What the arguments name. */
  select(args: readonly string[] = this.flags.args): Selection {
    return parseSelection(args, this.resources);
  }

  /** The path of a named thing, or of a collection. */
  path(resource: Resource, name?: string): string {
    return pathTo(resource, this.place(resource), name);
  }

  /** All objects the arguments and selectors name; a kind without names stands for all of its objects. */
  targets(args: readonly string[] = this.flags.args): Named[] {
    const selection = this.select(args);
    if (selection.type === "named") return [...selection.items];
    return selection.resources.flatMap((resource) =>
      this.client.list(this.path(resource) + this.selectorQuery()).map(({ metadata }) => ({
        resource,
        name: metadata.name,
      }))
    );
  }

  /** `?labelSelector=...&fieldSelector=...` of the command line. */
  selectorQuery(more: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams();
    const labels = this.flags.value("selector");
    const fields = this.flags.value("field-selector");
    if (fields !== undefined) query.set("fieldSelector", fields);
    if (labels !== undefined) query.set("labelSelector", labels);
    for (const [key, value] of Object.entries(more)) query.set(key, value);
    const text = query.toString();
    return text === "" ? "" : `?${text}`;
  }
}
