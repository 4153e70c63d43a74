/** HTTP/1.1 over a process's TCP streams: messages, a reader, a small server. */
export * from "./client.ts";
export * from "./message.ts";
export * from "./reader.ts";
export * from "./server.ts";
