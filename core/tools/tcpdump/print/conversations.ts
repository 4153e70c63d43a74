/** Where both sides of a TCP connection began counting. */
export interface Beginning {
  seq: number;
  ack: number;
}

/** First sequence numbers of the TCP connections seen so far: later ones are printed relative to them. */
export class Conversations {
  readonly #known = new Map<string, Beginning>();

  /** The beginning of a connection; undefined where it is new. */
  find(key: string): Beginning | undefined {
    return this.#known.get(key);
  }

  begin(key: string, beginning: Beginning): void {
    this.#known.set(key, beginning);
  }
}
