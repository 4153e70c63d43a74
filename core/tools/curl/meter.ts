/** curl's progress meter: two lines of head, then one line written over once a second. */

const HEAD = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
  "                                 Dload  Upload   Total   Spent    Left  Speed\n";

/** How far a transfer is. */
export interface MeterState {
  /** Bytes expected and come, down; sent, up. */
  readonly total: number;
  readonly received: number;
  readonly toSend: number;
  readonly sent: number;
  /** Milliseconds since its start. */
  readonly elapsed: number;
}

const NOTHING: MeterState = { total: 0, received: 0, toSend: 0, sent: 0, elapsed: 0 };
const percent = (part: number, whole: number) => whole > 0 ? Math.floor((part * 100) / whole) : 0;

/** A number in five columns: `99999`, `9999k`, `12.3M`, `9999M` ... */
export function fiveColumns(bytes: number): string {
  const KB = 1024;
  const MB = KB * KB;
  const GB = MB * KB;
  const pad = (text: string) => text.padStart(5);
  if (bytes < 100_000) return pad(String(Math.floor(bytes)));
  if (bytes < 10_000 * KB) return pad(`${Math.floor(bytes / KB)}k`);
  if (bytes < 100 * MB) return pad(`${Math.floor(bytes / MB)}.${Math.floor((bytes % MB) / (MB / 10))}M`);
  if (bytes < 10_000 * MB) return pad(`${Math.floor(bytes / MB)}M`);
  return pad(`${Math.floor(bytes / GB)}.${Math.floor((bytes % GB) / (GB / 10))}G`);
}

function clock(seconds: number): string {
  if (seconds <= 0) return "--:--:--";
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(Math.floor(seconds / 3600)).padStart(2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** One line, without what separates it from the one before. */
export function meterLine(state: MeterState): string {
  const { total, received, toSend, sent, elapsed } = state;
  const micros = elapsed * 1000;
  const speed = (bytes: number) => micros < 1 ? bytes * 1_000_000 : (bytes * 1_000_000) / micros;
  const all = total + toSend;
  const known = total > 0 ? total : received;
  const current = ((received + sent) * 1000) / Math.max(1, Math.floor(elapsed));
  const seconds = Math.floor(elapsed / 1000);
  const estimate = total > received && received > 0 ? Math.floor(total / speed(received)) : 0;
  const part = (done: number, whole: number, shown: number) =>
    `${String(percent(done, whole)).padStart(3)} ${fiveColumns(shown)}`;
  return [
    part(received + sent, all, known + toSend),
    part(received, total, received),
    part(sent, toSend, sent),
    fiveColumns(speed(received)),
    `${fiveColumns(speed(sent))} ${clock(estimate)} ${clock(seconds)} ${clock(estimate - seconds)} ${
      fiveColumns(current)
    }`,
  ].join("  ");
}

/** The meter of one transfer, as a pipe sees it. */
export class Meter {
  #shown = false;
  #seconds = 0;

  constructor(readonly write: (text: string) => void, readonly headless: boolean) {}

  /** Shows the first line, once. */
  begin(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.write(`${this.headless ? "" : HEAD}\r${meterLine(NOTHING)}`);
  }

  /** Writes the lines of the seconds that passed. */
  tick(state: MeterState): void {
    for (this.begin(); this.#seconds < Math.floor(state.elapsed / 1000);) {
      this.#seconds++;
      this.write(`\r${meterLine({ ...state, elapsed: this.#seconds * 1000 })}`);
    }
  }

  /** The last line, and the line feed. */
  end(state: MeterState): void {
    if (!this.#shown) return;
    this.tick({ ...state, elapsed: Math.max(0, state.elapsed - 1) });
    this.write(`\r${meterLine(state)}\n`);
  }
}
