/**
 * sysctl.conf(5):
 *
 *     line = blank | ( "#" | ";" ) any | [ "-" ] key { blank } "=" { blank } value
 *     key  = words of a sysctl's name, divided by "." or, all of them, by "/"
 */
import type { Files } from "../process.ts";

/** One setting; `lenient` lines (a leading `-`) may fail silently. */
export interface SysctlSetting {
  readonly line: number;
  readonly key: string;
  readonly value: string;
  readonly lenient: boolean;
}

/** The settings of a sysctl.conf text, and the numbers (from 1) of the lines that are none. */
export function parseSysctlConf(text: string): { readonly settings: SysctlSetting[]; readonly bad: number[] } {
  const settings: SysctlSetting[] = [];
  const bad: number[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const at = line.indexOf("=");
    if (at < 1) bad.push(index + 1);
    else {
      const lenient = line.startsWith("-");
      const key = line.slice(lenient ? 1 : 0, at).trim();
      settings.push({ line: index + 1, key, value: line.slice(at + 1).trim(), lenient });
    }
  }
  return { settings, bad };
}

/** The twin of {@link parseSysctlConf}. */
export function printSysctlConf(settings: readonly SysctlSetting[]): string {
  return settings.map((s) => `${s.lenient ? "-" : ""}${s.key}=${s.value}\n`).join("");
}

/** The path under `/proc/sys` of a key as people write it: whichever of `.` and `/` comes first divides, the other is part of a word. */
export function sysctlPath(key: string): string {
  const dot = key.indexOf(".");
  const slash = key.indexOf("/");
  if (dot < 0 || (slash >= 0 && slash < dot)) return key;
  return key.replace(/[./]/g, (char) => (char === "." ? "/" : "."));
}

/** Applies `/etc/sysctl.d/*.conf` and `/etc/sysctl.conf` as booting does: what cannot be set is passed over. */
export function loadSysctlConf(files: Files): void {
  const folder = (files.list("/etc/sysctl.d") ?? []).filter((name) => name.endsWith(".conf"));
  for (const path of [...folder.map((name) => `/etc/sysctl.d/${name}`), "/etc/sysctl.conf"]) {
    for (const { key, value } of parseSysctlConf(files.read(path) ?? "").settings) {
      files.write(`/proc/sys/${sysctlPath(key)}`, value);
    }
  }
}
