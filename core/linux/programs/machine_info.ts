/** Programs that say who and when. */
import type { Process, Program } from "../process.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** strftime's conversions, in UTC. */
const CONVERSIONS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()),
  m: (date) => pad(date.getUTCMonth() + 1),
  d: (date) => pad(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2),
  H: (date) => pad(date.getUTCHours()),
  I: (date) => pad(date.getUTCHours() % 12 || 12),
  p: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  M: (date) => pad(date.getUTCMinutes()),
  S: (date) => pad(date.getUTCSeconds()),
  N: (date) => `${pad(date.getUTCMilliseconds(), 3)}000000`,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  a: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? "",
  b: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? "",
  F: (date) => format(date, "%Y-%m-%d"),
  T: (date) => format(date, "%H:%M:%S"),
  R: (date) => format(date, "%H:%M"),
  D: (date) => format(date, "%m/%d/") + pad(date.getUTCFullYear() % 100),
  u: (date) => String(date.getUTCDay() || 7),
  Z: () => "UTC",
  z: () => "+0000",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};

function format(date: Date, pattern: string): string {
  return pattern.replace(/%(.)/g, (whole, letter: string) => CONVERSIONS[letter]?.(date) ?? whole);
}

/** `date [-u] [+FORMAT]`: virtual time, in UTC. */
export const date: Program = (process) => {
  const words = process.argv.slice(1);
  const now = new Date(Math.floor(process.clock.now()));
  const pattern = words.find((word) => word.startsWith("+"))?.slice(1);
  if (words.includes("-R")) process.out(`${format(now, "%a, %d %b %Y %T %z")}\n`);
  else if (words.some((word) => word.startsWith("-I"))) {
    const fine = words.some((word) => /^-Is(econds)?$|^--iso-8601=s/.test(word));
    process.out(`${format(now, fine ? "%FT%T+00:00" : "%F")}\n`);
  } else process.out(`${format(now, pattern ?? "%a %b %e %H:%M:%S UTC %Y")}\n`);
  return Promise.resolve(0);
};

/** `uname`: a Debian kernel's answers. */
export const uname: Program = (process) => {
  const { name } = process.machine;
  const release = process.files.read("/proc/sys/kernel/osrelease")?.trim() ?? "";
  const parts: Readonly<Record<string, string>> = {
    s: "Linux",
    n: name,
    r: release,
    v: "#1 SMP",
    m: "x86_64",
    o: "GNU/Linux",
  };
  const letters = process.argv.slice(1).join("").replace(/-/g, "");
  const wanted = letters.includes("a")
    ? "snrvmo"
    : letters === ""
    ? "s"
    : "snrvmo".split("").filter((l) => letters.includes(l)).join("");
  process.out(`${[...wanted].map((letter) => parts[letter] ?? "").join(" ")}\n`);
  return Promise.resolve(0);
};

function userName(process: Process): string {
  const line = (process.files.read("/etc/passwd") ?? "").split("\n").find((text) =>
    text.split(":")[2] === String(process.uid)
  );
  return line?.split(":")[0] ?? String(process.uid);
}

/** `whoami`. */
export const whoami: Program = (process) => {
  process.out(`${userName(process)}\n`);
  return Promise.resolve(0);
};

/** `id`, `id -u`, `id -un`. */
export const id: Program = (process) => {
  const options = process.argv.slice(1).join("");
  const name = userName(process);
  if (options.includes("u")) process.out(`${options.includes("n") ? name : process.uid}\n`);
  else process.out(`uid=${process.uid}(${name}) gid=${process.uid}(${name}) groups=${process.uid}(${name})\n`);
  return Promise.resolve(0);
};

/** `ps`: the machine's processes; with -e, a or x all of them, which here is the same. */
export const ps: Program = (process) => {
  const full = /f|u/.test(process.argv.slice(1).join(""));
  process.out(full ? "UID          PID    PPID  C STIME TTY          TIME CMD\n" : "    PID TTY          TIME CMD\n");
  for (const one of process.machine.processes) {
    const pid = String(one.pid).padStart(7);
    const command = one.argv.join(" ");
    const started = format(new Date(Math.floor(one.startedAt)), "%R");
    process.out(
      full
        ? `${userName(process).padEnd(8)} ${pid}       1  0 ${started} ?        00:00:00 ${command}\n`
        : `${pid} ?        00:00:00 ${(one.argv[0] ?? "").replace(/^.*\//, "")}\n`,
    );
  }
  return Promise.resolve(0);
};

/** `mii-tool DEV`: virtual devices have no MII. */
export const miiTool: Program = (process) => {
  const name = process.argv.slice(1).find((word) => !word.startsWith("-"));
  if (name === undefined) {
    process.err("no interface specified\n");
    return Promise.resolve(1);
  }
  const there = process.machine.plane.links(process.ns).some((link) => link.name === name);
  process.err(`SIOCGMIIPHY on '${name}' failed: ${there ? "Operation not supported" : "No such device"}\n`);
  return Promise.resolve(1);
};

/** `nameif`: only how it complains is modelled. */
export const nameif: Program = (process) => {
  const option = process.argv.slice(1).find((word) => /^-[^cs-]/.test(word));
  if (option !== undefined) process.err(`nameif: invalid option -- '${option[1]}'\n`);
  process.err("usage: nameif [-c configurationfile] [-s] {ifname macaddress}\n");
  return Promise.resolve(option !== undefined ? 0 : 1);
};
