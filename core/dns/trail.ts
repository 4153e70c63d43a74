/**
 * The way of a question through a server of the lab, for `dig --explain`: who asks puts an EDNS option of the range for
 * private use on the question, and a server that knows it answers with its steps in the same option. Others ignore it.
 */
import type { Message } from "./message.ts";

/** What happened in one plugin. */
export interface TrailStep {
  readonly plugin: string;
  readonly did: string;
}

/** A question's way through one server. */
export interface Trail {
  /** The server's host name. */
  readonly server: string;
  /** The server block, as its Corefile names it; empty where none is for the name. */
  readonly block: string;
  readonly steps: readonly TrailStep[];
  /** What the smallest change would be, where a plugin knows one. */
  readonly fix?: string;
}

const CODE = 65_432;
const ASKED = new TextEncoder().encode("podwire");

/** The option that asks for the way. */
export const TRAIL_WANTED = { code: CODE, data: ASKED } as const;

/** Whether a question asks for its way. */
export function wantsTrail({ edns }: Message): boolean {
  const option = edns?.options.find(({ code }) => code === CODE);
  return option !== undefined && new TextDecoder().decode(option.data) === "podwire";
}

/** The option with the way. */
export function trailOption(trail: Trail): { readonly code: number; readonly data: Uint8Array } {
  return { code: CODE, data: new TextEncoder().encode(JSON.stringify(trail)) };
}

/** The way a reply tells of; undefined for servers that tell nothing. */
export function trailOf({ edns }: Message): Trail | undefined {
  const option = edns?.options.find(({ code }) => code === CODE);
  if (option === undefined) return undefined;
  const text = new TextDecoder().decode(option.data);
  return text.startsWith("{") ? JSON.parse(text) : undefined;
}
