import { corednsVersion, type CorefileReport, reportCorefile } from "../core/lab/mod.ts";
import { readText } from "./files.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire corefile check`: what CoreDNS would say of a file at its start, then what it would not; exit status 2 where it refuses it. */
export const corefile: Verb = {
  usage: "check FILE [--version COREDNS|KUBERNETES] [--json]",
  does: "what CoreDNS says of a Corefile at its start, and warnings about what it does not say",
  run(argv) {
    const words = readWords(argv, { string: ["version"] });
    const [action, file, ...more] = words.rest;
    if (action !== "check" || file === undefined || more.length > 0) {
      throw new UsageError("check and one file are needed");
    }
    const version = corednsVersion(words.text["version"]);
    if (version === undefined) {
      throw new UsageError(
        `--version is ${JSON.stringify(words.text["version"])}, expected one such as 1.11.1 or 1.31`,
      );
    }
    const report = reportCorefile(readText(file), file, {
      version,
      read: (path) => readNear(file, path),
      list: (folder) => listNear(file, folder),
    });
    if (words.flag["json"]) console.log(JSON.stringify(plain(report), null, 2));
    else print(report);
    if (report.error !== undefined && !words.flag["json"]) throw report.error;
    return Promise.resolve(report.error === undefined ? 0 : 2);
  },
};

function print({ prints, advice }: CorefileReport): void {
  for (const line of prints) console.log(line);
  for (const { file, line, column, plugin, text, fix } of advice) {
    console.log(`${file}:${line}:${column}: warning: ${plugin}: ${text}\n    better: ${fix}`);
  }
}

function plain({ version, prints, advice, error }: CorefileReport) {
  if (error === undefined) return { ok: true, version, prints, warnings: advice };
  const { file, line, column, problem, expected } = error;
  return { ok: false, version, prints, error: { file, line, column, problem, expected }, warnings: advice };
}

/** A file that the Corefile names, relative to where it lies. */
function readNear(corefile: string, path: string): string | undefined {
  return orNothing(() => Deno.readTextFileSync(near(corefile, path)));
}

function listNear(corefile: string, folder: string): readonly string[] | undefined {
  return orNothing(() => [...Deno.readDirSync(near(corefile, folder))].map(({ name }) => name).sort());
}

function near(corefile: string, path: string): string {
  const folder = corefile.slice(0, corefile.lastIndexOf("/") + 1);
  return path.startsWith("/") || path.startsWith(folder) ? path : folder + path;
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
