/** Database servers as far as a network sees them: they listen, greet as their protocol begins, and take what they are sent. */
import type { Process, Stream } from "../../linux/mod.ts";
import { type ImageRow, versionOf } from "../image.ts";
import { baseImage } from "./bases.ts";
import { readAll, serveTcp, untilAsked } from "./serve.ts";
import { postgresTime } from "./times.ts";

interface Database {
  readonly repositories: readonly string[];
  readonly program: string;
  readonly port: number;
  readonly latest: string;
  /** What it says first, as MySQL does. */
  greeting?(version: string): Uint8Array;
  /** What it answers to the first octets it is sent. */
  reply?(data: Uint8Array): Uint8Array | undefined;
  /** Its log when it is up. */
  ready(time: number, version: string, port: number): string;
}

const ascii = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** MySQL's handshake v10 (protocol::HandshakeV10), without a challenge of any worth. */
function mysqlGreeting(version: string): Uint8Array {
  const body = [10, ...ascii(version), 0, 8, 0, 0, 0, ...ascii("abcdefgh"), 0, 0xff, 0xff, 0xff, 2, 0, 0xff, 0xdf, 21];
  const rest = [...new Array<number>(10).fill(0), ...ascii("abcdefghijkl"), 0, ...ascii("caching_sha2_password"), 0];
  const whole = [...body, ...rest];
  return Uint8Array.from([whole.length & 255, whole.length >> 8, 0, 0, ...whole]);
}

/** PostgreSQL: no to an SSLRequest, else a request for a password. */
function postgresReply(data: Uint8Array): Uint8Array | undefined {
  const ssl = data.length === 8 && data[4] === 0x04 && data[5] === 0xd2 && data[6] === 0x16 && data[7] === 0x2f;
  return ssl ? ascii("N") : Uint8Array.from([...ascii("R"), 0, 0, 0, 8, 0, 0, 0, 3]);
}

const DATABASES: readonly Database[] = [
  {
    repositories: ["postgres", "bitnami/postgresql", "postgis/postgis"],
    program: "postgres",
    port: 5432,
    latest: "18.0",
    reply: postgresReply,
    ready: (time, version, port) => {
      const stamp = `${postgresTime(time)} [1] LOG: `;
      return `\nPostgreSQL init process complete; ready for start up.\n\n${stamp} starting PostgreSQL ${version} on x86_64-pc-linux-gnu\n` +
        `${stamp} listening on IPv4 address "0.0.0.0", port ${port}\n${stamp} database system is ready to accept connections\n`;
    },
  },
  {
    repositories: ["mysql", "bitnami/mysql", "mysql/mysql-server"],
    program: "mysqld",
    port: 3306,
    latest: "9.4.0",
    greeting: mysqlGreeting,
    ready: (time, version, port) =>
      `${
        mysqlTime(time)
      } 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '${version}'  ` +
      `socket: '/var/run/mysqld/mysqld.sock'  port: ${port}  MySQL Community Server - GPL.\n`,
  },
  {
    repositories: ["mariadb", "bitnami/mariadb"],
    program: "mariadbd",
    port: 3306,
    latest: "12.0.2",
    greeting: (version) => mysqlGreeting(`5.5.5-${version}-MariaDB`),
    ready: (time, version, port) =>
      `${
        postgresTime(time).slice(0, 19)
      } 0 [Note] mariadbd: ready for connections.\nVersion: '${version}-MariaDB-ubu2404'  ` +
      `socket: '/run/mysqld/mysqld.sock'  port: ${port}  mariadb.org binary distribution\n`,
  },
  {
    repositories: ["mongo", "bitnami/mongodb", "mongodb/mongodb-community-server"],
    program: "mongod",
    port: 27017,
    latest: "8.2.1",
    ready: (time, _version, port) =>
      `{"t":{"$date":"${
        new Date(time).toISOString().replace("Z", "+00:00")
      }"},"s":"I",  "c":"NETWORK",  "id":23016,   ` +
      `"svc":"S", "ctx":"listener","msg":"Waiting for connections","attr":{"port":${port},"ssl":"off"}}\n`,
  },
  {
    repositories: ["memcached", "bitnami/memcached"],
    program: "memcached",
    port: 11211,
    latest: "1.6.39",
    reply: (data) =>
      /^version\s/.test(new TextDecoder().decode(data)) ? ascii("VERSION 1.6.39\r\n") : ascii("ERROR\r\n"),
    ready: () => "",
  },
];

function mysqlTime(time: number): string {
  return new Date(time).toISOString().replace("Z", "000Z");
}

/** The database images. */
export const DATABASE_ROWS: readonly ImageRow[] = DATABASES.map((database): ImageRow => ({
  repositories: database.repositories,
  make: (reference) => {
    const base = baseImage("debian");
    const version = versionOf(reference, database.latest);
    return {
      ...base,
      entrypoint: ["docker-entrypoint.sh"],
      command: [database.program],
      programs: {
        "docker-entrypoint.sh": (process) => (untilAsked(process), process.exec(process.argv.slice(1))),
        [database.program]: (process) => run(process, database, version),
      },
    };
  },
}));

async function run(process: Process, database: Database, version: string): Promise<number> {
  const asked = untilAsked(process);
  const failed = serveTcp(process, database.port, (stream) => converse(stream, database, version));
  if (failed !== undefined) {
    process.err(`could not bind to port ${database.port}: ${failed}\n`);
    return 1;
  }
  process.err(database.ready(process.clock.now(), version, database.port));
  await asked;
  return 0;
}

async function converse(stream: Stream, database: Database, version: string): Promise<void> {
  if (database.greeting !== undefined) await stream.write(database.greeting(version));
  await readAll(stream, async (data) => {
    const reply = database.reply?.(data);
    if (reply !== undefined) await stream.write(reply);
    return true;
  });
}
