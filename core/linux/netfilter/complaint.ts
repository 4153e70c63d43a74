/** Exit statuses of the xtables tools (enum xtables_exittype). */
export const STATUS = { OTHER: 1, USAGE: 2, VERSION: 3, RESOURCE: 4 } as const;

/** A word an xtables tool does not take: caught where the command line is run, and printed there as the tool prints it. */
export class Complaint extends Error {
  override readonly name = "Complaint";

  /**
   * @param status exit status; {@link STATUS}.USAGE is followed by the hint to `--help`
   * @param message the tool's own words; a line feed at its end prints an empty line
   * @param bare printed without `iptables v1.8.9 (legacy): ` in front
   * @param expected what would have been accepted there, for texts that are checked before they are loaded
   */
  constructor(readonly status: number, message: string, readonly bare = false, readonly expected?: string) {
    super(message);
  }
}

/** Wrong usage: exit status 2. */
export function usage(message: string, expected?: string): never {
  throw new Complaint(STATUS.USAGE, message, false, expected);
}
