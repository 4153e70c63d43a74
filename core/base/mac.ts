const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Whether a text is an Ethernet address (`02:00:00:00:00:01`). */
export function isMac(text: string): boolean {
  return MAC.test(text);
}

/** The six bytes of an Ethernet address; undefined when the text is none. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!isMac(text)) return undefined;
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) bytes[i] = parseInt(text.slice(3 * i, 3 * i + 2), 16);
  return bytes;
}

/** `02:00:00:00:00:01` from six bytes. */
export function printMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
