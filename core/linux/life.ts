import type { PlaneApi, SocketId } from "../../wasm/mod.ts";
import type { Runner } from "./runner.ts";
import type { Disarm, Task } from "./task.ts";

/** Thrown inside a program that was killed and does not stop waiting; ends it, is seen by nobody else. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** How many more waits a killed program gets before it is ended where it stands. */
const GRACE = 100;
const SIGKILL = 9;

/** One process between its start and its end: its task, what it holds open, and who killed it. */
export class Life {
  readonly sockets = new Set<SocketId>();
  readonly handled = new Set<number>();
  /** What a program does about a signal itself: its waits go on then. */
  readonly handlers = new Map<number, () => void>();
  readonly #listeners = new Set<(signal: number) => void>();
  #signal: number | undefined;
  #grace = GRACE;
  #killed: Promise<number> | undefined;

  constructor(readonly task: Task<number>, readonly uid: number) {}

  get runner(): Runner {
    return this.task.runner;
  }

  get plane(): PlaneApi {
    return this.task.runner.plane;
  }

  /** The signal that ended it, if one did. */
  get signal(): number | undefined {
    return this.#signal;
  }

  /** Resolves with the signal. Counts as a wait from the first time it is asked for. */
  get killed(): Promise<number> {
    this.#killed ??= this.task.wait((wake) => this.onKill(wake));
    return this.#killed;
  }

  /** Calls `listener` when the process is killed; at once when it already was. */
  onKill(listener: (signal: number) => void): Disarm {
    if (this.#signal !== undefined) listener(this.#signal);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  kill(signal: number): void {
    if (this.#signal === SIGKILL) return;
    const handler = this.handlers.get(signal);
    if (handler !== undefined) return handler();
    const first = this.#signal === undefined;
    this.#signal = signal;
    if (signal === SIGKILL) this.#grace = 0;
    if (first) { for (const listener of [...this.#listeners]) listener(signal); }
  }

  /**
   * Waits until `ready` gives something: looks at once, then whenever `listen`'s callback is called. Undefined when
   * `timeout` virtual milliseconds are over or the process is killed.
   */
  async wait<T>(
    ready: () => T | undefined,
    listen: (look: () => void) => Disarm,
    timeout?: number,
  ): Promise<T | undefined> {
    this.#spend();
    const now = ready();
    if (now !== undefined || this.#signal !== undefined) return now;
    const got = await this.task.wait<T | undefined>((wake) => {
      const look = (): void => {
        const value = ready();
        if (value !== undefined) wake(value);
      };
      const offs = [listen(look), this.onKill(() => wake(undefined)), this.#alarm(timeout, () => wake(undefined))];
      return () => offs.forEach((off) => off());
    });
    if (got === undefined) this.#spend();
    return got;
  }

  /** Waits for virtual time; false when the process was killed first. */
  async sleep(milliseconds: number): Promise<boolean> {
    await this.wait(() => undefined, () => () => {}, milliseconds);
    return this.#signal === undefined;
  }

  /** Closes what is still open, as exit(2) does. */
  end(): void {
    for (const id of this.sockets) this.plane.close(id);
    this.sockets.clear();
  }

  #alarm(timeout: number | undefined, ring: () => void): Disarm {
    if (timeout === undefined) return () => {};
    const { clock } = this.runner;
    return clock.at(clock.now() + timeout, ring);
  }

  #spend(): void {
    if (this.#signal !== undefined && this.#grace-- <= 0) throw new Killed(`signal ${this.#signal}`);
  }
}
