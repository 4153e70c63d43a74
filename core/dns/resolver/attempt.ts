/** What a resolver did, for whoever wants to explain it. */
import type { Message } from "../message.ts";
import type { Question } from "../record.ts";

/** One question put to one server, and how that went. */
export interface Attempt {
  readonly server: string;
  readonly question: Question;
  readonly transport: "udp" | "tcp";
  /** Virtual milliseconds since 1970 when it was sent. */
  readonly sent: number;
  /** How long until it ended. */
  readonly took: number;
  /** A reply, or how it failed: `timed out`, `connection refused` ... */
  readonly reply?: Message;
  readonly failure?: string;
}

/** Is told every attempt as it ends. */
export type Watch = (attempt: Attempt) => void;
