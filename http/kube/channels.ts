/**
 * Streams of exec and attach over one WebSocket, as `v4.channel.k8s.io` and `v5.channel.k8s.io` have them: each message is
 *
 *     message = channel *OCTET
 *     channel = %x00 / %x01 / %x02 / %x03 / %x04 / %xFF      ; stdin stdout stderr error resize close (v5)
 *     close   = %xFF channel                                 ; this channel is at its end
 */
export const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Numbers of the channels. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** One message as it came. */
export type Message =
  | { readonly type: "data"; readonly channel: number; readonly data: Uint8Array }
  | { readonly type: "close"; readonly channel: number };

/** Reads a message; an empty one says nothing. */
export function parseMessage(bytes: Uint8Array): Message | undefined {
  const [channel] = bytes;
  if (channel === undefined) return undefined;
  if (channel === CHANNEL.close) return { type: "close", channel: bytes[1] ?? CHANNEL.stdin };
  return { type: "data", channel, data: bytes.subarray(1) };
}

/** Writes a message of a channel. */
export function printMessage(channel: number, data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return message;
}

/** What the error channel says at the end of a command: a Status with its exit status. */
export function exitStatus(exit: number): object {
  if (exit === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: error executing command, exit code ${exit}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exit) }] },
  };
}

/** What the error channel says where a command could not be run. */
export function failureStatus(message: string): object {
  return { metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
}
