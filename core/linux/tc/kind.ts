import type { PlaneApi } from "../../../wasm/mod.ts";
import { Exit } from "../iproute/exit.ts";
import type { Json } from "../iproute/json.ts";
import type { Words } from "../iproute/words.ts";
import { TC_USAGE } from "./usage.ts";

/** What a queueing discipline does to packets that leave: netem's terms. */
export type Shaping = NonNullable<Parameters<PlaneApi["setNetem"]>[2]>;

/** Options as they are printed: text behind the head of a line, and the same as JSON. */
export interface Printed {
  readonly text: string;
  readonly json: Readonly<Record<string, Json>>;
}

/** What printers know about the place. */
export interface Shown {
  readonly details: boolean;
}

/** A qdisc's options, ready to be used. */
export interface Settings {
  print(shown: Shown): Printed;
  /** What it does to packets; absent: nothing that shows while no queue builds up. */
  readonly shaping?: Shaping;
  /** Features it was given that packets do not feel: named when they are set. */
  readonly unmodelled?: readonly string[];
}

/** One kind of queueing discipline. `mtu` is the device's; `before` what it was set to, when it is changed. */
export interface Kind {
  readonly name: string;
  readonly classful?: boolean;
  parse(words: Words, device: { readonly mtu: number; readonly txqlen: number }, before?: Settings): Settings;
}

/** A word that a kind does not know: what tc asks, and the kind's usage. */
export function whatIs(word: string, usage: string): Exit {
  return new Exit(1, `What is "${word}"?\n${TC_USAGE[usage]}`);
}

/** iproute2's get_..., in netem's and htb's words: `Illegal "limit"`. */
export function legal<T>(value: T | undefined, name: string, usage = ""): T {
  if (value === undefined) throw new Exit(1, `Illegal "${name}"\n${usage === "" ? "" : TC_USAGE[usage]}`);
  return value;
}

/** A whole number, or undefined. */
export function whole(text: string): number | undefined {
  return /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : undefined;
}
