import type { Octets } from "../octets.ts";
import type { Out } from "./out.ts";

/** A protocol that people could type. */
export interface TextProtocol {
  readonly name: string;
  /** First words of requests; absent: every first line is shown. */
  readonly commands?: readonly string[];
  /** The response's number is the second word (HTTP/1.1 200), not the first. */
  readonly codeSecond?: boolean;
  /** Only the lines before the first that is none are looked at, and no count is said (ssh). */
  readonly lines?: "each";
}

const HTTP: TextProtocol = {
  name: "http",
  codeSecond: true,
  commands:
    ("GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE " +
      "NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT " +
      "MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL").split(" "),
};
const FTP: TextProtocol = {
  name: "ftp",
  commands:
    ("ACCT ALLO APPE CDUP CWD DELE HELP LIST MDTM MKD MODE MOTH NLST NOOP PASS PASV PORT PWD QUIT REIN REST RETR RMD " +
      "RNFR RNTO SITE SIZE STAT STOR STOU STRU SYST TYPE USER XCUP XCWD XMKD XPWD XRMD").split(" "),
};
const SMTP: TextProtocol = {
  name: "smtp",
  commands: "DATA EHLO EXPN HELO HELP MAIL NOOP QUIT RCPT RSET SAML SEND SOML VRFY".split(" "),
};
const RTSP: TextProtocol = {
  name: "rtsp",
  codeSecond: true,
  commands: ("ANNOUNCE DESCRIBE GET_PARAMETER OPTIONS PAUSE PLAY RECORD REDIRECT SET_PARAMETER SETUP TEARDOWN").split(
    " ",
  ),
};

/** Protocols by TCP port, in the order in which the ports are looked for. */
export const TEXT_PROTOCOLS: readonly (readonly [number, TextProtocol])[] = [
  [21, FTP],
  [22, { name: "ssh", lines: "each" }],
  [25, SMTP],
  [80, HTTP],
  [8080, HTTP],
  [554, RTSP],
  [8554, RTSP],
];

/** The protocol's name, and its first line where that begins a request or a response; all lines with -v. */
export function printTextProtocol(out: Out, data: Octets, length: number, protocol: TextProtocol): void {
  out.protocol = protocol.name;
  const lines = protocol.commands === undefined || opens(firstWords(data, length), protocol);
  out.put(protocol.name.toUpperCase());
  if (!lines) return;
  if (out.options.verbose === 0) {
    printLine(out, data, { at: 0, length, before: ": " });
    return;
  }
  out.put(`, length: ${length}`);
  for (let at = 0; at >= 0 && at < length;) at = printLine(out, data, { at, length, before: "\n\t" });
}

/** `: SSH: SSH-2.0-OpenSSH_9.2`: the greeting; nothing at all of what is encrypted. */
export function printSsh(out: Out, data: Octets, length: number): void {
  out.protocol = "ssh";
  const text = data.latin1(0, Math.min(data.length, length));
  const line = /^([\x20-\x7e\t]+)\r?\n/.exec(text)?.[1];
  if (line !== undefined) out.put(`: SSH: ${line}`);
}

function firstWords(data: Octets, length: number): readonly string[] {
  const start = data.latin1(0, Math.min(data.length, length, 256));
  return start.split(/\s+/, 2);
}

function opens([first = "", second = ""]: readonly string[], { commands = [], codeSecond }: TextProtocol): boolean {
  return commands.includes(first.toUpperCase()) || /^\d{3}$/.test(codeSecond ? second : first);
}

/** Prints one line and gives where the next begins; -1 where it was none, or the last. */
function printLine(
  out: Out,
  data: Octets,
  { at, length, before }: { at: number; length: number; before: string },
): number {
  for (let end = at; end < length; end++) {
    if (!data.has(end)) break;
    const byte = data.u8(end);
    const feeds = byte === 10
      ? 1
      : byte === 13 && data.has(end + 1) && end + 1 < length && data.u8(end + 1) === 10
      ? 2
      : 0;
    if (feeds > 0) {
      out.put(before + data.latin1(at, end - at));
      return end + feeds;
    }
    if (byte !== 9 && (byte < 32 || byte > 126)) return -1;
  }
  out.put(before + data.latin1(at, Math.min(length, data.length) - at));
  out.truncated();
  return -1;
}
