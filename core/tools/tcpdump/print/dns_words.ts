import { nameIn } from "./out.ts";

/** `5m`, `1h30m`: a time to live as tcpdump writes it. */
export function relativeTime(seconds: number): string {
  if (seconds === 0) return "0s";
  const units = [["w", 604800], ["d", 86400], ["h", 3600], ["m", 60], ["s", 1]] as const;
  let [left, text] = [seconds, ""];
  for (const [letter, size] of units) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${letter}`;
    left -= count * size;
  }
  return text;
}

/** A class other than IN in front of a type. */
export function className(number: number): string {
  return nameIn({ 3: "CHAOS", 4: "HS", 255: "ANY" }, number, "(Class %)");
}
