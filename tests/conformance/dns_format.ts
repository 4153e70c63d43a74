/** The recording format podwire-dns/1: what a real CoreDNS answered, case by case. */

/** One question of a case, with what came back. */
export interface DnsQuestion {
  readonly name: string;
  readonly type?: string;
  readonly class?: string;
  readonly proto?: "udp" | "tcp";
  readonly rd?: boolean;
  readonly cd?: boolean;
  readonly ad?: boolean;
  readonly opcode?: string;
  readonly edns?: number;
  readonly edns_version?: number;
  readonly do?: boolean;
  readonly options?: readonly { readonly code: number; readonly data: string }[];
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly sleep?: number;
  readonly wire?: string;
  readonly skip?: boolean;
  readonly expect: Expected;
}

/** What came back; TTLs and serials may be `*`. */
export interface Expected {
  readonly rcode?: string;
  readonly flags?: readonly string[];
  readonly opcode?: string;
  readonly question?: readonly string[];
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
  readonly edns?: Readonly<Record<string, unknown>>;
  readonly size?: number;
  readonly unordered?: boolean;
  readonly subset?: boolean;
  /** Seconds until the reply. */
  readonly took?: number;
  readonly timeout?: boolean;
  readonly refused?: boolean;
  readonly closed?: boolean;
  readonly unstable?: boolean;
}

/** A change to the world between questions. */
export type DnsChange =
  & { readonly sleep?: number; readonly wait?: number }
  & (
    | { readonly do: "apply"; readonly objects: string }
    | { readonly do: "delete"; readonly kind: string; readonly namespace?: string; readonly object: string }
    | { readonly do: "write"; readonly file: string; readonly text: string }
    | { readonly do: "upstream"; readonly addr: string; readonly mode: UpstreamMode }
    | { readonly do: "pause" }
  );

/** A step is told by its `do`: a string is a change. */
export type DnsStep = DnsQuestion | DnsChange;

/** How an upstream behaves. */
export type UpstreamMode = "normal" | "servfail" | "refused" | "notimp" | "drop";

/** A name server of the world. */
export interface UpstreamSpec {
  readonly zones?: Readonly<Record<string, string>>;
  readonly mode?: UpstreamMode;
  readonly ra?: boolean;
  readonly aa?: boolean;
  /** Seconds. */
  readonly delay?: number;
}

/** An HTTP request after the last step. */
export interface HttpCheck {
  readonly url: string;
  readonly grep?: string;
  readonly method?: string;
  readonly expect: {
    readonly refused?: boolean;
    readonly status?: number;
    readonly body?: string;
    readonly type?: string;
  };
}

/** One world with its steps. */
export interface DnsCase {
  readonly id: string;
  readonly title: string;
  readonly corefile: string;
  readonly objects?: string;
  readonly api?: "down";
  readonly upstreams?: Readonly<Record<string, UpstreamSpec>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly queries: readonly DnsStep[];
  readonly http?: readonly HttpCheck[];
  readonly start: {
    readonly ok: boolean;
    readonly error?: string;
    readonly exit: number | null;
    readonly ran?: boolean;
  };
  readonly log?: readonly string[];
  readonly log_partial?: boolean;
  readonly upstream_queries?: Readonly<Record<string, number>>;
}

/** Whether a step changes the world instead of asking it. */
export function isChange(step: DnsStep): step is DnsChange {
  return "do" in step && typeof step.do === "string";
}

/** The cases of a recording; throws a RangeError on another format. */
export function parseDns(text: string, file: string): readonly DnsCase[] {
  const document = JSON.parse(text) as { readonly format?: string; readonly cases: readonly DnsCase[] };
  if (document.format !== "podwire-dns/1") throw new RangeError(`${file}: format podwire-dns/1 expected`);
  return document.cases;
}
