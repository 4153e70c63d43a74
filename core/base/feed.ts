/** An append-only log with listeners: what happened, in order. Evidence rises through feeds, never through calls upwards. */
export class Feed<T> {
  readonly #entries: T[] = [];
  readonly #listeners = new Set<(entry: T) => void>();

  /** Everything said so far. */
  get entries(): readonly T[] {
    return this.#entries;
  }

  /** Appends an entry and tells every listener. */
  say(entry: T): void {
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  /** Calls `listener` for every later entry, until the returned function is called. */
  listen(listener: (entry: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
