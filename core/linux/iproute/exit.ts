import { type Failure, strerror } from "../../base/mod.ts";

/** What ends an `ip` command early: its exit status and what it says on stderr. Models exit(3); caught where the command began. */
export class Exit extends Error {
  override readonly name = "Exit";

  /** `ends`: the tool itself stops there (exit(-1) deep inside), so that a batch goes no further. */
  constructor(readonly status: number, readonly text: string, readonly ends = false) {
    super(text);
  }
}

/** A word is missing. */
export function incomplete(): Exit {
  return new Exit(255, `Command line is not complete. Try option "help"\n`, true);
}

/** iproute2's usage(): a command's usage text, and its end. */
export function usage(text = ""): Exit {
  return new Exit(255, text, true);
}

/** What is not modelled says so by name: `ip: rule save`. */
export function notModelled(what: string): Exit {
  return new Exit(255, `${what} is not modelled\n`, true);
}

/** iproute2's invarg(): the word is no good; `message` may bring its own line end, as some do. */
export function invalid(word: string, message: string): Exit {
  return new Exit(255, `Error: argument "${word}" is wrong: ${message}\n`, true);
}

/** iproute2's duparg2(): a second value where only one can be. */
export function garbage(key: string, word: string): Exit {
  return new Exit(255, `Error: either "${key}" is duplicate, or "${word}" is a garbage.\n`, true);
}

/** iproute2's duparg(). */
export function duplicate(key: string, word: string): Exit {
  return new Exit(255, `Error: duplicate "${key}": "${word}" is the second value.\n`, true);
}

/** iproute2's nodev(). */
export function noDevice(name: string): Exit {
  return new Exit(1, `Cannot find device "${name}"\n`);
}

/** A verb that is none. */
export function unknownCommand(word: string, help: string): Exit {
  return new Exit(255, `Command "${word}" is unknown, try "${help} help".\n`, true);
}

/** What netlink answered: its extended-ack text where there is one, else strerror. */
export function netlinkText(failure: Failure): string {
  if (failure.extack === undefined) return `RTNETLINK answers: ${strerror(failure.errno)}\n`;
  return `Error: ${failure.extack}${failure.extack.endsWith(".") ? "" : "."}\n`;
}

/** What the kernel refused as `ip` reports it: exit status 2. */
export function refusal(failure: Failure): Exit {
  return new Exit(2, netlinkText(failure));
}

/** Throws what the kernel refused. */
export function must<T>(answer: T | Failure | null | undefined): void {
  if (typeof answer === "object" && answer !== null && "errno" in answer) {
    throw refusal(answer as Failure);
  }
}
