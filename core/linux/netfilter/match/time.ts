import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension, Seen } from "../extension.ts";
import { parseNumber } from "../readers.ts";

/** `-m time`: dates in seconds since 1970, times of day in seconds; days as bits 1 << day, weeks from Monday 1 to Sunday 7. */
export interface TimeMatch {
  readonly match: "time";
  readonly dateStart: number;
  readonly dateStop: number;
  readonly dayStart: number;
  readonly dayStop: number;
  readonly monthDays: number;
  readonly weekDays: number;
  readonly kerneltz: boolean;
  readonly contiguous: boolean;
}

const ALL_MONTHDAYS = 0xffff_fffe;
const ALL_WEEKDAYS = 0xfe;
const END_OF_TIME = 0x7fff_ffff;
const DAY_END = 86399;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function parseDate(text: string): number {
  const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?)?$/.exec(text);
  if (found === null) return usage(`Invalid date "${text}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`);
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) =>
    part === undefined ? undefined : Number(part)
  );
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function parseTime(text: string): number {
  const bad = () => usage(`invalid time "${text}" specified, should be hh:mm[:ss] format and within the boundaries`);
  const found = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text);
  if (found === null) return bad();
  const [hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 59) return bad();
  return hours * 3600 + minutes * 60 + seconds;
}

function parseMonthDays(text: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const day = parseNumber(word);
    if (day === undefined || day < 1 || day > 31) return usage(`${word} is not a valid day for --monthdays`);
    bits |= 1 << day;
  }
  return bits >>> 0;
}

function parseWeekDays(text: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const day = parseNumber(word);
    if (day === 0) usage("No, the week does NOT begin with Sunday.");
    const named = WEEKDAYS.findIndex((name) =>
      word !== "" && name.toLowerCase().startsWith(word.slice(0, 3).toLowerCase())
    );
    if (day === undefined && (named < 0 || word.length < 2)) return usage(`${word} is not a valid day specifier`);
    if (day === undefined || day <= 7) bits |= 1 << (day ?? named + 1);
  }
  return bits;
}

const two = (number: number) => String(number).padStart(2, "0");
const timeText = (seconds: number) =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

function dateText(seconds: number, between: string): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", between);
}

const monthDays = (bits: number) => Array.from({ length: 31 }, (_, i) => i + 1).filter((day) => bits & (1 << day));
const weekDays = (bits: number) => WEEKDAYS.filter((_, i) => bits & (2 << i)).join(",");

/** `1st`, `22nd`; the tool counts 11 to 13 like 1 to 3. */
function ordinal(day: number): string {
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function finish(draft: Draft<TimeMatch>, _: Seen): void {
  if (draft.contiguous && draft.dayStart < draft.dayStop) {
    usage("time: --contiguous only makes sense when stoptime is smaller than starttime");
  }
}

/** libxt_time. */
export const time: Extension<TimeMatch> = {
  name: "time",
  op: OP.TIME,
  options: [
    { names: ["contiguous"], value: false, take: (draft) => draft.contiguous = true },
    { names: ["datestart"], value: true, take: (draft, text) => draft.dateStart = parseDate(text) },
    { names: ["datestop"], value: true, take: (draft, text) => draft.dateStop = parseDate(text) },
    { names: ["kerneltz"], value: false, take: (draft) => draft.kerneltz = true },
    {
      names: ["localtz"],
      value: false,
      take: (draft, _, { scope }) => {
        scope.warn(
          'WARNING: --localtz is being replaced by --kerneltz, since "local" is ambiguous. Note the kernel timezone has caveats - see manpage for details.\n',
        );
        draft.kerneltz = true;
      },
    },
    {
      names: ["monthdays"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) =>
        draft.monthDays = ((not ? ~parseMonthDays(text) : parseMonthDays(text)) & ALL_MONTHDAYS) >>> 0,
    },
    { names: ["timestart"], value: true, take: (draft, text) => draft.dayStart = parseTime(text) },
    { names: ["timestop"], value: true, take: (draft, text) => draft.dayStop = parseTime(text) },
    { names: ["utc"], value: false, take: (draft) => draft.kerneltz = false },
    {
      names: ["weekdays"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) =>
        draft.weekDays = (not ? ~parseWeekDays(text) : parseWeekDays(text)) & ALL_WEEKDAYS,
    },
  ],
  start: () => ({
    match: "time",
    dateStart: 0,
    dateStop: END_OF_TIME,
    dayStart: 0,
    dayStop: DAY_END,
    monthDays: ALL_MONTHDAYS,
    weekDays: ALL_WEEKDAYS,
    kerneltz: false,
    contiguous: false,
  }),
  finish,
  save(m) {
    const daytime = m.dayStart !== 0 || m.dayStop !== DAY_END;
    return (daytime ? ` --timestart ${timeText(m.dayStart)} --timestop ${timeText(m.dayStop)}` : "") +
      (m.monthDays === ALL_MONTHDAYS ? "" : ` --monthdays ${monthDays(m.monthDays).join(",")}`) +
      (m.weekDays === ALL_WEEKDAYS ? "" : ` --weekdays ${weekDays(m.weekDays)}`) +
      (m.dateStart === 0 ? "" : ` --datestart ${dateText(m.dateStart, "T")}`) +
      ` --datestop ${dateText(m.dateStop, "T")}` + (m.kerneltz ? " --kerneltz" : "") +
      (m.contiguous ? " --contiguous" : "");
  },
  list(m) {
    const daytime = m.dayStart !== 0 || m.dayStop !== DAY_END;
    return " TIME" + (daytime ? ` from ${timeText(m.dayStart)} to ${timeText(m.dayStop)}` : "") +
      (m.weekDays === ALL_WEEKDAYS ? "" : ` on ${weekDays(m.weekDays)}`) +
      (m.monthDays === ALL_MONTHDAYS ? "" : ` on ${monthDays(m.monthDays).map(ordinal).join(",")}`) +
      (m.dateStart === 0 ? "" : ` starting from ${dateText(m.dateStart, " ")}`) +
      (m.dateStop === END_OF_TIME ? "" : ` until date ${dateText(m.dateStop, " ")}`) +
      (m.kerneltz ? "" : " UTC") + (m.contiguous ? " contiguous" : "");
  },
  encode: (m, out) =>
    out.push(
      m.dateStart,
      m.dateStop,
      m.dayStart,
      m.dayStop,
      m.monthDays,
      m.weekDays,
      (m.kerneltz ? 1 : 0) | (m.contiguous ? 2 : 0),
    ),
};
