/** Colours of `ip -c`, as terminals without a said background get them. */
const CODES = { ifname: 36, mac: 33, inet: 35, inet6: 34, up: 32, down: 31 } as const;

/** What a text is: each has its colour. */
export type Colour = keyof typeof CODES;

/** The text in its colour, where colours were asked for. */
export function paint(
  options: { readonly color?: boolean; readonly json?: boolean },
  colour: Colour | undefined,
  text: string,
): string {
  if (!options.color || options.json || colour === undefined || text === "") return text;
  return `\x1b[${CODES[colour]}m${text}\x1b[0m`;
}

/** The colour of an address. */
export const familyColour = (address: string): Colour => (address.includes(":") ? "inet6" : "inet");

/** The colour of an operational state: most have none. */
export function stateColour(state: string): Colour | undefined {
  return state === "UP" ? "up" : state === "DOWN" ? "down" : undefined;
}
