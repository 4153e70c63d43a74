/**
 * nginx's servers and locations out of its configuration files, and which of them answers a request. Directives that `settings`
 * and `site` do not look at have no effect.
 */
import type { Files } from "../../linux/mod.ts";
import { type Directive, parseNginxConf } from "./nginx_conf.ts";

/** What `location` (or a server itself) does. */
export interface Location {
  readonly modifier: "" | "=" | "^~" | "~" | "~*";
  readonly path: string;
  readonly root: string;
  readonly alias?: string;
  readonly index: readonly string[];
  readonly defaultType: string;
  readonly returns?: { readonly status: number; readonly text: string };
  readonly proxyPass?: string;
  readonly tryFiles?: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
}

/** One `server` block. */
export interface Site {
  readonly ports: readonly number[];
  readonly names: readonly string[];
  readonly itself: Location;
  readonly locations: readonly Location[];
}

const OUTER: Location = {
  modifier: "",
  path: "/",
  root: "/etc/nginx/html",
  index: ["index.html"],
  defaultType: "text/plain",
  headers: [],
};

/** The servers that a configuration file and what it includes describe; throws TextError in nginx's words. */
export function nginxSites(files: Files, path: string): Site[] {
  const main = parseNginxConf(files.read(path) ?? "", path);
  const http = main.filter(({ name }) => name === "http").flatMap(({ block }) => expand(files, block ?? []));
  const outer = settings(http, OUTER);
  return http.filter(({ name }) => name === "server").map(({ block }) => site(expand(files, block ?? []), outer));
}

/** Replaces `include` by what the files say. */
function expand(files: Files, directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => {
    if (directive.name !== "include") return [directive];
    return included(files, directive.args[0] ?? "").flatMap((path) =>
      expand(files, parseNginxConf(files.read(path) ?? "", path))
    );
  });
}

function included(files: Files, pattern: string): string[] {
  const path = pattern.startsWith("/") ? pattern : `/etc/nginx/${pattern}`;
  if (!path.includes("*")) return [path];
  const at = path.lastIndexOf("/");
  const form = new RegExp("^" + path.slice(at + 1).replace(/[.]/g, "\\.").replace(/\*/g, ".*") + "$");
  return (files.list(path.slice(0, at)) ?? []).filter((name) => form.test(name)).map((name) =>
    `${path.slice(0, at)}/${name}`
  );
}

function site(directives: readonly Directive[], outer: Location): Site {
  const itself = settings(directives, outer);
  const listens = directives.filter(({ name }) => name === "listen").map(({ args }) => portOf(args[0] ?? "80"));
  return {
    ports: listens.length === 0 ? [80] : [...new Set(listens)],
    names: directives.filter(({ name }) => name === "server_name").flatMap(({ args }) => args),
    itself,
    locations: directives.filter(({ name }) => name === "location").map((each) => location(each, itself)),
  };
}

function portOf(listen: string): number {
  return Number(/(\d+)$/.exec(listen)?.[1] ?? 80);
}

function location(directive: Directive, outer: Location): Location {
  const [first = "/", second] = directive.args;
  const named = second === undefined
    ? { modifier: "" as const, path: first }
    : { modifier: first as Location["modifier"], path: second };
  const { returns: _returns, proxyPass: _proxy, tryFiles: _files, alias: _alias, ...inherited } = outer;
  return { ...settings(directive.block ?? [], inherited as Location), ...named };
}

function settings(directives: readonly Directive[], outer: Location): Location {
  let at = outer;
  const added: (readonly [string, string])[] = [];
  for (const { name, args } of directives) {
    const [first = "", ...rest] = args;
    if (name === "root") at = { ...at, root: first };
    else if (name === "alias") at = { ...at, alias: first };
    else if (name === "index") at = { ...at, index: args };
    else if (name === "default_type") at = { ...at, defaultType: first };
    else if (name === "proxy_pass") at = { ...at, proxyPass: first };
    else if (name === "try_files") at = { ...at, tryFiles: args };
    else if (name === "add_header") added.push([first, rest[0] ?? ""]);
    else if (name === "return" && at.returns === undefined) at = { ...at, returns: returned(args) };
  }
  return added.length === 0 ? at : { ...at, headers: added };
}

/** `return 200 "text"`, `return 404`, `return http://elsewhere`. */
function returned(args: readonly string[]): { status: number; text: string } {
  const [first = "", text = ""] = args;
  return /^\d+$/.test(first) ? { status: Number(first), text } : { status: 302, text: first };
}

/** The server for a port and Host header: by name, else the first of that port. */
export function siteFor(sites: readonly Site[], port: number, host: string): Site | undefined {
  const there = sites.filter(({ ports }) => ports.includes(port));
  const bare = host.replace(/:\d+$/, "").toLowerCase();
  return there.find(({ names }) => names.some((name) => nameMatches(name.toLowerCase(), bare))) ?? there[0];
}

function nameMatches(pattern: string, host: string): boolean {
  if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
  if (pattern.startsWith("~")) return new RegExp(pattern.slice(1)).test(host);
  return pattern === host;
}

/** The location of a path: exact, then the longest prefix that forbids patterns, then the first pattern, then the longest prefix. */
export function locationFor(site: Site, path: string): Location {
  const exact = site.locations.find((each) => each.modifier === "=" && each.path === path);
  if (exact !== undefined) return exact;
  const prefixes = site.locations.filter((each) => ["", "^~"].includes(each.modifier) && path.startsWith(each.path));
  const longest = prefixes.sort((a, b) => b.path.length - a.path.length)[0];
  if (longest?.modifier === "^~") return longest;
  const pattern = site.locations.find((each) =>
    each.modifier.startsWith("~") && new RegExp(each.path, each.modifier === "~*" ? "i" : "").test(path)
  );
  return pattern ?? longest ?? site.itself;
}
