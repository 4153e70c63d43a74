/** URLs as curl reads them. */

/** The parts a transfer needs. */
export interface CurlUrl {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Whether the port was written. */
  readonly explicit: boolean;
  /** Path and query. */
  readonly target: string;
  readonly user?: string;
  /** As it is shown: with a scheme and a path. */
  readonly text: string;
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** The URL in a text, or curl's error: number and words. */
export function parseCurlUrl(text: string): CurlUrl | { readonly code: number; readonly message: string } {
  const bad = { code: 3, message: "URL using bad/illegal format or missing URL" };
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text) ?? [undefined, "http", text];
  const name = (scheme as string).toLowerCase();
  const [, authority = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(rest as string) ?? [];
  if (/[\s\p{Cc}]/u.test(rest as string) || authority === "") return bad;
  if (PORTS[name] === undefined) return { code: 1, message: `Protocol "${name}" not supported or disabled in libcurl` };
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? undefined : decodeURIComponent(authority.slice(0, at));
  const [, host = "", port] = /^(\[[^\]]+\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1)) ?? [];
  if (host === "" || (port !== undefined && port !== "" && Number(port) > 65535)) return bad;
  const bare = path.replace(/#.*$/s, "");
  const target = bare === "" || bare.startsWith("?") ? `/${bare}` : bare;
  const explicit = port !== undefined && port !== "" && Number(port) !== PORTS[name];
  return {
    scheme: name,
    host: host.replace(/^\[|\]$/g, ""),
    port: port === undefined || port === "" ? PORTS[name] as number : Number(port),
    explicit,
    target,
    text: `${name}://${authority}${target}`,
    ...(user === undefined ? {} : { user }),
  };
}

/** Where a `Location` leads from a URL. */
export function redirected(from: CurlUrl, location: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return location;
  const host = from.host.includes(":") ? `[${from.host}]` : from.host;
  const origin = `${from.scheme}://${host}${from.explicit ? `:${from.port}` : ""}`;
  if (location.startsWith("//")) return `${from.scheme}:${location}`;
  if (location.startsWith("/")) return origin + location;
  return origin + from.target.replace(/[?].*$/, "").replace(/[^/]*$/, "") + location;
}

/** Curl's globs: `{a,b}` and `[1-3]` make several URLs. */
export function globUrls(text: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(text);
  if (braces !== null) {
    return (braces[1] as string).split(",").flatMap((part) => globUrls(text.replace(braces[0], part)));
  }
  const range = /\[(\d+)-(\d+)\]/.exec(text);
  if (range === null) return [text];
  const [from, to] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    .flatMap((value) => globUrls(text.replace(range[0], String(value).padStart((range[1] as string).length, "0"))));
}
