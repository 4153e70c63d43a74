/** Programs that run other programs. */
import type { Process, Program } from "../process.ts";

const SIGNALS: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, TERM: 15 };

function usage(process: Process, text: string, status: number): number {
  process.err(text);
  return status;
}

/** `sudo`: everybody is root here already. */
export const sudo: Program = async (process) => {
  const words = process.argv.slice(1);
  while (words[0]?.startsWith("-")) {
    const option = words.shift() as string;
    if (option === "--") break;
    if (/^-[ugp]$/.test(option)) words.shift();
  }
  while (/^\w+=/.test(words[0] ?? "")) words.shift();
  if (words.length === 0) return usage(process, "usage: sudo -h | -K | -k | -V\n", 1);
  if (!process.machine.knows(words[0] ?? "")) return usage(process, `sudo: ${words[0]}: command not found\n`, 1);
  return await process.exec(words);
};

/** `timeout [-s SIGNAL] [-k DURATION] [--preserve-status] DURATION COMMAND`. */
export const timeout: Program = async (process) => {
  const words = process.argv.slice(1);
  let signal = 15;
  let preserve = false;
  while (words[0]?.startsWith("-")) {
    const option = words.shift() as string;
    const value =
      (): string => (/^-[sk]./.test(option) ? option.slice(2) : option.split("=")[1] ?? words.shift() ?? "");
    if (option.startsWith("-s") || option.startsWith("--signal")) signal = signalNumber(value());
    else if (option.startsWith("-k") || option.startsWith("--kill-after")) value();
    else if (option === "--preserve-status") preserve = true;
  }
  const [limit, ...argv] = words;
  const milliseconds = limit === undefined ? undefined : duration(limit);
  if (limit === undefined || argv.length === 0) {
    return usage(process, "Try 'timeout --help' for more information.\n", 125);
  }
  if (milliseconds === undefined) {
    return usage(
      process,
      `timeout: invalid time interval '${limit}'\nTry 'timeout --help' for more information.\n`,
      125,
    );
  }
  if (!process.machine.knows(argv[0] ?? "")) {
    return usage(process, `timeout: failed to run command '${argv[0]}': No such file or directory\n`, 127);
  }
  const limits = milliseconds > 0 ? { timeout: milliseconds, signal } : {};
  const left = await process.spawn(argv, { stdin: process.stdin, inherit: true, ...limits });
  return left.timedOut && !preserve ? (signal === 9 ? 137 : 124) : left.exit;
};

function signalNumber(word: string): number {
  return /^\d+$/.test(word) ? Number(word) : SIGNALS[word.toUpperCase().replace(/^SIG/, "")] ?? 15;
}

/** Milliseconds of `1.5`, `2s`, `3m`, `1h`, `1d`. */
export function duration(word: string): number | undefined {
  const parts = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(word);
  if (parts === null) return undefined;
  return Number(parts[1]) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, "": 1000 }[parts[2] as "s"];
}

/** `sleep DURATION ...`. */
export const sleep: Program = async (process) => {
  const words = process.argv.slice(1);
  if (words.length === 0) {
    return usage(process, "sleep: missing operand\nTry 'sleep --help' for more information.\n", 1);
  }
  let total = 0;
  for (const word of words) {
    const milliseconds = word === "infinity" ? Infinity : duration(word);
    if (milliseconds === undefined) {
      return usage(process, `sleep: invalid time interval '${word}'\nTry 'sleep --help' for more information.\n`, 1);
    }
    total += milliseconds;
  }
  if (total === Infinity) await process.killed;
  else await process.clock.sleep(total);
  return 0;
};

/** `watch [-n SECONDS] COMMAND`: runs it again and again; each screen follows the one before. */
export const watch: Program = async (process) => {
  const words = process.argv.slice(1);
  let interval = 2000;
  while (words[0]?.startsWith("-")) {
    const option = words.shift() as string;
    if (option === "-n" || option === "--interval") interval = Number(words.shift()) * 1000;
    else if (/^-n[\d.]+$/.test(option)) interval = Number(option.slice(2)) * 1000;
  }
  if (words.length === 0) return usage(process, "Usage:\n watch [options] command\n", 1);
  do {
    process.out(`Every ${(interval / 1000).toFixed(1)}s: ${words.join(" ")}\n\n`);
    await process.exec(["sh", "-c", words.join(" ")]);
  } while (await process.clock.sleep(interval));
  return 0;
};

/** `unshare -u COMMAND`: a host name of its own; other namespaces are not modelled here. */
export const unshare: Program = async (process) => {
  const words = process.argv.slice(1);
  let ownName = false;
  while (words[0]?.startsWith("-")) {
    const option = words.shift() as string;
    if (option === "--") break;
    if (option === "-u" || option === "--uts") ownName = true;
    else return usage(process, `unshare: ${option} is not modelled\n`, 1);
  }
  const name = process.machine.name;
  const status = await process.exec(words.length > 0 ? words : ["sh", "-c", process.stdin]);
  if (ownName) process.machine.name = name;
  return status;
};

/** `nsenter -t PID -n COMMAND` or `nsenter --net=/run/netns/NAME COMMAND`: another network namespace of this machine. */
export const nsenter: Program = async (process) => {
  const words = process.argv.slice(1);
  let ns: number | undefined;
  let pid: string | undefined;
  while (words[0]?.startsWith("-")) {
    const option = words.shift() as string;
    if (option === "-t" || option === "--target") pid = words.shift();
    else if (/^--net=/.test(option)) {
      ns = process.machine.findNs(option.replace(/^--net=(\/(var\/)?run\/netns\/)?/, ""));
    } else if (option === "--") break;
  }
  const target = process.machine.processes.find((one) => String(one.pid) === pid)?.ns;
  const home = ns ?? target;
  if (home === undefined) {
    return usage(process, `nsenter: cannot open /proc/${pid ?? ""}/ns/net: No such file or directory\n`, 1);
  }
  return await process.exec(words.length > 0 ? words : ["sh"], { ns: home });
};

/** `reboot`: the process that asks for it ends with all the others. */
export const reboot: Program = async (process) => {
  await process.join(process.machine.reboot());
  return 0;
};
