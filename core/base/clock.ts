/** Virtual time: milliseconds (fractions allowed) since 1970, moved only by the runner. */
export interface Clock {
  /** The current virtual time, in milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once at virtual time `at` (not before now); the returned function takes it back. */
  at(at: number, wake: () => void): () => void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
  cancelled: boolean;
}

/** The clock of one lab: a heap of timers, equal times in the order they were set. */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  #now: number;
  #order = 0;

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, wake: () => void): () => void {
    const timer: Timer = { at: Math.max(at, this.#now), order: this.#order++, wake, cancelled: false };
    this.#heap.push(timer);
    siftUp(this.#heap, this.#heap.length - 1);
    return () => {
      timer.cancelled = true;
    };
  }

  /** When the next timer is due, or Infinity. */
  next(): number {
    while (this.#heap[0]?.cancelled) popTimer(this.#heap);
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Moves time forward to `to` and calls every timer due by then, in order. Never goes back. */
  advance(to: number): void {
    while (this.next() <= to) {
      const timer = popTimer(this.#heap) as Timer;
      this.#now = Math.max(this.#now, timer.at);
      timer.wake();
    }
    this.#now = Math.max(this.#now, to);
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function siftUp(heap: Timer[], index: number): void {
  let child = index;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!before(heap[child] as Timer, heap[parent] as Timer)) return;
    [heap[child], heap[parent]] = [heap[parent] as Timer, heap[child] as Timer];
    child = parent;
  }
}

function popTimer(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  heap[0] = last;
  let parent = 0;
  for (;;) {
    let least = parent;
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < heap.length && before(heap[child] as Timer, heap[least] as Timer)) least = child;
    }
    if (least === parent) return first;
    [heap[parent], heap[least]] = [heap[least] as Timer, heap[parent] as Timer];
    parent = least;
  }
}
