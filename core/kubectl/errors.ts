/** What kubectl says when something went wrong, in its words. */
import type { Status } from "../kube/mod.ts";

/** A command that cannot go on: thrown inside, turned into text and exit status at the door. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  /** @param text everything that goes to standard error, lines without the last newline */
  constructor(readonly text: string, readonly exit = 1) {
    super(text);
  }
}

/** `error: TEXT` */
export function usageError(text: string): CommandError {
  return new CommandError(`error: ${text}`);
}

/** The line behind a refusal that names the command's help. */
export function seeHelp({ flags }: { readonly flags: { readonly command: string } }): string {
  return `\nSee 'kubectl ${flags.command} -h' for help and examples`;
}

/** What is not modelled says so by name. */
export function unmodelled(what: string): CommandError {
  return new CommandError(`error: ${what} is not modelled here`);
}

/** The server's refusal as kubectl shows it. */
export function statusText(status: Status): string {
  if (status.reason === "Invalid") return invalidText(status);
  const reason = status.reason ?? "";
  return `Error from server${reason === "" ? "" : ` (${reason})`}: ${status.message ?? ""}`;
}

function invalidText({ message = "", details }: Status): string {
  const request = "The request is invalid";
  if (details === undefined) return message === "" ? request : `${request}: ${message}`;
  const { kind = "", name = "", causes = [] } = details;
  const named = kind !== "" || name !== "";
  const head = named ? `The ${kind} ${JSON.stringify(name)} is invalid` : request;
  if (causes.length === 0) return named || message === "" ? head : `${head}: ${message}`;
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  return lines.length === 1 ? `${head}: ${lines[0]}` : [`${head}: `, ...lines.map((line) => `* ${line}`)].join("\n");
}

/** The error of a refused request; `doing` and `source` name what was tried with which file. */
export function refused(status: Status, doing = "", source = ""): CommandError {
  const message = doing === ""
    ? status.message ?? ""
    : `error when ${doing} ${JSON.stringify(source)}: ${status.message}`;
  return new CommandError(statusText({ ...status, message }));
}
