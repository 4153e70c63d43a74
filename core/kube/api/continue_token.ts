/** Continue tokens: base64 (URL alphabet, no padding) of `{"v":"meta.k8s.io/v1","rv":VERSION,"start":KEY}`, where a list goes on. */
import { syntaxProblem } from "./json_syntax.ts";

/** Where a list goes on, and of which version of the store it is; -1: of the latest. */
export interface Continue {
  readonly version: number;
  /** The first key that may come: `name`, or `namespace/name`; an ending NUL makes it the first one behind it. */
  readonly start: string;
}

const ENCODED = "meta.k8s.io/v1";

/** The token. */
export function printContinue({ version, start }: Continue): string {
  const text = JSON.stringify({ v: ENCODED, rv: version, start });
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** What a token says, or why it cannot be read. */
export function parseContinue(token: string): Continue | string {
  const bad = base64Problem(token);
  if (bad !== undefined) return notValid(`illegal base64 data at input byte ${bad}`);
  const binary = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
  const text = new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
  try {
    return checked(JSON.parse(text) as Record<string, unknown>);
  } catch {
    return notValid(syntaxProblem(binary) ?? "unexpected end of JSON input");
  }
}

function notValid(why: string): string {
  return `continue key is not valid: ${why}`;
}

function checked(value: Record<string, unknown> | null): Continue | string {
  const { v = "", rv = 0, start = "" } = value ?? {};
  if (v !== ENCODED) return notValid(`server does not recognize this encoded version ${JSON.stringify(v)}`);
  if (rv === 0) return notValid(`incorrect encoded start resourceVersion (version ${ENCODED})`);
  if (start === "") return notValid(`encoded start key empty (version ${ENCODED})`);
  return { version: Number(rv), start: String(start).replace(/^\//, "") };
}

/** The first byte that is not base64; undefined where all are. */
function base64Problem(token: string): number | undefined {
  const at = token.search(/[^A-Za-z0-9_-]/);
  if (at >= 0) return at;
  return token.length % 4 === 1 ? token.length - 1 : undefined;
}
