/** The files of suite `coredns`: query vectors, Corefile rows and tables of CoreDNS's own tests, and what they are asked of. */
import { TextError } from "../../core/base/mod.ts";

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** What a reply holds, as lines `name ttl class type data`. */
export interface ReplyLines {
  readonly rcode?: string;
  readonly answer?: readonly string[];
  readonly ns?: readonly string[];
  readonly extra?: readonly string[];
}

/** One question and what is to come back. */
export interface Vector extends ReplyLines {
  readonly id: string;
  readonly suite: string;
  readonly fixture?: string | null;
  readonly options?: JsonObject;
  readonly qname: string;
  readonly qtype: string;
  readonly qclass?: string;
  readonly aa?: boolean;
  readonly tc?: boolean;
  readonly do?: boolean;
  readonly cd?: boolean;
  readonly ede?: number;
  readonly ordered?: boolean;
  readonly no_write?: boolean;
  readonly cached?: boolean;
  readonly upstream?: ReplyLines & JsonObject;
  readonly first_query?: JsonObject;
  readonly second_query?: JsonObject;
  readonly rewritten?: JsonObject;
  readonly chosen_zone?: string;
}

/** A Corefile and its blocks, or the message it is refused with. */
export interface CorefileRow {
  readonly input: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly at?: string;
  readonly warnings?: readonly string[];
  readonly blocks?: readonly {
    readonly keys: readonly string[];
    readonly directives: Readonly<Record<string, readonly string[]>>;
  }[];
}

/** The vectors file. */
export interface VectorFile {
  readonly vectors: readonly Vector[];
  readonly corefile: {
    readonly files: Readonly<Record<string, string>>;
    readonly lexer: readonly { readonly input: string; readonly tokens: readonly (readonly [number, string])[] }[];
    readonly parse: readonly CorefileRow[];
  };
  readonly tables: Readonly<Record<string, { readonly rows: readonly Json[] }>>;
}

/** A cluster of the fixture. */
export interface ClusterFixture {
  readonly missing_namespaces?: readonly string[];
  readonly services?: readonly JsonObject[];
  readonly serviceImports?: readonly JsonObject[];
  readonly endpointSlices?: readonly JsonObject[];
  readonly pods?: readonly JsonObject[];
}

/** The fixture file. */
export interface Fixture {
  readonly hosts: { readonly file_lines: readonly string[] };
  readonly autopath: { readonly next_plugin: Readonly<Record<string, string>> };
  readonly zones: Readonly<Record<string, { readonly origin: string; readonly records: readonly string[] }>>;
  readonly [cluster: string]: unknown;
}

/** Reads either file; throws a TextError where it is none. */
export function parseJsonFile<T>(text: string, file: string, wanted: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new TextError(file, 1, 1, error instanceof Error ? error.message : String(error), wanted);
  }
}
