import type { Runner } from "./runner.ts";

/** Undoes an arming: takes a timer or a listener back. */
export type Disarm = () => void;

/** What a task may say about itself when it is spawned. */
export interface TaskOptions {
  /**
   * The task awaits code that is not ours (a shell that loads its commands lazily), so it may be under way although no
   * microtask is left. The runner then waits for its next counted wait, and lets only one such task run at a time.
   */
  readonly foreign?: boolean;
}

/** One thread of virtual time: a program, a shell line, an agent. It waits only through {@link Task.wait}, so that waits can be counted. */
export class Task<T = unknown> {
  /** What the main function returned; rejects when it threw, which is a bug of ours. */
  readonly result: Promise<T>;
  readonly foreign: boolean;
  #waits = 0;
  #done = false;
  #signal: () => void = () => {};
  #signalled: Promise<void> = Promise.resolve();

  constructor(
    readonly runner: Runner,
    readonly name: string,
    main: (task: Task<T>) => Promise<T>,
    options: TaskOptions,
  ) {
    this.foreign = options.foreign ?? false;
    this.#arise();
    const started = this.foreign ? this.wait<void>((wake) => (wake(), () => {})) : Promise.resolve();
    this.result = started.then(() => main(this)).finally(() => {
      this.#done = true;
      this.#signal();
      runner.setBusy(this, false);
      runner.ended(this);
    });
  }

  get done(): boolean {
    return this.#done;
  }

  /** Resolves when the task next enters a counted wait or ends. */
  get quiet(): Promise<void> {
    return this.#signalled;
  }

  /**
   * A counted wait: `arm` is given the function that ends it and returns how to take the arming back. The only way a task
   * may wait.
   */
  wait<V>(arm: (wake: (value: V) => void) => Disarm): Promise<V> {
    this.#enter();
    return new Promise<V>((resolve) => {
      let over = false;
      let armed = false;
      const wake = (value: V): void => {
        if (over) return;
        over = true;
        if (armed) disarm();
        this.runner.resume(this, () => {
          this.#leave();
          resolve(value);
        });
      };
      const disarm: Disarm = arm(wake);
      armed = true;
      if (over) disarm();
    });
  }

  /** Waits for virtual time to pass. */
  sleep(milliseconds: number): Promise<void> {
    return this.wait((wake) => this.runner.clock.at(this.runner.clock.now() + milliseconds, () => wake()));
  }

  /** Waits for a promise that another task will settle (its end, a listener's answer); rejections become the caller's. */
  async join<V>(promise: Promise<V>): Promise<V> {
    type Settled = { readonly value: V } | { readonly error: unknown };
    const settled = await this.wait<Settled>((wake) => {
      promise.then((value) => wake({ value }), (error: unknown) => wake({ error }));
      return () => {};
    });
    if ("error" in settled) throw settled.error;
    return settled.value;
  }

  #enter(): void {
    if (this.#waits++ > 0) return;
    this.runner.setBusy(this, false);
    this.#signal();
  }

  #leave(): void {
    if (--this.#waits === 0) this.#arise();
  }

  #arise(): void {
    this.runner.setBusy(this, true);
    this.#signalled = new Promise((resolve) => {
      this.#signal = resolve;
    });
  }
}
