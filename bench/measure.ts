/** How the bench measures: contestants take turns, so that a noisy moment hits all of them, and the median of the turns counts. */

/** One line of the result. `ratio` above 1: ours is that many times as fast as the peer. */
export interface Row {
  readonly subject: string;
  readonly case: string;
  /** Median in {@link unit}. */
  readonly ours: number;
  readonly theirs: number;
  /** Who `theirs` is. */
  readonly peer: string;
  /** `ns/lookup` and the like, where less is better, or `packets/s`, where more is. */
  readonly unit: string;
  readonly ratio: number;
}

/** What takes part in a race: does the batch once, or says itself how many nanoseconds it took (native programs do). */
export type Contestant = () => void | number | Promise<number>;

/** How often each contestant runs: untimed, then timed. */
export interface Turns {
  readonly warmUp: number;
  readonly timed: number;
}

const TURNS: Turns = { warmUp: 2, timed: 7 };

/** Many turns of work that takes about a millisecond: other programs on the machine interrupt few of them. */
export const SHORT: Turns = { warmUp: 10, timed: 101 };

/** The median nanoseconds of each contestant's batch, in the order given. */
export async function race(contestants: readonly Contestant[], turns: Turns = TURNS): Promise<number[]> {
  const times: number[][] = contestants.map(() => []);
  for (let turn = -turns.warmUp; turn < turns.timed; turn++) {
    for (const [n, contestant] of contestants.entries()) {
      const took = await time(contestant);
      if (turn >= 0) times[n]?.push(took);
    }
  }
  return times.map(median);
}

async function time(contestant: Contestant): Promise<number> {
  const start = performance.now();
  const said = contestant();
  if (said instanceof Promise) return await said;
  return said ?? (performance.now() - start) * 1e6;
}

/** The middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new RangeError("no values");
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Rows of one case from times per piece of work, less being better. */
export function timeRows(of: { subject: string; case: string; unit: string }, ours: number, peers: Peers): Row[] {
  return Object.entries(peers)
    .filter((peer): peer is [string, number] => peer[1] !== undefined)
    .map(([peer, theirs]) => ({ ...of, ours: round(ours), theirs: round(theirs), peer, ratio: round(theirs / ours) }));
}

/** Peers' figures by name; `undefined` for one that could not run here. */
export type Peers = Readonly<Record<string, number | undefined>>;

/** A row of packets a second from nanoseconds a packet. */
export function packetRow(name: string, ours: number, theirs: number, peer: string): Row {
  const rate = (ns: number) => Math.round(1e9 / ns);
  return {
    subject: "path",
    case: name,
    ours: rate(ours),
    theirs: rate(theirs),
    peer,
    unit: "packets/s",
    ratio: round(theirs / ours),
  };
}

/** Three significant digits, whole numbers beyond. */
export function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

/** A repeatable stream of 32-bit numbers (xorshift32, Marsaglia 2003). */
export function numbers(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Throws where two contestants do not give the same answers: a fast wrong one wins nothing. */
export function agree(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  for (let n = 0; n < ours.length; n++) {
    if (ours[n] !== theirs[n]) throw new Error(`answer ${n}: we say ${ours[n]}, the peer says ${theirs[n]}`);
  }
}
