import {
  addToIp,
  type Cidr,
  cidrSize,
  contains,
  lastIp,
  parseIp,
  printIp,
  type Random,
  requireCidr,
} from "../../../base/mod.ts";

/** Why an address was not handed out, in the server's words. */
export type IpRefusal =
  | "provided IP is already allocated"
  | "the provided network does not match the current range"
  | "range is full";

/** How many addresses at the start of a range are kept for those who ask by name. */
function staticBand(size: bigint): bigint {
  const sixteenth = size / 16n;
  if (size < 16n) return 0n;
  return sixteenth < 16n ? 16n : sixteenth > 256n ? 256n : sixteenth;
}

/** The addresses of one service CIDR. First and last (IPv4: network and broadcast) are never given. */
export class IpRange {
  readonly cidr: Cidr;
  readonly #used = new Map<string, number>();

  constructor(text: string) {
    this.cidr = requireCidr(text);
  }

  get family(): "IPv4" | "IPv6" {
    return this.cidr.ip.family === 4 ? "IPv4" : "IPv6";
  }

  /** The first address given: the Service `kubernetes`. */
  get first(): string {
    return addToIp(printIp(this.cidr.ip), 1);
  }

  /** Counts an address as taken. */
  take(ip: string): void {
    const key = canonical(ip);
    this.#used.set(key, (this.#used.get(key) ?? 0) + 1);
  }

  /** Counts an address as given back. */
  release(ip: string): void {
    const key = canonical(ip);
    const left = (this.#used.get(key) ?? 0) - 1;
    if (left > 0) this.#used.set(key, left);
    else this.#used.delete(key);
  }

  /** Why this address cannot be had; undefined where it can. */
  refuse(ip: string): IpRefusal | undefined {
    const address = parseIp(ip);
    if (address === undefined || !contains(this.cidr, address) || this.#isEdge(address.value)) {
      return "the provided network does not match the current range";
    }
    return this.#used.has(printIp(address)) ? "provided IP is already allocated" : undefined;
  }

  /** A free address, from the upper band while it has some; undefined when the range is full. */
  next(random: Random): string | undefined {
    const size = cidrSize(this.cidr);
    const count = this.cidr.ip.family === 4 ? size - 2n : size - 1n;
    const band = staticBand(size) > count ? count : staticBand(size);
    return this.#probe(band, count, random) ?? this.#probe(0n, band, random);
  }

  /** The first free one of the places from..to, starting at a random one. */
  #probe(from: bigint, to: bigint, random: Random): string | undefined {
    const span = to - from;
    if (span <= 0n) return undefined;
    const start = BigInt(random.below(Number(span > 0x7fff_ffffn ? 0x7fff_ffffn : span)));
    const base = this.first;
    for (let i = 0n; i < span && i <= BigInt(this.#used.size); i++) {
      const ip = addToIp(base, from + ((start + i) % span));
      if (!this.#used.has(ip)) return ip;
    }
    return undefined;
  }

  #isEdge(value: bigint): boolean {
    return value === this.cidr.ip.value || (this.cidr.ip.family === 4 && value === lastIp(this.cidr).value);
  }
}

function canonical(ip: string): string {
  const address = parseIp(ip);
  return address === undefined ? ip : printIp(address);
}
