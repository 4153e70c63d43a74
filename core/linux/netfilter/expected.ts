import { MATCHES } from "./matches.ts";
import { TARGETS, VERDICTS } from "./targets.ts";

/** What would have been right, by what the tool complains of; the first that fits. */
const EXPECTED: readonly (readonly [RegExp, () => string])[] = [
  [/^Couldn't load match/, () => `a match, one of ${MATCHES.map(({ name }) => name).join(" ")}`],
  [
    /^Couldn't load target|is not a chain/,
    () =>
      `a chain of the table, ${VERDICTS.join(" ")}, or a target, one of ${TARGETS.map(({ name }) => name).join(" ")}`,
  ],
  [/table '.*'|Table does not exist/, () => "raw, mangle, nat, filter or security"],
  [/^unknown option/, () => "an option of iptables or of the rule's matches and target"],
  [/requires an argument/, () => "a word after the option"],
  [/invalid port|does not resolve/, () => "a port from 0 to 65535 or a service's name"],
  [/unknown protocol/, () => "a protocol's name or a number from 0 to 255"],
  [/host\/network|Bad IP address/, () => "an IP address or network"],
  [/invalid mask/, () => "a prefix length or a netmask"],
  [/no chain|No chain/, () => "a chain declared by a line `:CHAIN - [0:0]`"],
  [/COMMIT expected/, () => "COMMIT"],
  [/policy/, () => "ACCEPT or DROP, and - for a chain that is not built in"],
  [/must be specified|You must specify/, () => "the option the extension cannot do without"],
  [/Can't use -/, () => "-i where packets come in, -o where they leave"],
  [/too long/, () => "a chain name of at most 28 characters"],
];

/** What would have been accepted where the tool says this. */
export function expectedFor(message: string): string {
  return EXPECTED.find(([pattern]) => pattern.test(message))?.[1]() ?? "a line that iptables-restore takes";
}
