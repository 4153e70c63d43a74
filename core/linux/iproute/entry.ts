import type { Json } from "./json.ts";

/** One record being reported: the same fields go into its text and into its JSON object, in one order. */
export class Entry {
  text = "";
  readonly json: Record<string, Json | undefined> = {};

  /** A field with its text. */
  put(key: string, value: Json, text: string): this {
    this.json[key] = value;
    this.text += text;
    return this;
  }

  /** Text that is no field. */
  say(text: string): this {
    this.text += text;
    return this;
  }

  /** A field that only JSON has. */
  note(key: string, value: Json | undefined): this {
    this.json[key] = value;
    return this;
  }
}
