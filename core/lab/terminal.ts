import { type Machine, type RunningProcess, Shell } from "../linux/mod.ts";
import type { Remote } from "./remote.ts";

const SHELLS = ["sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"];
const SIGINT = 2;

/** Whether a command line is a shell that waits for what is typed. */
export function isShell(command: readonly string[]): boolean {
  const [word = "", ...options] = command;
  return SHELLS.includes(word) && options.every((one) => ["-l", "-i", "-il", "--login"].includes(one));
}

/** An interactive shell at a terminal: echoes what is typed, runs each line, asks for the next one. ^C, ^D and backspace work. */
export class Terminal implements Remote {
  readonly finished: Promise<number>;
  readonly #shell: Shell;
  readonly #prompt: () => string;
  readonly #decoder = new TextDecoder();
  #listener: (text: string, stream: "out" | "err") => void = () => {};
  #finish: (exit: number) => void = () => {};
  #typed = "";
  #line = "";
  #running: RunningProcess | undefined;
  #over = false;

  constructor(machine: Machine, [word = "sh"]: readonly string[]) {
    this.#shell = new Shell(machine, { cwd: "/" });
    this.#prompt = word.endsWith("bash")
      ? () => `root@${machine.name}:${this.#shell.cwd}# `
      : () => `${this.#shell.cwd} # `;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
  }

  onOutput(listener: (text: string, stream: "out" | "err") => void): void {
    this.#listener = listener;
    this.#say(this.#prompt());
  }

  input(data: Uint8Array): void {
    this.#typed += this.#decoder.decode(data, { stream: true });
    this.#read();
  }

  endInput(): void {
    this.#typed += "\x04";
    this.#read();
  }

  hangUp(): void {
    this.#running?.kill(1);
    this.#end(129);
  }

  /** Takes what was typed, key by key, as long as no line runs; of that only ^C counts meanwhile. */
  #read(): void {
    while (this.#typed !== "" && !this.#over) {
      if (this.#running !== undefined) {
        if (this.#typed.includes("\x03")) this.#interrupt();
        return;
      }
      const key = this.#typed[0] as string;
      this.#typed = this.#typed.slice(1);
      this.#press(key);
    }
  }

  #interrupt(): void {
    this.#typed = this.#typed.slice(this.#typed.lastIndexOf("\x03") + 1);
    this.#say("^C\n");
    this.#running?.kill(SIGINT);
  }

  #press(key: string): void {
    if (key === "\r" || key === "\n") return this.#enter();
    if (key === "\x04") {
      if (this.#line === "") this.#end(this.#shell.session.status);
    } else if (key === "\x03") {
      this.#say(`^C\n${this.#prompt()}`);
      this.#line = "";
    } else if (key === "\x7f" || key === "\b") {
      if (this.#line !== "") this.#say("\b \b");
      this.#line = this.#line.slice(0, -1);
    } else if (key >= " ") {
      this.#line += key;
      this.#say(key);
    }
  }

  #enter(): void {
    const line = this.#line.trim();
    this.#line = "";
    this.#say("\n");
    const exit = /^exit(\s+(\d+))?$/.exec(line);
    if (exit !== null) return this.#end(Number(exit[2] ?? this.#shell.session.status));
    if (line === "") return this.#say(this.#prompt());
    const process = this.#shell.start(line);
    this.#running = process;
    process.onOutput((text) => this.#say(text));
    const next = (): void => {
      this.#running = undefined;
      if (this.#over) return;
      this.#say(this.#prompt());
      this.#read();
    };
    process.finished.then(next, next);
  }

  /** A terminal turns every line feed into carriage return and line feed. */
  #say(text: string): void {
    this.#listener(text.replaceAll("\n", "\r\n"), "out");
  }

  #end(exit: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#finish(exit);
  }
}
