import { strerror } from "../../base/mod.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { parseSysctlConf, sysctlPath } from "./conf.ts";
import { dotted, sysctlPaths } from "./store.ts";
import { SYSCTL_USAGE } from "./usage.ts";

/** What the options of `sysctl` say. */
interface Options {
  all: boolean;
  names: boolean;
  values: boolean;
  binary: boolean;
  ignore: boolean;
  quiet: boolean;
  write: boolean;
  dryRun: boolean;
  system: boolean;
  load: boolean;
  pattern?: RegExp;
  readonly words: string[];
}

const LONG: Readonly<Record<string, string>> = {
  all: "a",
  binary: "b",
  ignore: "e",
  names: "N",
  values: "n",
  load: "p",
  pattern: "r",
  quiet: "q",
  write: "w",
  help: "h",
  version: "V",
};

/** `sysctl` of procps 4.0.2. */
export const sysctl: Program = (process) => {
  const options = takeOptions(process);
  return Promise.resolve(typeof options === "number" ? options : run(process, options));
};

function run(process: Process, options: Options): number {
  if (options.load || options.system) return loadFiles(process, options);
  if (options.all) return showAll(process, options);
  if (options.words.length === 0) {
    const alone = process.argv.length === 1;
    process.err(alone ? SYSCTL_USAGE : "sysctl: no variables specified\nTry `sysctl --help' for more information.\n");
    return 1;
  }
  if (options.words[0] === "") {
    process.err(`sysctl: "" is an unknown key\n`);
    return 255;
  }
  let status = 0;
  for (const [index, word] of options.words.entries()) {
    const bad = options.write || word.includes("=")
      ? writeWord(process, options, word, index)
      : showWord(process, options, word);
    status = bad ? 1 : status;
  }
  return status;
}

function takeOptions(process: Process): Options | number {
  const options: Options = {
    all: false,
    names: false,
    values: false,
    binary: false,
    ignore: false,
    quiet: false,
    write: false,
    dryRun: false,
    system: false,
    load: false,
    words: [],
  };
  const words = process.argv.slice(1);
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === "--") options.words.push(...words.splice(0));
    else if (word.startsWith("--")) {
      const status = takeLong(process, options, word.slice(2), words);
      if (status !== undefined) return status;
    } else if (word.startsWith("-") && word.length > 1) {
      const status = takeShort(process, options, word.slice(1), words);
      if (status !== undefined) return status;
    } else options.words.push(word);
  }
  return options;
}

function takeLong(process: Process, options: Options, text: string, words: string[]): number | undefined {
  const [name = "", value] = text.split("=");
  if (name === "system") options.system = true;
  else if (name === "dry-run") options.dryRun = true;
  else if (name === "deprecated") return undefined;
  else if (LONG[name] !== undefined) {
    if (value !== undefined) words.unshift(value);
    return takeShort(process, options, LONG[name], words);
  } else {
    process.err(`sysctl: unrecognized option '--${name}'\n`);
    process.out(SYSCTL_USAGE);
    return 0;
  }
  return undefined;
}

function takeShort(process: Process, options: Options, letters: string, words: string[]): number | undefined {
  for (const [index, letter] of [...letters].entries()) {
    const status = takeLetter(process, options, letter);
    if (status !== undefined) return status;
    if (letter === "r") {
      const rest = letters.slice(index + 1);
      options.pattern = new RegExp(rest === "" ? words.shift() ?? "" : rest);
      return undefined;
    }
  }
  return undefined;
}

function takeLetter(process: Process, options: Options, letter: string): number | undefined {
  if (letter === "a" || letter === "A" || letter === "X") options.all = true;
  else if (letter === "b") options.binary = options.values = true;
  else if (letter === "e") options.ignore = true;
  else if (letter === "N") options.names = true;
  else if (letter === "n") options.values = true;
  else if (letter === "p" || letter === "f") options.load = true;
  else if (letter === "q") options.quiet = true;
  else if (letter === "w") options.write = true;
  else if (letter === "h" || letter === "d") {
    process.out(SYSCTL_USAGE);
    return 0;
  } else if (letter === "V") {
    process.out("sysctl from procps-ng 4.0.2\n");
    return 0;
  } else if (!"rox".includes(letter)) {
    process.err(`sysctl: invalid option -- '${letter}'\n`);
    process.out(SYSCTL_USAGE);
    return 0;
  }
  return undefined;
}

/** A path under `/proc/sys` in dots; dots of its own (a VLAN device) become slashes. */
function printKey(path: string): string {
  return path.replace(/[./]/g, (char) => (char === "/" ? "." : "/"));
}

