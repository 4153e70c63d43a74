/** A filter expression that libpcap refuses, in its words. */
export class FilterComplaint extends Error {
  override readonly name = "FilterComplaint";
}

/** What libpcap says of a sentence that is none. */
export const SYNTAX_ERROR = "can't parse filter expression: syntax error";
