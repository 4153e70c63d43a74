/**
 * Redis: answers its protocol (RESP2 and inline commands) from a map in memory.
 *
 *     command = "*" n CRLF { "$" length CRLF bytes CRLF } | words CRLF
 */
import { isFailure, joinBytes, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import { type ImageRow, isAlpine, versionOf } from "../image.ts";
import { baseImage } from "./bases.ts";
import { readAll, serveTcp, untilAsked } from "./serve.ts";
import { redisTime } from "./times.ts";

const LATEST = "8.2.2";
const PORT = 6379;

/** Redis and its kin. */
export const REDIS: ImageRow = {
  repositories: ["redis", "bitnami/redis", "redis/redis-stack-server", "valkey/valkey", "registry.k8s.io/redis"],
  make: (reference) => {
    const base = baseImage(isAlpine(reference) ? "alpine" : "debian");
    const version = versionOf(reference, LATEST);
    return {
      ...base,
      entrypoint: ["docker-entrypoint.sh"],
      command: ["redis-server"],
      env: { ...base.env, REDIS_VERSION: version },
      workingDir: "/data",
      programs: {
        "docker-entrypoint.sh": entrypoint,
        "redis-server": (process) => redisServer(process, version),
        "redis-cli": redisCli,
      },
    };
  },
};

async function entrypoint(process: Process): Promise<number> {
  untilAsked(process);
  const command = process.argv.slice(1);
  const own = command.length === 0 || (command[0] as string).startsWith("-") ||
    (command[0] as string).endsWith(".conf");
  return await process.exec(own ? ["redis-server", ...command] : command);
}

async function redisServer(process: Process, version: string): Promise<number> {
  const asked = untilAsked(process);
  const say = (role: string, text: string) => process.out(`1:${role} ${redisTime(process.clock.now())} * ${text}\n`);
  const at = process.argv.indexOf("--port");
  const port = at < 0 ? PORT : Number(process.argv[at + 1]);
  say("C", "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
  say("C", `Redis version=${version}, bits=64, commit=00000000, modified=0, pid=1, just started`);
  const store = new RedisStore(version, () => process.clock.now());
  const failed = serveTcp(process, port, (stream) => converse(stream, store));
  if (failed !== undefined) {
    process.out(
      `1:M ${
        redisTime(process.clock.now())
      } # Warning: Could not create server TCP listening socket *:${port}: bind: Address already in use\n`,
    );
    return 1;
  }
  say("M", "monotonic clock: POSIX clock_gettime");
  say("M", `Running mode=standalone, port=${port}.`);
  say("M", "Server initialized");
  say("M", "Ready to accept connections tcp");
  await asked;
  say("M", "Redis is now ready to exit, bye bye...");
  return 0;
}

async function converse(stream: Stream, store: RedisStore): Promise<void> {
  let buffer: Uint8Array = new Uint8Array();
  await readAll(stream, async (data) => {
    buffer = joinBytes([buffer, data]);
    for (let parsed = parseCommand(buffer); parsed !== undefined; parsed = parseCommand(buffer)) {
      buffer = buffer.slice(parsed.length);
      if (parsed.words.length === 0) continue;
      await stream.write(store.answer(parsed.words));
      if (parsed.words[0]?.toUpperCase() === "QUIT") return false;
    }
    return true;
  });
}

/** The next whole command in some octets. */
export function parseCommand(
  bytes: Uint8Array,
): { readonly words: readonly string[]; readonly length: number } | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.startsWith("*")) {
    const end = text.indexOf("\n");
    return end < 0
      ? undefined
      : { words: text.slice(0, end).trim().split(/\s+/).filter((w) => w !== ""), length: end + 1 };
  }
  let at = text.indexOf("\r\n") + 2;
  if (at < 2) return undefined;
  const words: string[] = [];
  for (let left = Number(text.slice(1, at - 2)); left > 0; left--) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number(text.slice(at + 1, end));
    if (text.length < end + 2 + size + 2) return undefined;
    words.push(text.slice(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return { words, length: at };
}

const ok = "+OK\r\n";
const bulk = (text: string | undefined) => text === undefined ? "$-1\r\n" : `$${text.length}\r\n${text}\r\n`;
const number = (value: number) => `:${value}\r\n`;
const array = (items: readonly string[]) => `*${items.length}\r\n${items.join("")}`;

/** Keys and values, and what the commands do to them. */
class RedisStore {
  readonly #values = new Map<string, string>();

  constructor(readonly version: string, readonly now: () => number) {}

  /** The reply's octets as text. */
  answer(words: readonly string[]): string {
    const [name = "", ...args] = words;
    const run = COMMANDS[name.toUpperCase()];
    if (run === undefined) {
      const shown = args.slice(0, 3).map((arg) => `'${arg}' `).join("");
      return `-ERR unknown command '${name}', with args beginning with: ${shown}\r\n`;
    }
    return run(this, args) ?? `-ERR wrong number of arguments for '${name.toLowerCase()}' command\r\n`;
  }

  get values(): Map<string, string> {
    return this.#values;
  }
}

type Run = (store: RedisStore, args: readonly string[]) => string | undefined;

const COMMANDS: Readonly<Record<string, Run>> = {
  PING: (_, [text]) => text === undefined ? "+PONG\r\n" : bulk(text),
  ECHO: (_, [text]) => text === undefined ? undefined : bulk(text),
  SET: ({ values }, [key, value]) =>
    key === undefined || value === undefined ? undefined : (values.set(key, value), ok),
  GET: ({ values }, [key]) => key === undefined ? undefined : bulk(values.get(key)),
  DEL: ({ values }, keys) => keys.length === 0 ? undefined : number(keys.filter((key) => values.delete(key)).length),
  EXISTS: ({ values }, keys) => keys.length === 0 ? undefined : number(keys.filter((key) => values.has(key)).length),
  INCR: (store, [key]) => key === undefined ? undefined : add(store, key, 1),
  DECR: (store, [key]) => key === undefined ? undefined : add(store, key, -1),
  KEYS: ({ values }, [pattern]) => pattern === undefined ? undefined : array(keysLike(values, pattern).map(bulk)),
  DBSIZE: ({ values }) => number(values.size),
  FLUSHALL: ({ values }) => (values.clear(), ok),
  SELECT: () => ok,
  CLIENT: () => ok,
  COMMAND: () => array([]),
  QUIT: () => ok,
  INFO: (store) =>
    bulk(
      `# Server\r\nredis_version:${store.version}\r\nredis_mode:standalone\r\ntcp_port:${PORT}\r\n# Replication\r\nrole:master\r\n`,
    ),
  TIME: ({ now }) => array([bulk(String(Math.floor(now() / 1000))), bulk(String((now() % 1000) * 1000))]),
};

function add({ values }: RedisStore, key: string, by: number): string {
  const old = values.get(key) ?? "0";
  if (!/^-?\d+$/.test(old)) return "-ERR value is not an integer or out of range\r\n";
  values.set(key, String(Number(old) + by));
  return number(Number(old) + by);
}

function keysLike(values: ReadonlyMap<string, string>, pattern: string): string[] {
  const form = new RegExp(
    "^" + pattern.replace(/[.+^${}()|\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".") + "$",
  );
  return [...values.keys()].filter((key) => form.test(key));
}

/** `redis-cli [-h HOST] [-p PORT] COMMAND...`. */
async function redisCli(process: Process): Promise<number> {
  const args = [...process.argv.slice(1)];
  const where: Record<string, string> = { "-h": "127.0.0.1", "-p": String(PORT) };
  while (args[0] !== undefined && args[0] in where) where[args.shift() as string] = args.shift() ?? "";
  const info = await getaddrinfo(process, where["-h"] as string, { family: 4 });
  const place = `${where["-h"]}:${where["-p"]}`;
  if (gaiFailed(info)) return (process.err(`Could not connect to Redis at ${place}: ${info.text}\n`), 1);
  const stream = await process.net.connect(info.addresses[0] as string, Number(where["-p"]));
  if (stream === undefined || isFailure(stream)) {
    const why = stream === undefined ? "Connection timed out" : strerror(stream.errno);
    return (process.err(`Could not connect to Redis at ${place}: ${why}\n`), 1);
  }
  await stream.write(array(args.map(bulk)));
  const reply = await stream.read();
  stream.close();
  process.out(reply instanceof Uint8Array ? printReply(new TextDecoder("latin1").decode(reply)) : "");
  return 0;
}

/** A reply as redis-cli shows it where its output is no terminal. */
export function printReply(reply: string): string {
  const [first = "", ...rest] = reply.split("\r\n");
  if (first.startsWith("*")) return rest.filter((_, i) => i % 2 === 1).map((line) => line + "\n").join("");
  if (first.startsWith("$")) return `${first === "$-1" ? "" : rest.slice(0, -1).join("\r\n")}\n`;
  return `${first.slice(1)}\n`;
}
