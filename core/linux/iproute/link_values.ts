import type { Ns } from "../../../wasm/mod.ts";
import { parseIp } from "../../base/mod.ts";
import { Exit, invalid } from "./exit.ts";
import type { IpTool } from "./tool.ts";
import { parseUnsigned } from "./words.ts";

/** A device name as the tool checks it: up to 15 bytes, without `/` or blanks. */
export function deviceName(word: string): string {
  if (word.length > 15 || word === "" || /[/\s]/.test(word)) throw invalid(word, `"name" not a valid ifname`);
  return word;
}

/** Another name of a device, which may be longer: up to 127 bytes. */
export function altName(word: string, problem: string): string {
  if (word.length > 127 || word === "" || /[/\s]/.test(word)) throw invalid(word, problem);
  return word;
}

/** The bytes of a hardware address as ll_addr_a2n reads them, each as far as it is hexadecimal: `banana` is `ba`. */
export function lladdr(word: string): string {
  return hardwareBytes(word).map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function hardwareBytes(word: string): readonly number[] {
  if (word.includes(".")) {
    const ip = parseIp(word);
    if (ip?.family !== 4) throw new Exit(1, `"${word}" is invalid lladdr.\n`);
    return [24n, 16n, 8n, 0n].map((shift) => Number(ip.value >> shift & 255n));
  }
  return word.split(":").map((byte) => {
    const value = parseInt(/^\s*(?:0x)?([0-9a-f]+)/i.exec(byte)?.[1] ?? "", 16);
    if (!(value <= 255)) throw new Exit(1, `"${byte}" is invalid lladdr.\n`);
    return value;
  });
}

/** Refuses an address of another length than an Ethernet device's, as iplink does for a device that is there. */
export function checkLength(address: string): void {
  const bytes = address.split(":").length;
  if (bytes !== 6) throw new Exit(1, `Invalid address length ${bytes} - must be 6 bytes\n`);
}

/** A number as iplink reads it. */
export function number(word: string, what: string): number {
  const value = parseUnsigned(word);
  if (value === undefined) throw invalid(word, `Invalid "${what}" value\n`);
  return value;
}

/** IN6_ADDR_GEN_MODE_* by iproute2's words; the second asks for a secret that nobody gave here. */
export const ADDR_GEN_MODES = ["eui64", "none", "stable_secret", "random"] as const;

/** The number of an address generation mode's word. */
export function addrGenMode(word: string): number {
  const mode = ADDR_GEN_MODES.findIndex((name) => name === word);
  if (mode < 0) throw invalid(word, "Invalid address generation mode\n");
  return mode;
}

/** `on` or `off`. */
export function onOff(word: string, what: string): boolean {
  if (word === "on" || word === "off") return word === "on";
  throw new Exit(1, `Error: argument of "${what}" must be "on" or "off", not "${word}"\n`);
}

/** A bridge port's flag: a number, or `on` or `off`. */
export function portFlag(word: string, what: string): boolean {
  return word === "1" || (word !== "0" && onOff(word, what));
}

/** The index of the device that is to be the master. */
export function masterOf(tool: IpTool, name: string): number {
  const link = tool.find(name);
  if (link === undefined) throw invalid(name, "Device does not exist\n");
  return link.index;
}

/** The namespace of a name, or of a process by its pid. */
export function netnsOf(tool: IpTool, word: string): Ns {
  const named = tool.machine.findNs(word);
  if (named !== undefined) return named;
  const process = tool.machine.processes.find((one) => String(one.pid) === word);
  if (word === "1") return tool.machine.ns.id;
  if (process !== undefined) return process.ns;
  if (parseUnsigned(word) === undefined) throw invalid(word, `Invalid "netns" value\n`);
  throw new Exit(2, "RTNETLINK answers: No such process\n");
}
