/** Bytes as -x, -X and -A show them. */

/** Two bytes a word, eight words a line (`-x`); a text column behind them with `ascii` (`-X`). Each line begins with a line feed. */
export function hexLines(bytes: Uint8Array, ascii: boolean): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.subarray(at, at + 16);
    const head = `\n\t0x${at.toString(16).padStart(4, "0")}: `;
    const words = hexWords(line);
    text += ascii ? `${head}${words.padEnd(41)} ${printable(line)}` : head + words;
  }
  return text;
}

/** Characters for reading (`-A`): a line feed, then tabs, blanks and line ends as they are, all else that is not graphic as dots. */
export function asciiText(bytes: Uint8Array): string {
  let text = "\n";
  bytes.forEach((byte, at) => {
    if (byte === 13 && (at + 1 >= bytes.length || bytes[at + 1] === 10)) {
      if (at + 1 >= bytes.length) text += ".";
      return;
    }
    const kept = (byte > 32 && byte < 127) || byte === 9 || byte === 32 || byte === 10;
    text += kept ? String.fromCharCode(byte) : ".";
  });
  return text;
}

function hexWords(line: Uint8Array): string {
  let text = "";
  line.forEach((byte, at) => {
    text += (at % 2 === 0 ? " " : "") + byte.toString(16).padStart(2, "0");
  });
  return text;
}

function printable(line: Uint8Array): string {
  return [...line].map((byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
}
