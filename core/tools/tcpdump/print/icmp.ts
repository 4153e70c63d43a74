import { onesSum, shouldBe } from "../checksum.ts";
import type { Octets } from "../octets.ts";
import { hex, nameIn, type Out } from "./out.ts";
import type { Carried } from "./carried.ts";

const INNER = 8;
/** Types that quote the packet they are about. */
const ERRORS = new Set([3, 4, 5, 11, 12]);
const TYPES: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "destination unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  9: "router advertisement",
  10: "router solicitation",
  11: "time exceeded",
  12: "parameter problem",
  13: "time stamp request",
  14: "time stamp reply",
  15: "information request",
  16: "information reply",
  17: "address mask request",
};
/** Destination unreachable by code; `%` is the address that was meant. */
const UNREACHABLE: Readonly<Record<number, string>> = {
  0: "net % unreachable",
  1: "host % unreachable",
  5: "% unreachable - source route failed",
  6: "net % unreachable - unknown",
  7: "host % unreachable - unknown",
  8: "% unreachable - source host isolated",
  9: "net % unreachable - admin prohibited",
  10: "host % unreachable - admin prohibited",
  11: "net % unreachable - tos prohibited",
  12: "host % unreachable - tos prohibited",
  13: "host % unreachable - admin prohibited filter",
  14: "host % unreachable - host precedence violation",
  15: "host % unreachable - precedence cutoff",
};
const REDIRECTS = ["redirect % to net ", "redirect % to host ", "redirect-tos % to net ", "redirect-tos % to host "];

/** ICMP (RFC 792): `ICMP echo request, id 7, seq 1, length 64`. */
export function printIcmp(out: Out, message: Octets, { length, fragmented }: Carried): void {
  out.protocol = "icmp";
  const type = message.u8(0);
  out.put(`ICMP ${describe(out, message, type)}, length ${length}`);
  if (out.options.verbose === 0) return;
  if (!fragmented && !out.options.unchecked && message.has(0, length)) {
    const [sum, field] = [onesSum(message, length), message.u16(2)];
    if (sum !== 0xffff) out.put(` (wrong icmp cksum ${field.toString(16)} (->${shouldBe(field, sum).toString(16)})!)`);
  }
  if (!ERRORS.has(type)) return;
  out.put("\n\t");
  const inner = message.from(INNER);
  out.layers.ip4(out, inner, inner.u16(2));
}

function describe(out: Out, message: Octets, type: number): string {
  const inner = message.from(INNER);
  const code = message.u8(1);
  switch (type) {
    case 0:
    case 8:
      return `echo ${type === 8 ? "request" : "reply"}, id ${message.u16(4)}, seq ${message.u16(6)}`;
    case 3:
      return unreachable(out, message, code);
    case 5:
      return (REDIRECTS[code] ?? `redirect-#${code} % to `).replace("%", out.host(inner.ip4(16))) +
        out.host(message.ip4(4));
    case 9:
      return routers(message);
    case 11:
      return ["time exceeded in-transit", "ip reassembly time exceeded"][code] ?? `time exceeded-#${code}`;
    case 12:
      return code !== 0 ? `parameter problem - code ${code}` : `parameter problem - octet ${message.u8(4)}`;
    case 13:
      return `time stamp query id ${message.u16(4)} seq ${message.u16(6)}`;
    case 14: {
      const [origin, received, sent] = [8, 12, 16].map((at) => dayTime(message.u32(at)));
      return `time stamp reply id ${message.u16(4)} seq ${
        message.u16(6)
      }: org ${origin}, recv ${received}, xmit ${sent}`;
    }
    case 18:
      return `address mask is 0x${hex(message.u32(8), 8)}`;
    default:
      return nameIn(TYPES, type, "type-#%");
  }
}

/** Routers that advertise themselves (RFC 1256), each with its preference. */
function routers(message: Octets): string {
  const [count, size, lifetime] = [message.u8(4), message.u8(5), message.u16(6)];
  const head = `router advertisement lifetime ${clock(lifetime)} ${count}:`;
  if (size !== 2) return `${head} [size ${size}]`;
  const all = Array.from({ length: count }, (_, i) => ` {${message.ip4(8 + i * 8)} ${message.u32(12 + i * 8)}}`);
  return head + all.join("");
}

/** A lifetime in seconds, minutes or hours. */
function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 60) return String(seconds);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function unreachable(out: Out, message: Octets, code: number): string {
  const inner = message.from(INNER);
  const to = out.host(inner.ip4(16));
  const protocol = inner.u8(9);
  if (code === 2) return `${to} protocol ${protocol} unreachable`;
  if (code === 3) {
    const port = inner.u16((inner.u8(0) & 15) * 4 + 2);
    if (protocol !== 6 && protocol !== 17) return `${to} protocol ${protocol} port ${port} unreachable`;
    const name = protocol === 6 ? "tcp" : "udp";
    return `${to} ${name} port ${out.names.port(port, name)} unreachable`;
  }
  if (code === 4) {
    const mtu = message.u16(6);
    return mtu === 0 ? `${to} unreachable - need to frag` : `${to} unreachable - need to frag (mtu ${mtu})`;
  }
  return (UNREACHABLE[code] ?? `% unreachable - #${code}`).replace("%", to);
}

/** Milliseconds since midnight, as time stamps have them. */
function dayTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
