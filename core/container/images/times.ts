/** Times as servers write them into their logs. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const two = (value: number) => String(value).padStart(2, "0");
const clock = (at: Date) => `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
const month = (at: Date) => MONTHS[at.getUTCMonth()] as string;

/** `20/Nov/2025:10:00:00 +0000`, the Common Log Format's. */
export function clfTime(time: number): string {
  const at = new Date(time);
  return `${two(at.getUTCDate())}/${month(at)}/${at.getUTCFullYear()}:${clock(at)} +0000`;
}

/** `2025/11/20 10:00:00`, nginx's error log. */
export function nginxTime(time: number): string {
  const at = new Date(time);
  return `${at.getUTCFullYear()}/${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())} ${clock(at)}`;
}

/** `Thu Nov 20 10:00:00.000000 2025`, Apache's error log. */
export function apacheTime(time: number): string {
  const at = new Date(time);
  const micros = String(Math.floor((time % 1000) * 1000)).padStart(6, "0");
  return `${DAYS[at.getUTCDay()]} ${month(at)} ${two(at.getUTCDate())} ${clock(at)}.${micros} ${at.getUTCFullYear()}`;
}

/** `20 Nov 2025 10:00:00.000`, redis. */
export function redisTime(time: number): string {
  const at = new Date(time);
  const millis = String(at.getUTCMilliseconds()).padStart(3, "0");
  return `${two(at.getUTCDate())} ${month(at)} ${at.getUTCFullYear()} ${clock(at)}.${millis}`;
}

/** `2025-11-20 10:00:00.000 UTC`, PostgreSQL. */
export function postgresTime(time: number): string {
  return new Date(time).toISOString().replace("T", " ").replace("Z", " UTC");
}
