/** What every xtables tool prints in the same words. */
import { type Errno, strerror } from "../../base/mod.ts";
import { type Complaint, STATUS } from "./complaint.ts";
import type { IptcErrno } from "./table_edit.ts";

/** What a command left behind. */
export interface Answer {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

/** iptables' version line. */
export const VERSION = "v1.8.9 (legacy)";

/** What libiptc says for an error where it has words of its own: by what was tried, and the error. */
const IPTC_TEXTS: Readonly<Record<string, string>> = {
  "insert E2BIG": "Index of insertion too big",
  "replace E2BIG": "Index of replacement too big",
  "delete-number E2BIG": "Index of deletion too big",
  "zero E2BIG": "Index of counter too big",
  "create EEXIST": "Chain already exists",
  "policy ENOENT": "Bad built-in chain name",
  "policy EINVAL": "Bad policy name",
  "delete ENOENT": "Bad rule (does a matching rule exist in that chain?)",
};

/** The words for an error, as libiptc has them, else as strerror has. */
export function iptcText(tried: string, errno: Exclude<IptcErrno, "ok">): string {
  const own = IPTC_TEXTS[`${tried} ${errno}`];
  if (own !== undefined) return own;
  if (errno === "ENOENT") return "No chain/target/match by that name";
  if (errno === "EMLINK") return "Too many links";
  if (errno === "E2BIG") return "Argument list too long";
  return strerror(errno satisfies Errno);
}

/** `iptables: WORDS.` with the hint to the kernel's log where the kernel found an argument invalid. */
export function kernelText(tool: string, tried: string, errno: Exclude<IptcErrno, "ok">): string {
  return `${tool}: ${iptcText(tried, errno)}.${errno === "EINVAL" ? " Run `dmesg' for more information." : ""}\n`;
}

/** A complaint as the tool prints it; `line` where the text of a restore file is to blame. */
export function complaintText(tool: string, complaint: Complaint, line?: number): string {
  const message = complaint.message.replace("%L", String(line));
  const head = complaint.bare ? message : `${tool} ${VERSION}: ${message}`;
  const text = head === "" ? "" : head + "\n";
  if (complaint.status === STATUS.VERSION) return text + "Perhaps iptables or your kernel needs to be upgraded.\n";
  if (complaint.status !== STATUS.USAGE) return text;
  const at = line === undefined ? "" : `Error occurred at line: ${line}\n`;
  return `${text}${at}Try \`${tool} -h' or '${tool} --help' for more information.\n`;
}
