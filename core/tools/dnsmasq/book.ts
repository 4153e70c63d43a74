/** What a dnsmasq knows by its own options (dnsmasq(8)): records, addresses of whole domains, domains it keeps to itself. */
import { ipFamily, parseIp } from "../../base/mod.ts";
import { absolute, isUnder, lowerName, type Question, quoted, reverseName, type Rr, sameName } from "../../dns/mod.ts";

/** The book. */
export interface Book {
  readonly records: readonly Rr[];
  /** `--address=/domain/ip`: the domain and all under it; without an address they do not exist. */
  readonly domains: readonly { readonly domain: string; readonly address: string | undefined }[];
  /** `--local=/domain/`: names under it are answered from the book alone. */
  readonly local: readonly string[];
}

/** What the book says to a question. `refused`: it knows nothing and has nobody to ask. */
export interface Finding {
  readonly rcode: "NOERROR" | "NXDOMAIN" | "REFUSED";
  readonly answers: readonly Rr[];
  readonly authoritative: boolean;
}

/** Reads the options that put something into the book; the others are the program's. */
export function readBook(options: readonly string[]): Book {
  const book = {
    records: [] as Rr[],
    domains: [] as { domain: string; address: string | undefined }[],
    local: [] as string[],
  };
  for (const option of options) {
    const [, name = "", value = ""] = /^--([a-z-]+)=(.*)$/s.exec(option) ?? [];
    READERS[name]?.(value, book);
  }
  return book;
}

type Writing = {
  readonly records: Rr[];
  readonly domains: { domain: string; address: string | undefined }[];
  readonly local: string[];
};

const READERS: Readonly<Record<string, (value: string, book: Writing) => void>> = {
  "host-record": (value, { records }) => {
    const parts = value.split(",").filter((part) => !/^\d+$/.test(part));
    const addresses = parts.filter((part) => parseIp(part) !== undefined);
    const names = parts.filter((part) => parseIp(part) === undefined);
    for (const name of names) {
      for (const address of addresses) records.push(record(name, ipFamily(address) === 4 ? "A" : "AAAA", address));
    }
    for (const address of addresses) {
      if (names[0] !== undefined) records.push(record(reverse(address), "PTR", absolute(names[0])));
    }
  },
  "address": (value, { domains }) => {
    const [, domain = "", address = ""] = value.split("/");
    domains.push({ domain: absolute(domain === "#" ? "" : domain), address: address === "" ? undefined : address });
  },
  "local": (value, { local }) => local.push(...value.split("/").slice(1, -1).map(absolute)),
  "cname": (value, { records }) => {
    const parts = value.split(",");
    const target = parts.pop() as string;
    for (const name of parts) records.push(record(name, "CNAME", absolute(target)));
  },
  "txt-record": (value, { records }) => {
    const [name = "", ...texts] = value.split(",");
    records.push(record(name, "TXT", texts.map((text) => quoted(new TextEncoder().encode(text))).join(" ")));
  },
  "srv-host": (value, { records }) => {
    const [name = "", target = ".", port = "1", priority = "0", weight = "0"] = value.split(",");
    records.push(record(name, "SRV", `${priority} ${weight} ${port} ${absolute(target)}`));
  },
  "mx-host": (value, { records }) => {
    const [name = "", target = "", preference = "1"] = value.split(",");
    records.push(record(name, "MX", `${preference} ${absolute(target)}`));
  },
  "ptr-record": (value, { records }) => {
    const [name = "", target = ""] = value.split(",");
    records.push(record(name, "PTR", absolute(target)));
  },
};

function record(name: string, type: string, data: string): Rr {
  return { name: absolute(name), type, class: "IN", ttl: 0, data };
}

function reverse(address: string): string {
  return reverseName(parseIp(address) as NonNullable<ReturnType<typeof parseIp>>);
}

/** Answers a question; a CNAME is followed inside the book. */
export function lookUp(book: Book, question: Question): Finding {
  const own = ownAnswers(book, question);
  if (own.length > 0) return { rcode: "NOERROR", answers: own, authoritative: true };
  const domain =
    book.domains.filter((each) => isUnder(lowerName(question.name), lowerName(each.domain))).sort((a, b) =>
      b.domain.length - a.domain.length
    )[0];
  if (domain !== undefined) return domainFinding(domain.address, question);
  if (book.records.some(({ name }) => isUnder(lowerName(name), lowerName(question.name)))) {
    return { rcode: "NOERROR", answers: [], authoritative: false };
  }
  const kept = book.local.some((each) => isUnder(lowerName(question.name), lowerName(each)));
  return { rcode: kept ? "NXDOMAIN" : "REFUSED", answers: [], authoritative: false };
}

function ownAnswers({ records }: Book, { name, type }: Question): readonly Rr[] {
  const here = records.filter((rr) => sameName(rr.name, name));
  const alias = here.find((rr) => rr.type === "CNAME");
  if (alias !== undefined && type !== "CNAME") {
    return [alias, ...ownAnswers({ records } as Book, { name: alias.data, type, class: "IN" })];
  }
  return here.filter((rr) => rr.type === type || type === "ANY");
}

function domainFinding(address: string | undefined, { name, type }: Question): Finding {
  if (address === undefined) return { rcode: "NXDOMAIN", answers: [], authoritative: true };
  const fits = type === (ipFamily(address) === 4 ? "A" : "AAAA");
  return { rcode: "NOERROR", answers: fits ? [record(name, type, address)] : [], authoritative: true };
}
