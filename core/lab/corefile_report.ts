/** `podwire corefile check`: what CoreDNS of a release says of a Corefile at its start, and what it does not say. */
import {
  type Advice,
  adviseCorefile,
  configure,
  COREDNS_BY_KUBERNETES,
  COREDNS_VERSION,
  COREDNS_VERSIONS,
  CorefileError,
} from "../addons/coredns/mod.ts";
import { corefileHost } from "./corefile_check.ts";

/** The outcome of a check. */
export interface CorefileReport {
  /** The CoreDNS release. */
  readonly version: string;
  /** What it prints before it serves, or before it exits with status 1. */
  readonly prints: readonly string[];
  /** Why it does not start. */
  readonly error?: CorefileError;
  readonly advice: readonly Advice[];
}

/** The CoreDNS release that a word names: one itself (`1.11.1`), or Kubernetes's (`1.31`); undefined for neither. */
export function corednsVersion(word: string | undefined): string | undefined {
  if (word === undefined) return COREDNS_VERSION;
  const plain = word.replace(/^v/, "");
  return COREDNS_VERSIONS.includes(plain) ? plain : COREDNS_BY_KUBERNETES[plain];
}

/** Files that a Corefile names: imports, zone files, resolv.conf. */
export interface CorefileFiles {
  read?(path: string): string | undefined;
  list?(folder: string): readonly string[] | undefined;
}

/** Checks a Corefile. */
export function reportCorefile(
  text: string,
  file: string,
  { version, ...files }: CorefileFiles & { readonly version: string },
): CorefileReport {
  const host = corefileHost(files);
  try {
    const { banner } = configure({ text, file, version, host, cluster: undefined });
    const prints = [...banner, `CoreDNS-${version}`];
    return { version, prints, advice: adviseCorefile({ text, file, version, host }) };
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    return { version, prints: [error.startup], error, advice: [] };
  }
}
