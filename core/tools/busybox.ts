/** What busybox's applets share: the usage text with its first line, numbers. */
import type { Process } from "../linux/mod.ts";

/** The first line of every usage text, as the official images have it. */
const BUSYBOX_VERSION = "BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.";

/** Prints an applet's usage, after a complaint where there is one; its exit status. */
export function busyboxUsage(process: Process, usage: string, problem?: string): number {
  const complaint = problem === undefined ? "" : `${process.argv[0] ?? ""}: ${problem}\n`;
  process.err(`${complaint}${BUSYBOX_VERSION}\n\n${usage}`);
  return 1;
}

/** A number in an applet's argument; undefined after its complaint. */
export function busyboxNumber(process: Process, text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  process.err(`${process.argv[0] ?? ""}: invalid number '${text}'\n`);
  return undefined;
}