function print(process: Process, options: Options, path: string, value: string): void {
  if (options.names) process.out(`${printKey(path)}\n`);
  else if (options.values) process.out(options.binary ? value : `${value}\n`);
  else process.out(`${printKey(path)} = ${value}\n`);
}

/** Whether it failed. */
function showWord(process: Process, options: Options, word: string): boolean {
  const paths = expand(process, sysctlPath(word));
  if (paths.length === 0) return complain(process, options, sysctlPath(word));
  for (const path of paths) {
    const text = process.files.read(`/proc/sys/${path}`);
    if (text === undefined) return complain(process, options, path);
    print(process, options, path, text.replace(/\n$/, ""));
  }
  return false;
}

function complain(process: Process, options: Options, path: string): boolean {
  if (options.ignore) return false;
  process.err(`sysctl: cannot stat /proc/sys/${path}: No such file or directory\n`);
  return true;
}

/** A glob(7) pattern; a bracket that is never closed, or whose range runs backwards, stands for itself. */
function globPattern(glob: string): RegExp {
  const plain = glob.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", "[^/]*").replaceAll("?", "[^/]");
  try {
    return new RegExp(`^${plain}$`);
  } catch {
    return new RegExp(`^${glob.replace(/[.+^${}()|\\[\]*?]/g, "\\$&")}$`);
  }
}

/** The files a word means: itself, those of a pattern, or all below a folder. */
function expand(process: Process, path: string): string[] {
  const all = sysctlPaths(namespaceOf(process.machine.plane, process.ns));
  if (/[*?[]/.test(path)) {
    const pattern = globPattern(path);
    return all.filter((one) => pattern.test(one));
  }
  if (process.files.read(`/proc/sys/${path}`) !== undefined) return [path];
  return all.filter((one) => one.startsWith(`${path}/`));
}

/** Whether it failed. */
function writeWord(process: Process, options: Options, word: string, index: number): boolean {
  const at = word.indexOf("=");
  if (at < 1) {
    // Only the first is complained of, and one without a name not at all.
    if (index === 0 && at < 0) process.err(`sysctl: command line(${index}): invalid syntax, continuing...\n`);
    return true;
  }
  return write(process, options, { key: word.slice(0, at).trim(), value: word.slice(at + 1).trim(), lenient: false });
}

function write(
  process: Process,
  options: Options,
  setting: { readonly key: string; readonly value: string; readonly lenient: boolean },
): boolean {
  const path = sysctlPath(setting.key);
  if (process.files.read(`/proc/sys/${path}`) === undefined) {
    return complain(process, options, path) && !setting.lenient;
  }
  const refused = options.dryRun ? undefined : process.files.write(`/proc/sys/${path}`, setting.value);
  if (refused !== undefined) {
    if (setting.lenient) return false;
    process.err(`sysctl: setting key "${dotted(path)}": ${strerror(refused.errno)}\n`);
    return true;
  }
  if (!options.quiet) print(process, options, path, setting.value);
  return false;
}

function showAll(process: Process, options: Options): number {
  for (const path of sysctlPaths(namespaceOf(process.machine.plane, process.ns))) {
    if (options.pattern !== undefined && !options.pattern.test(printKey(path))) continue;
    const text = process.files.read(`/proc/sys/${path}`);
    if (text !== undefined) print(process, options, path, text.replace(/\n$/, ""));
  }
  return 0;
}

const FOLDERS = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

function loadFiles(process: Process, options: Options): number {
  const { files } = process;
  const paths = options.system
    ? [
      ...FOLDERS.flatMap((folder) =>
        (files.list(folder) ?? []).filter((n) => n.endsWith(".conf")).map((n) => `${folder}/${n}`)
      ),
      "/etc/sysctl.conf",
    ]
    : options.words.length > 0
    ? options.words
    : ["/etc/sysctl.conf"];
  let status = 0;
  for (const path of paths) {
    if (options.system && !options.quiet) process.out(`* Applying ${path} ...\n`);
    if (loadFile(process, options, path)) status = 1;
  }
  return status;
}

function loadFile(process: Process, options: Options, path: string): boolean {
  const text = path === "-"
    ? process.stdin
    : process.files.read(path.startsWith("/") ? path : `${process.cwd}/${path}`);
  if (text === undefined) {
    process.err(`sysctl: cannot open "${path}": No such file or directory\n`);
    return true;
  }
  const { settings, bad } = parseSysctlConf(text);
  for (const line of bad) process.err(`sysctl: ${path}(${line}): invalid syntax, continuing...\n`);
  let failed = false;
  for (const setting of settings) failed = write(process, options, setting) || failed;
  return failed;
}
