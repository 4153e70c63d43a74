/**
 * nsswitch.conf(5), the `hosts` database.
 *
 *     line   = database ":" { service [ "[" { ["!"] status "=" action } "]" ] }
 *     status = "SUCCESS" | "NOTFOUND" | "UNAVAIL" | "TRYAGAIN"        action = "return" | "continue" | "merge"
 */

/** How a service's answer may end. */
export type NssStatus = "success" | "notfound" | "unavail" | "tryagain";

/** What happens then. */
export type NssAction = "return" | "continue" | "merge";

/** One service of a database, with what to do after each status. */
export interface NssService {
  /** `files`, `dns` are run; others (`myhostname`, `mdns4_minimal`, `resolve`) are unavailable here and say so by their name. */
  readonly name: string;
  readonly actions: Readonly<Record<NssStatus, NssAction>>;
}

const DEFAULT_ACTIONS: NssService["actions"] = {
  success: "return",
  notfound: "continue",
  unavail: "continue",
  tryagain: "continue",
};

/** glibc's own default since 2.33, and what Debian writes. */
export const DEFAULT_HOSTS = "files dns";

/** The `hosts` services of a file; glibc's default where it has no such line. */
export function parseNsswitch(text: string): NssService[] {
  const line = text.split("\n").map((each) => each.replace(/#.*$/, "")).find((each) => /^\s*hosts\s*:/.test(each));
  return parseServices(line === undefined ? DEFAULT_HOSTS : line.slice(line.indexOf(":") + 1));
}

/** The services in a text such as `files mdns4_minimal [NOTFOUND=return] dns`. */
export function parseServices(text: string): NssService[] {
  const services: NssService[] = [];
  for (const word of text.match(/\[[^\]]*\]|\S+/g) ?? []) {
    const last = services.at(-1);
    if (!word.startsWith("[")) services.push({ name: word, actions: DEFAULT_ACTIONS });
    else if (last !== undefined) services[services.length - 1] = { ...last, actions: criteria(word, last.actions) };
  }
  return services;
}

function criteria(word: string, actions: NssService["actions"]): NssService["actions"] {
  const changed = { ...actions };
  for (const [, not, status, action] of word.matchAll(/(!?)\s*([A-Za-z]+)\s*=\s*([A-Za-z]+)/g)) {
    const named = (status as string).toLowerCase() as NssStatus;
    for (const each of Object.keys(changed) as NssStatus[]) {
      if ((each === named) !== (not === "!")) changed[each] = (action as string).toLowerCase() as NssAction;
    }
  }
  return changed;
}

/** `hosts: files dns`, with the actions that differ from the default. */
export function printNsswitch(services: readonly NssService[]): string {
  const words = services.flatMap(({ name, actions }) => {
    const other = (Object.keys(actions) as NssStatus[]).filter((each) => actions[each] !== DEFAULT_ACTIONS[each]);
    const text = other.map((each) => `${each.toUpperCase()}=${actions[each]}`).join(" ");
    return text === "" ? [name] : [name, `[${text}]`];
  });
  return `hosts: ${words.join(" ")}\n`;
}
