import type { Octets } from "../octets.ts";
import { className, relativeTime } from "./dns_words.ts";
import { printEdnsOptions } from "./dns_edns.ts";
import { nameIn, type Out } from "./out.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  3: "MD",
  4: "MF",
  5: "CNAME",
  6: "SOA",
  7: "MB",
  8: "MG",
  9: "MR",
  10: "NULL",
  11: "WKS",
  12: "PTR",
  13: "HINFO",
  14: "MINFO",
  15: "MX",
  16: "TXT",
  17: "RP",
  18: "AFSDB",
  19: "X25",
  20: "ISDN",
  21: "RT",
  22: "NSAP",
  23: "NSAP_PTR",
  24: "SIG",
  25: "KEY",
  26: "PX",
  27: "GPOS",
  28: "AAAA",
  29: "LOC",
  30: "NXT",
  31: "EID",
  32: "NIMLOC",
  33: "SRV",
  34: "ATMA",
  35: "NAPTR",
  36: "KX",
  37: "CERT",
  38: "A6",
  39: "DNAME",
  40: "SINK",
  41: "OPT",
  42: "APL",
  43: "DS",
  44: "SSHFP",
  45: "IPSECKEY",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  99: "SPF",
  100: "UINFO",
  101: "UID",
  102: "GID",
  103: "UNSPEC",
  249: "TKEY",
  250: "TSIG",
  251: "IXFR",
  252: "AXFR",
  253: "MAILB",
  254: "MAILA",
  255: "ANY",
  256: "URI",
};
const [OPT, IN] = [41, 1];

/** Reads a DNS message from its questions on, printing as it goes. A false answer: the message ended too early. */
export class DnsReader {
  #at = 12;

  constructor(readonly out: Out, readonly message: Octets, readonly mdns: boolean) {}

