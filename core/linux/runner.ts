import type { PlaneApi, SocketId } from "../../wasm/mod.ts";
import type { VirtualClock } from "../base/mod.ts";
import { type Disarm, Task, type TaskOptions } from "./task.ts";

/** What a runner is made of. */
export interface RunnerOptions {
  readonly plane: PlaneApi;
  /** Starts at the lab's start time; the runner keeps it at that time plus the plane's. */
  readonly clock: VirtualClock;
  /**
   * One macrotask of the host: resolves after every microtask queued so far, and those that they queue, have run.
   * `setImmediate` where there is one, else `setTimeout`; a message channel's message is none in Deno.
   */
  readonly turn: () => Promise<void>;
  /** How many turns a program may stay busy without a virtual wait before it counts as our bug. */
  readonly patience?: number;
}

const PATIENCE = 100_000;
/** Microtasks that a program may take to end without the host getting a turn. */
const HOPS = 64;
/** Rounds without any progress of virtual time after which a lab counts as spinning. */
const SPIN = 2_000_000;

/**
 * Moves virtual time. It lets every task run until each of them waits, then moves the plane and the clock to the next
 * event, wakes the sockets the plane names and the timers that are due, and starts over:
 *
 *     every task waits -> plane.run(next event), clock.advance -> sockets and timers wake tasks -> turn() -> every task waits
 *
 * The order is the same on every host: sockets in the plane's order, timers in the clock's, foreign tasks one at a time.
 */
export class Runner {
  readonly plane: PlaneApi;
  readonly clock: VirtualClock;
  readonly #turn: () => Promise<void>;
  readonly #patience: number;
  readonly #start: number;
  readonly #tasks = new Set<Task>();
  /** Tasks that are neither ended nor in a counted wait. */
  readonly #busy = new Set<Task>();
  readonly #sockets = new Map<SocketId, Set<() => void>>();
  readonly #lookers = new Set<() => void>();
  readonly #resumptions: (() => void)[] = [];
  readonly #failures: unknown[] = [];
  #stirred = false;
  /** Settles when the last caller in the queue has had its step. */
  #last: Promise<void> = Promise.resolve();
  /** Callers under way, and how many of them found nothing to do since anything last happened. */
  #drivers = 0;
  #stuck = 0;
  #progress = 0;
  #rounds = 0;

  constructor(options: RunnerOptions) {
    this.plane = options.plane;
    this.clock = options.clock;
    this.#turn = options.turn;
    this.#patience = options.patience ?? PATIENCE;
    this.#start = options.clock.now() - options.plane.now();
  }

