/** `-m time` in nft's words. */
import type { TimeMatch } from "../match/time.ts";
import type { Translate } from "./words.ts";

const ALL_MONTHDAYS = 0xffff_fffe;
const ALL_WEEKDAYS = 0xfe;
const END_OF_TIME = 0x7fff_ffff;
const DAY_END = 86399;

function date(seconds: number): string {
  return `"${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")}"`;
}

function hour(seconds: number): string {
  return `"${new Date(seconds * 1000).toISOString().slice(11, 19)}"`;
}

/** Monday is 1, Sunday 0. */
function days(bits: number): string {
  const numbers = [1, 2, 3, 4, 5, 6, 7].filter((day) => bits & (1 << day)).map((day) => day % 7);
  if (numbers.length === 0) return "";
  return numbers.length === 1 ? ` ${numbers[0]}` : ` { ${numbers.join(", ")} }`;
}

/** The translator puts a blank before hours and days itself; days of months it has no words for. */
export const time: Translate<TimeMatch> = (m) => {
  if (m.monthDays !== ALL_MONTHDAYS) return undefined;
  const dated = m.dateStart !== 0 || m.dateStop !== END_OF_TIME;
  const hours = m.dayStart !== 0 || m.dayStop !== DAY_END;
  return (dated ? `meta time ${date(m.dateStart)}-${date(m.dateStop)}` : "") +
    (hours ? ` meta hour ${hour(m.dayStart)}-${hour(m.dayStop)}` : "") +
    (m.weekDays === ALL_WEEKDAYS ? "" : ` meta day${days(m.weekDays)}`);
};