  /** ` A? www.example.com.` */
  question(): boolean {
    const name = this.#at;
    if (!this.#skipName() || !this.message.has(this.#at, 4)) return false;
    this.out.put(` ${nameIn(TYPES, this.message.u16(this.#at), "Type%")}`);
    const asked = this.message.u16(this.#at + 2);
    const kind = this.mdns ? asked & 0x7fff : asked;
    if (kind !== IN) this.out.put(` ${className(kind)}`);
    if (this.mdns) this.out.put((asked & 0x8000) !== 0 ? " (QU)" : " (QM)");
    this.out.put("? ");
    this.#at += 4;
    return this.#name(name);
  }

  skipQuestion(): boolean {
    const there = this.#skipName();
    this.#at += 4;
    return there;
  }

  /** So many records, `head` in front of the first, commas between. */
  records(count: number, head: string): boolean {
    if (count > 0) this.out.put(head);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.out.put(",");
      if (!this.message.has(this.#at) || !this.#record()) return false;
    }
    return true;
  }

  #record(): boolean {
    const name = this.#at;
    if (!this.#skipName()) return false;
    if (this.out.options.verbose > 0) {
      this.out.put(" ");
      if (!this.#name(name)) return false;
    }
    if (!this.message.has(this.#at, 10)) return false;
    const [type, rawClass, ttl, length] = [
      this.message.u16(this.#at),
      this.message.u16(this.#at + 2),
      this.message.u32(this.#at + 4),
      this.message.u16(this.#at + 8),
    ];
    const kind = this.mdns && type !== OPT ? rawClass & 0x7fff : rawClass;
    if (kind !== IN && type !== OPT) this.out.put(` ${className(kind)}`);
    if (this.mdns && type !== OPT && (rawClass & 0x8000) !== 0) this.out.put(" (Cache flush)");
    if (type !== OPT && this.out.options.verbose > 2) this.out.put(` [${relativeTime(ttl)}]`);
    this.out.put(` ${nameIn(TYPES, type, "Type%")}`);
    const at = this.#at + 10;
    this.#at = at + length;
    if (!this.message.has(at, length)) return false;
    return this.#data(type, at, { length, rawClass, ttl });
  }

  #data(type: number, at: number, record: { length: number; rawClass: number; ttl: number }): boolean {
    const { out, message } = this;
    switch (type) {
      case 1:
        out.put(` ${message.ip4(at)}`);
        return true;
      case 28:
        out.put(` ${out.host(message.ip6(at))}`);
        return true;
      case 2:
      case 5:
      case 12:
      case 39:
        return this.#spacedName(at);
      case 6:
        return this.#soa(at);
      case 15: {
        const there = this.#spacedName(at + 2);
        out.put(` ${message.u16(at)}`);
        return there;
      }
      case 256:
        out.put(` ${message.u16(at)} ${message.u16(at + 2)} ${safe(message.latin1(at + 4, record.length - 4))}`);
        return true;
      case 33: {
        const there = this.#spacedName(at + 6);
        out.put(`:${message.u16(at + 4)} ${message.u16(at)} ${message.u16(at + 2)}`);
        return there;
      }
      case 16:
        return this.#strings(at, record.length);
      case OPT:
        printEdnsOptions(out, message.from(at).upTo(record.length), record);
        return true;
      default:
        return true;
    }
  }

  #strings(at: number, length: number): boolean {
    for (let next = at; next < at + length;) {
      const size = this.message.u8(next);
      this.out.put(` "${safe(this.message.latin1(next + 1, size))}"`);
      next += size + 1;
    }
    return true;
  }

  #soa(at: number): boolean {
    if (this.out.options.verbose === 0) return true;
    if (!this.#spacedName(at)) return false;
    const mailbox = this.#afterName(at);
    if (!this.#spacedName(mailbox)) return false;
    const numbers = this.#afterName(mailbox);
    for (let i = 0; i < 5; i++) this.out.put(` ${this.message.u32(numbers + i * 4)}`);
    return true;
  }

  #spacedName(at: number): boolean {
    this.out.put(" ");
    return this.#name(at);
  }

  #skipName(): boolean {
    const end = this.#afterName(this.#at);
    if (end < 0) return false;
    this.#at = end;
    return true;
  }

  /** Where a name ends; -1 where the message does first. */
  #afterName(at: number): number {
    for (let next = at; this.message.has(next);) {
      const size = this.message.u8(next);
      if ((size & 0xc0) === 0xc0) return next + 2;
      next += size + 1;
      if (size === 0) return next;
    }
    return -1;
  }

  /** Prints a name with its final dot, following pointers (RFC 1035 section 4.1.4). */
  #name(at: number): boolean {
    let text = "";
    for (let next = at; this.message.has(next);) {
      const size = this.message.u8(next);
      if (size === 0) {
        this.out.put(text === "" ? "." : text);
        return true;
      }
      if ((size & 0xc0) === 0xc0) {
        if (!this.message.has(next, 2)) return this.#broken(text);
        const to = this.message.u16(next) & 0x3fff;
        // Pointers point backwards, or they go round in circles.
        if (to >= next) return this.#broken(`${text}<BAD PTR>`);
        next = to;
        continue;
      }
      if (!this.message.has(next + 1, size)) return this.#broken(text);
      text += `${safe(this.message.latin1(next + 1, size))}.`;
      next += size + 1;
    }
    return this.#broken(text);
  }

  #broken(text: string): false {
    this.out.put(text);
    return false;
  }
}

/** Characters as terminals can show them: `^A` for control characters, `M-a` for those beyond ASCII. */
function safe(text: string): string {
  return [...text].map((char) => {
    let code = char.charCodeAt(0);
    let shown = "";
    if (code > 127) {
      code &= 127;
      shown = "M-";
    }
    if (code < 32 || code === 127) return `${shown}^${String.fromCharCode(code ^ 64)}`;
    return shown + String.fromCharCode(code);
  }).join("");
}
