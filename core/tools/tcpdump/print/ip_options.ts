import type { Octets } from "../octets.ts";
import { nameIn, type Out } from "./out.ts";

const OPTIONS: Readonly<Record<number, string>> = {
  0: "EOL",
  1: "NOP",
  68: "timestamp",
  130: "security",
  7: "RR",
  148: "RA",
  131: "LSRR",
  137: "SSRR",
  205: "RFC1393",
};
const ROUTES = new Set([7, 131, 137]);

/** The options of an IPv4 header, as far as people meet them: record route, router alert, no operation. */
export function printIp4Options(out: Out, options: Octets): void {
  let between = "";
  for (let at = 0; at < options.length;) {
    const kind = options.u8(at);
    const single = kind === 0 || kind === 1;
    out.put(between);
    between = ",";
    out.put(nameIn(OPTIONS, kind, "unknown %"));
    if (kind === 0) return;
    const length = single ? 1 : options.u8(at + 1);
    if (!single && (length < 2 || at + length > options.length)) return out.put(" [bad length]");
    if (ROUTES.has(kind)) printRoute(out, options.from(at).upTo(length));
    else if (kind === 148 && length === 4 && options.u16(at + 2) !== 0) out.put(` value ${options.u16(at + 2)}`);
    at += length;
  }
}

/** ` 10.0.0.1, 10.0.0.2,`: a comma behind those before the pointer. */
function printRoute(out: Out, option: Octets): void {
  const pointer = option.u8(2) - 1;
  for (let at = 3; at + 4 <= option.length; at += 4) {
    out.put(` ${out.host(option.ip4(at))}${pointer > at ? "," : ""}`);
  }
}
