/**
 * Schedules of CronJobs:
 *
 *     schedule = "@" ( "yearly" / "annually" / "monthly" / "weekly" / "daily" / "midnight" / "hourly" ) / minute hour day month weekday
 *     field    = range [ "/" STEP ] *( "," range [ "/" STEP ] )
 *     range    = "*" / "?" / VALUE [ "-" VALUE ]                    ; months and weekdays also by name
 */

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** How far ahead a next time is looked for. */
const HORIZON = 5 * 366;

const SHORT: Readonly<Record<string, string>> = {
  yearly: "0 0 1 1 *",
  annually: "0 0 1 1 *",
  monthly: "0 0 1 * *",
  weekly: "0 0 * * 0",
  daily: "0 0 * * *",
  midnight: "0 0 * * *",
  hourly: "0 * * * *",
};

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

/** Which minutes, hours, days, months and weekdays; UTC. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both days and weekdays are restricted: one of them is enough. */
  readonly either: boolean;
}

/** Reads a schedule; undefined where it is none. */
export function parseSchedule(text: string): Schedule | undefined {
  const fields = (SHORT[text.replace(/^@/, "")] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minutes, hours, days, months, weekdays] = [
    parseField(fields[0] as string, 0, 59),
    parseField(fields[1] as string, 0, 23),
    parseField(fields[2] as string, 1, 31),
    parseField(byName(fields[3] as string, MONTHS, 1), 1, 12),
    parseField(byName(fields[4] as string, DAYS, 0).replaceAll("7", "0"), 0, 6),
  ];
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const free = (field = "") => /^[*?]/.test(field);
  return { minutes, hours, days, months, weekdays, either: !free(fields[2]) && !free(fields[4]) };
}

function byName(text: string, names: readonly string[], first: number): string {
  return text.toLowerCase().replace(
    /[a-z]{3}/g,
    (name) => names.includes(name) ? String(names.indexOf(name) + first) : name,
  );
}

function parseField(text: string, least: number, most: number): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const found = /^(?:[*?]|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (found === null) return undefined;
    const [, from, to, step = "1"] = found;
    const low = from === undefined ? least : Number(from);
    const high = to === undefined ? (from === undefined || found[3] !== undefined ? most : low) : Number(to);
    if (low < least || high > most || low > high || Number(step) === 0) return undefined;
    for (let value = low; value <= high; value += Number(step)) values.add(value);
  }
  return values;
}

/** The first time after `after` (milliseconds since 1970) that a schedule names; undefined where there is none for years. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  const start = Math.floor(after / MINUTE) * MINUTE + MINUTE;
  for (let day = 0; day < HORIZON; day++) {
    const midnight = Math.floor(start / DAY) * DAY + day * DAY;
    if (!isDay(schedule, new Date(midnight))) continue;
    for (const hour of [...schedule.hours].sort((a, b) => a - b)) {
      for (const minute of [...schedule.minutes].sort((a, b) => a - b)) {
        const time = midnight + (hour * 60 + minute) * MINUTE;
        if (time >= start) return time;
      }
    }
  }
  return undefined;
}

function isDay({ days, months, weekdays, either }: Schedule, date: Date): boolean {
  const [day, weekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return months.has(date.getUTCMonth() + 1) && (either ? day || weekday : day && weekday);
}

/** The same on the clocks of a time zone, by its IANA name; UTC where none is said. */
export function nextTimeIn(schedule: Schedule, after: number, zone: string | undefined): number | undefined {
  if (zone === undefined) return nextTime(schedule, after);
  let wall = nextTime(schedule, after + offsetOf(zone, after));
  while (wall !== undefined) {
    const time = timeOf(wall, zone, after);
    if (time !== undefined) return time;
    wall = nextTime(schedule, wall);
  }
  return undefined;
}

/** When a zone's clocks show a time; undefined where they skip it, or it was before. Shown twice, the first counts. */
function timeOf(wall: number, zone: string, after: number): number | undefined {
  const offsets = [offsetOf(zone, wall - DAY), offsetOf(zone, wall + DAY)];
  const times = offsets.filter((offset) => offsetOf(zone, wall - offset) === offset).map((offset) => wall - offset);
  return times.sort((a, b) => a - b).find((time) => time > after);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** By how many milliseconds a zone's clocks are ahead of UTC. */
function offsetOf(zone: string, time: number): number {
  const known = FORMATS.get(zone) ?? formatOf(zone);
  if (known === undefined) return 0;
  FORMATS.set(zone, known);
  const part = Object.fromEntries(known.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const numeric = "numeric" as const;
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  try {
    return new Intl.DateTimeFormat("en-US", { ...parts, timeZone: zone, hourCycle: "h23" });
  } catch {
    return undefined;
  }
}

/** Whether a time zone has that name. */
export function isTimeZone(zone: string): boolean {
  return /^[A-Za-z]/.test(zone) && formatOf(zone) !== undefined;
}