  /** Names of the tasks that have not ended, in the order they were spawned. */
  get tasks(): readonly string[] {
    return [...this.#tasks].map((task) => task.name);
  }

  /** Starts a task; it first runs when the runner does. */
  spawn<T>(name: string, main: (task: Task<T>) => Promise<T>, options: TaskOptions = {}): Task<T> {
    const task = new Task<T>(this, name, main, options);
    this.#tasks.add(task as Task);
    this.#stir();
    task.result.catch((error: unknown) => this.#failures.push(error));
    return task;
  }

  /** Calls `wake` whenever the plane says that the socket's view changed. */
  onSocket(id: SocketId, wake: () => void): Disarm {
    const waiters = this.#sockets.get(id) ?? new Set();
    this.#sockets.set(id, waiters.add(wake));
    return () => {
      waiters.delete(wake);
      if (waiters.size === 0 && this.#sockets.get(id) === waiters) this.#sockets.delete(id);
    };
  }

  /** Calls `look` whenever the tasks have had their turn, before time moves: for what the plane only tells when asked. */
  onSettle(look: () => void): Disarm {
    this.#lookers.add(look);
    return () => this.#lookers.delete(look);
  }

  /** Tells who waits for a socket to look again: its owner closed it. */
  poke(id: SocketId): void {
    for (const wake of [...this.#sockets.get(id) ?? []]) wake();
  }

  /** Lets a task go on: at once, or, for foreign ones, when no other foreign task is under way. Called by tasks only. */
  resume(task: Task<never> | Task, go: () => void): void {
    this.#stir();
    if (task.foreign) this.#resumptions.push(go);
    else go();
  }

  /** Called by a task that enters its first counted wait, leaves its last, or ends. */
  setBusy(task: Task<never> | Task, busy: boolean): void {
    if (busy) this.#busy.add(task as Task);
    else this.#busy.delete(task as Task);
  }

  /** Called by a task that ended. */
  ended(task: Task<never> | Task): void {
    this.#tasks.delete(task as Task);
    this.#stir();
  }

  /**
   * Runs until the promise settles and gives its value; with a number, until that virtual time (ms since 1970).
   * Gives undefined when nothing can happen any more, or at virtual time `limit`, before the promise settled. Several
   * callers may run at once: they share the steps.
   */
  run(until: number): Promise<undefined>;
  run<T>(until: Promise<T>, limit?: number): Promise<T | undefined>;
  async run<T>(until: Promise<T> | number, limit = Infinity): Promise<T | undefined> {
    if (typeof until === "number") return await this.#runTo(until);
    let settled = false;
    until.then(() => settled = true, () => settled = true);
    const done = (): boolean => settled;
    if (!(await this.#soon(done)) && !(await this.#drive(done, limit))) return undefined;
    return await until.catch((error: unknown) => this.#rethrow(error));
  }

  /** Whether it is done after a few microtasks: a program that only computes needs no turn of the host, and no time. */
  async #soon(done: () => boolean): Promise<boolean> {
    for (let hop = 0; hop < HOPS && !done(); hop++) await Promise.resolve();
    for (const look of [...this.#lookers]) look();
    return done();
  }

  /** The caller gets the error, so nobody else need hear of it. */
  #rethrow(error: unknown): never {
    const at = this.#failures.indexOf(error);
    if (at >= 0) this.#failures.splice(at, 1);
    throw error;
  }

  /** Lets `milliseconds` of virtual time pass. */
  async advance(milliseconds: number): Promise<void> {
    await this.#runTo(this.clock.now() + milliseconds);
  }

  /** Lets every task run until all of them wait, without moving time. */
  async settle(): Promise<void> {
    await this.#exclusively(() => this.#quieten());
  }

  async #runTo(deadline: number): Promise<undefined> {
    await this.#drive(() => false, deadline);
    await this.#exclusively(() => Promise.resolve(this.#move(deadline)));
    await this.settle();
    return undefined;
  }

  /** Steps until `done`; false when there is no step left before `limit`, and no other caller has one. */
  async #drive(done: () => boolean, limit: number): Promise<boolean> {
    this.#drivers++;
    let stuckAt = -1;
    let more = true;
    try {
      while (!done() && more) {
        await this.#exclusively(async () => {
          if (done()) return;
          await this.#quieten();
          if (done() || this.#moveToNext(limit)) return;
          if (stuckAt !== this.#progress) this.#stuck++;
          stuckAt = this.#progress;
          more = this.#stuck < this.#drivers && this.#nextAt() === Infinity;
          await this.#turn();
        });
      }
      return done();
    } finally {
      this.#drivers--;
    }
  }

  /** Something happened: whoever found nothing to do may find something now. */
  #advanceProgress(): void {
    this.#progress++;
    this.#stuck = 0;
  }

  /** One caller at a time, in the order they came. */
  async #exclusively(step: () => Promise<void>): Promise<void> {
    const before = this.#last;
    let done: () => void = () => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      await step();
    } finally {
      done();
    }
  }

  async #quieten(): Promise<void> {
    let idle = 0;
    for (;;) {
      for (const look of [...this.#lookers]) look();
      this.#wakeSockets();
      if (!this.#stirred && !(await this.#wakeOne())) return;
      this.#stirred = false;
      await this.#turn();
      this.#raise();
      idle = this.#stirred ? 0 : idle + 1;
      if (idle > this.#patience) throw new Error(`busy without a virtual wait: ${this.#busyNames()}`);
    }
  }

  /** Nothing stirs by itself: waits for foreign code, or lets the next foreign task go on. False when every task waits. */
  async #wakeOne(): Promise<boolean> {
    const foreign = [...this.#busy].find((task) => task.foreign);
    if (foreign !== undefined) await foreign.quiet;
    else if (this.#busy.size === 0) {
      const next = this.#resumptions.shift();
      if (next === undefined) return false;
      next();
    }
    return true;
  }

  #busyNames(): string {
    return [...this.#busy].map((task) => task.name).join(", ");
  }

  #raise(): void {
    if (this.#failures.length > 0) throw this.#failures.shift();
  }

  /** Waking a socket's waiter may send, and so wake the next one: goes on until the plane names none. */
  #wakeSockets(): void {
    for (let ids = this.plane.takeWakeups(); ids.length > 0; ids = this.plane.takeWakeups()) {
      for (const id of ids) this.poke(id);
    }
  }

  #stir(): void {
    this.#stirred = true;
    this.#advanceProgress();
  }

  #nextAt(): number {
    return Math.min(this.clock.next(), this.#start + this.plane.nextEvent());
  }

  #moveToNext(limit: number): boolean {
    const planeNext = this.plane.nextEvent();
    const next = this.#nextAt();
    if (next === Infinity || next > limit) return false;
    this.#advanceProgress();
    if (next > this.clock.now()) this.#rounds = 0;
    else if (this.#rounds++ > SPIN) throw new Error(`virtual time stands still: ${this.tasks.join(", ")}`);
    if (this.#start + planeNext <= next) this.plane.run(planeNext);
    this.#move(next);
    return true;
  }

  #move(to: number): void {
    this.plane.run(Math.max(this.plane.now(), to - this.#start));
    this.clock.advance(to);
  }
}
