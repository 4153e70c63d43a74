/** The three kinds of wrong. Bad text is a {@link TextError}; an emulated failure is a {@link Failure} value; our own bug throws. */

/** Where a text went wrong, and what would have been right there. Thrown by every `parseX`. */
export class TextError extends Error {
  override readonly name = "TextError";

  /**
   * @param file name of the text, as the user gave it (`-` for standard input)
   * @param line 1-based line
   * @param column 1-based column, in UTF-16 code units
   * @param problem what was found
   * @param expected what would have been accepted there
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly column: number,
    readonly problem: string,
    readonly expected: string,
  ) {
    super(`${file}:${line}:${column}: ${problem}, expected ${expected}`);
  }
}

/** Error numbers by name, as errno(3) has them. */
export type Errno =
  | "EPERM"
  | "ENOENT"
  | "ESRCH"
  | "EINTR"
  | "ENXIO"
  | "EBADF"
  | "EAGAIN"
  | "ENOMEM"
  | "EACCES"
  | "EBUSY"
  | "EEXIST"
  | "EXDEV"
  | "ENODEV"
  | "EINVAL"
  | "ERANGE"
  | "EOPNOTSUPP"
  | "EDESTADDRREQ"
  | "EMSGSIZE"
  | "EPROTO"
  | "EPROTONOSUPPORT"
  | "EAFNOSUPPORT"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ECONNABORTED"
  | "ECONNRESET"
  | "ENOBUFS"
  | "EISCONN"
  | "ENOTCONN"
  | "EPIPE"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "EREMOTEIO"
  | "EINPROGRESS"
  | "ELOOP"
  | "ENOTEMPTY"
  | "ENOPROTOOPT";

/** What the emulated kernel answered instead of doing it: an error number and, where netlink sends one, its extended-ack text. */
export interface Failure {
  readonly errno: Errno;
  readonly extack?: string;
}

/** A value, or the kernel's refusal. */
export type Result<T> = T | Failure;

/** Whether a kernel answer is a refusal. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "errno" in value && !("ok" in value);
}
