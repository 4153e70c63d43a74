import { createApp } from "../http/mod.ts";
import { defaultHost } from "../mod.ts";
import { readWords, UsageError, wholeNumber } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire serve`: the HTTP API on a local port, until it is stopped. */
export const serve: Verb = {
  usage: "[--host 127.0.0.1] [--port 8080]",
  does: "the HTTP API, described at /openapi.json",
  async run(argv) {
    const words = readWords(argv, { string: ["host", "port"] });
    if (words.rest.length > 0) throw new UsageError(`unexpected ${JSON.stringify(words.rest[0])}`);
    const hostname = words.text["host"] ?? "127.0.0.1";
    const port = wholeNumber(words, "port") ?? 8080;
    const app = createApp(defaultHost());
    const server = Deno.serve({
      hostname,
      port,
      onListen: (at) => console.log(`podwire listens on http://${at.hostname}:${at.port}, described at /openapi.json`),
    }, app.fetch);
    await server.finished;
    return 0;
  },
};
