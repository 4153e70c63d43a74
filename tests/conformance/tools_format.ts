/** Format podwire-tools/1: cases of shell commands with what the real tools answered. `<*>` stands for any run without blanks. */
import { TextError } from "../../core/base/mod.ts";

/** A command line in a namespace: `node` is the machine itself. */
export interface Line {
  readonly ns: string;
  readonly cmd: string;
}

/** A command with what it left; `exit` null: it did not end. */
export interface Command extends Line {
  readonly stdin?: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exit: number | null;
  readonly unordered?: boolean;
  readonly unstable?: boolean;
  readonly during?: readonly Line[];
  readonly incomplete?: boolean;
}

/** A command that was left running. */
export interface Background {
  readonly ns: string;
  readonly background: string;
}

/** One fresh machine, how it is set up, and what is typed there. */
export interface ToolCase {
  readonly name: string;
  readonly family: string;
  readonly iptables: "legacy" | "nft";
  readonly setup: readonly Line[];
  readonly steps: readonly (Command | Background)[];
}

/** The cases of a recording; throws a TextError where the text is another format. */
export function parseTools(text: string, file: string): readonly ToolCase[] {
  const recording = JSON.parse(text) as { readonly format?: string; readonly cases?: readonly ToolCase[] };
  if (recording.format !== "podwire-tools/1" || recording.cases === undefined) {
    throw new TextError(file, 1, 1, `format ${recording.format}`, "podwire-tools/1");
  }
  return recording.cases;
}

/** The lines of an output as recordings split it: a final line feed ends the last line. */
export function outputLines(text: string): string[] {
  if (text === "") return [];
  return text.replaceAll("\r", "").replace(/\n$/, "").split("\n").map(canonical);
}

/** What the recorder made alike: a ping's summary with its extras, tcpdump's closing lines in the plural. */
function canonical(line: string): string {
  return line.replace(/^rtt min\/avg\/max\/mdev = .*$/, "rtt min/avg/max/mdev = * ms")
    .replace(/^(\d+) packet (captured|received by filter|dropped by kernel)$/, "$1 packets $2");
}

/** A date as date(1), or ctime(3), prints it: the one thing with blanks in it that recorders blank out. */
const DATE = "\\w{3} \\w{3} [ \\d]\\d [\\d:]{8}(?: \\w+)? \\d{4}";

/** Whether a recorded line stands for this one. */
export function lineMatches(recorded: string, actual: string): boolean {
  if (recorded === actual) return true;
  if (!recorded.includes("<*>")) return false;
  const parts = recorded.split("<*>").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(`(?:\\S*|${DATE})`)}$`).test(actual);
}

/** Whether all lines match, in order or as a multiset. */
export function linesMatch(recorded: readonly string[], actual: readonly string[], unordered: boolean): boolean {
  if (recorded.length !== actual.length) return false;
  if (!unordered) return recorded.every((line, index) => lineMatches(line, actual[index] ?? ""));
  const left = [...actual];
  return [...recorded].sort((a, b) => wildness(a) - wildness(b)).every((line) => {
    const at = left.findIndex((one) => lineMatches(line, one));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Exact lines take their match before wild ones do. */
function wildness(line: string): number {
  return line.split("<*>").length;
}
