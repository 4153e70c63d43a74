/** arping's command line (arping 2.23, Thomas Habets'). */
import { parseIp } from "../../base/mod.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";
import { ARPING_HELP, ARPING_USAGE } from "./usage.ts";

/** What is asked, of whom, how often. */
export interface ArpingOptions {
  /** A host's name or address, or a MAC address. */
  readonly target: string;
  readonly device: string | undefined;
  /** Requests, replies, milliseconds before it ends whatever came; Infinity where none was said. */
  readonly count: number;
  readonly replies: number;
  readonly deadline: number;
  /** Milliseconds between requests. */
  readonly wait: number;
  readonly source: string | undefined;
  readonly sourceMac: string | undefined;
  readonly targetMac: string | undefined;
  /** -T: where a MAC address is pinged at. */
  readonly through: string | undefined;
  readonly vlan: number | undefined;
  readonly look: ArpingLook;
}

/** How answers are shown, and what kind of message goes out. */
export interface ArpingLook {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly raw: boolean;
  readonly rawOther: boolean;
  readonly dots: boolean;
  readonly sent: boolean;
  readonly unsolicited: boolean;
  readonly answer: boolean;
  readonly duplicates: boolean;
}

const SHORT = "0aAbBC:c:dDeFg:hi:I:m:pPqQ:rRs:S:t:T:uUvV:w:W:zZ";

/** The options; or what is said instead, and the exit status. */
export function arpingOptions(
  args: readonly string[],
): ArpingOptions | { readonly out: string; readonly err: string; readonly exit: number } {
  if (args.includes("--help")) return { out: ARPING_HELP, err: "", exit: 0 };
  if (args.includes("-h")) return { out: ARPING_USAGE, err: "", exit: 0 };
  const parsed = getopt(args.map((arg) => (arg.startsWith("--") && arg.length > 2 ? "--" : arg)), { short: SHORT });
  const long = args.find((arg) => arg.startsWith("--") && arg.length > 2);
  if (long !== undefined) return { out: ARPING_USAGE, err: "arping: invalid option -- '-'\n", exit: 1 };
  if ("problem" in parsed) return { out: ARPING_USAGE, err: `arping: ${parsed.problem}\n`, exit: 1 };
  const { options, operands } = parsed;
  const type = valueOf(options, "m");
  if (type !== undefined) return { out: "", err: `arping: Unknown timestamp type "${type}"\n`, exit: 1 };
  if (operands.length > 1) {
    return { out: "", err: "arping: Too many args on command line. Expected at most one.\n", exit: 1 };
  }
  const mac = valueOf(options, "s");
  if (mac !== undefined && !isMac(mac)) return { out: "", err: `arping: Weird MAC addr ${mac}\n`, exit: 1 };
  const target = has(options, "B") ? "255.255.255.255" : operands[0];
  if (target === undefined) return { out: ARPING_USAGE, err: "", exit: 1 };
  return optionsFor(target, options);
}

function optionsFor(target: string, options: readonly Option[]): ArpingOptions {
  const last = options.findLast(({ name }) => "0bS".includes(name));
  const sources: Readonly<Record<string, string>> = { "0": "0.0.0.0", b: "255.255.255.255" };
  const flag = (name: string) => has(options, name);
  return {
    target,
    device: valueOf(options, "i") ?? valueOf(options, "I"),
    count: number(options, "c"),
    replies: number(options, "C"),
    deadline: number(options, "w") * 1000,
    wait: (valueOf(options, "W") === undefined ? 1 : number(options, "W")) * 1000,
    source: last === undefined ? undefined : sources[last.name] ?? last.value,
    sourceMac: valueOf(options, "s"),
    targetMac: valueOf(options, "t"),
    through: valueOf(options, "T"),
    vlan: valueOf(options, "V") === undefined ? undefined : number(options, "V"),
    look: {
      quiet: flag("q"),
      verbose: flag("v"),
      raw: flag("r"),
      rawOther: flag("R"),
      dots: flag("D"),
      sent: flag("u"),
      unsolicited: flag("U"),
      answer: flag("P"),
      duplicates: flag("d"),
    },
  };
}

/** atoi(3) or atof(3): what is no number is 0; Infinity where the option was not given. */
function number(options: readonly Option[], name: string): number {
  const text = valueOf(options, name);
  if (text === undefined) return Infinity;
  const value = parseFloat(text);
  return Number.isNaN(value) ? 0 : value;
}

/** Whether the target is a MAC address, which is pinged by ICMP. */
export function isMac(text: string): boolean {
  return /^([0-9a-f]{1,2}[:.-]){5}[0-9a-f]{1,2}$/i.test(text) && parseIp(text) === undefined;
}
