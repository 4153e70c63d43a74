/** What stands in front of a line: how often -t was said decides. */
export class Stamps {
  #first: number | undefined;
  #last: number | undefined;

  /** @param style 0 time of day, 1 nothing, 2 seconds since 1970, 3 since the line before, 4 date and time, 5 since the first line */
  constructor(readonly style: number) {}

  /** The stamp of a packet seen at `time`, microseconds since 1970, with the blank behind it. */
  text(time: number): string {
    const [first, last] = [this.#first ?? time, this.#last ?? time];
    this.#first ??= time;
    this.#last = time;
    switch (this.style) {
      case 1:
        return "";
      case 2:
        return `${Math.floor(time / 1e6)}.${micro(time)} `;
      case 3:
        return difference(time - last);
      case 4:
        return `${new Date(time / 1000).toISOString().slice(0, 10)} ${clock(time)} `;
      case 5:
        return difference(time - first);
      default:
        return `${clock(time)} `;
    }
  }
}

function micro(time: number): string {
  return String(time % 1e6).padStart(6, "0");
}

function clock(time: number): string {
  const seconds = Math.floor(time / 1e6) % 86400;
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${micro(time)}`;
}

function difference(time: number): string {
  return `${time < 0 ? "-" : " "}${clock(Math.abs(time))} `;
}
