/** Starts containers: what runs first, how its output becomes a log, and the words of the runtime where it does not start. */
import type { Feed } from "../base/mod.ts";
import type { Machine, Program, RunningProcess } from "../linux/mod.ts";
import type { Container, ContainerSpec, LogLine } from "./container.ts";
import type { Image } from "./image.ts";
import { imageOf } from "./images/mod.ts";
import { STAND_IN, standIn } from "./images/unknown.ts";
import { machineImage, programKey } from "./machine.ts";
import { parseImageReference, printImageReference } from "./reference.ts";

const SIGKILL = 9;
/** What containerd reports for a process that could not be started. */
const START_ERROR = 128;

/** Starts a container's first process; it runs whenever the runner does. */
export function startContainer(spec: ContainerSpec): Container {
  const image = machineImage(spec.machine) ?? imageOf(spec.image);
  const argv = commandOf(spec, image);
  const program = programOf(spec, image, argv[0] ?? "");
  if (program === undefined) return failed(argv[0]);
  const options = { env: { ...spec.machine.env, ...spec.env }, cwd: spec.workingDir ?? image.workingDir };
  const process = program === "machine"
    ? spec.machine.start(argv, options)
    : spec.machine.startProgram(program, argv, options);
  return running(spec, process);
}

/** `command` replaces ENTRYPOINT and, alone, drops CMD; `args` replaces CMD. */
export function commandOf(spec: Pick<ContainerSpec, "command" | "args">, image: Image): readonly string[] {
  const { command, args } = spec;
  if (command !== undefined && command.length > 0) return [...command, ...args ?? []];
  return [...image.entrypoint, ...args ?? image.command];
}

/** A program of ours, `machine` for what the machine finds by itself, or undefined for nothing. */
function programOf(spec: ContainerSpec, image: Image, word: string): Program | "machine" | undefined {
  const handed = image.borrowed.map((name) => spec.programs?.get(name)).find((program) => program !== undefined);
  if (handed !== undefined && (word === image.entrypoint[0] || image.borrowed.includes(word))) return handed;
  if (word === STAND_IN && image.unknown) return standIn(spec);
  if (finds(spec.machine, image, word)) return "machine";
  return image.unknown && word !== "" ? standIn(spec) : undefined;
}

/** Whether a word is a program in an image's machine. */
function finds(machine: Machine, image: Image, word: string): boolean {
  const name = programKey(word);
  if (machine.programs.has(name) || machine.programs.has(word)) return true;
  if (!image.shell) return false;
  return SHELL_WORDS.has(name) || (word.startsWith("/") && machine.files.read(word) !== undefined);
}

/** Commands every image with a shell has; the shell runs them. */
const SHELL_WORDS: ReadonlySet<string> = new Set(
  ("sh ash bash dash zsh sleep echo cat ls env printenv true false test head tail grep sed awk sort uniq wc cut tr date " +
    "id whoami pwd seq yes printf tee touch rm cp mv mkdir rmdir ln find xargs base64 md5sum sha256sum timeout time kill " +
    "stat chmod chown basename dirname expr nl od paste readlink realpath rev split tac tar gzip gunzip which uname df du ps")
    .split(" "),
);

function failed(word: string | undefined): Container {
  const failure = `failed to create containerd task: failed to create shim task: OCI runtime create failed: ` +
    `runc create failed: unable to start container process: ${notFound(word ?? "")}: unknown`;
  return { done: Promise.resolve(START_ERROR), running: false, failure, stop: () => {} };
}

function notFound(word: string): string {
  return word.includes("/")
    ? `exec: "${word}": stat ${word}: no such file or directory`
    : `exec: "${word}": executable file not found in $PATH`;
}

/** Why a command cannot be run in a container, in the runtime's words; undefined where it can. Its exit status is 127. */
export function execProblem(machine: Machine, argv: readonly string[]): string | undefined {
  const image = machineImage(machine);
  const word = argv[0] ?? "";
  if (image === undefined || finds(machine, image, word)) return undefined;
  return `OCI runtime exec failed: exec failed: unable to start container process: ${notFound(word)}: unknown`;
}

function running(spec: ContainerSpec, process: RunningProcess): Container {
  const flush = logLines(spec.log, process, () => spec.machine.runner.clock.now());
  const done = process.finished.then(({ exit }) => (flush(), exit));
  return {
    done,
    get running() {
      return process.running;
    },
    // The first process of a pid namespace gets only those signals that it handles, and SIGKILL from outside.
    stop: (signal) => {
      if (signal === SIGKILL || process.life.handled.has(signal)) process.kill(signal);
    },
  };
}

/** Cuts what a process writes into lines with the time they were ended; gives what flushes the rest. */
function logLines(log: Feed<LogLine>, process: RunningProcess, now: () => number): () => void {
  const rest = { out: "", err: "" };
  const name = { out: "stdout", err: "stderr" } as const;
  process.onOutput((text, stream) => {
    const lines = (rest[stream] + text).split("\n");
    rest[stream] = lines.pop() as string;
    for (const line of lines) log.say({ time: now(), stream: name[stream], text: line });
  });
  return () => {
    for (const stream of ["out", "err"] as const) {
      if (rest[stream] !== "") log.say({ time: now(), stream: name[stream], text: rest[stream] });
      rest[stream] = "";
    }
  };
}

/** Parts of names that say themselves that there is no such image. */
const MISSING = /(does-?not-?exist|nonexist|non-exist|no-?such|not-?found)/;

/** Why an image cannot be pulled, as the kubelet's event says it; undefined where it can. */
export function imageMissing(text: string): string | undefined {
  let reference;
  try {
    reference = parseImageReference(text);
  } catch {
    return `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`;
  }
  const full = printImageReference(reference);
  const head = `failed to pull and unpack image "${full}": failed to resolve reference "${full}"`;
  if (MISSING.test(reference.repository)) {
    return `${head}: pull access denied, repository does not exist or may require authorization: server message: ` +
      "insufficient_scope: authorization failed";
  }
  return MISSING.test(reference.tag ?? "") ? `${head}: ${full}: not found` : undefined;
}
