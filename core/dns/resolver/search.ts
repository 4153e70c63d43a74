/** The names a resolver tries for what was typed: `ndots` and the search list. */
import { absolute } from "../name.ts";
import type { ResolverSettings } from "./resolv_conf.ts";

/** How many dots a name has, a trailing one counted. */
function dotsIn(name: string): number {
  return name.split(".").length - 1;
}

/** The candidates glibc tries in order: as is first from `ndots` dots on, else last; a name that ends in a dot alone (resolv.conf(5)). */
export function glibcCandidates(
  name: string,
  settings: Pick<ResolverSettings, "ndots" | "search" | "flags">,
): string[] {
  if (name.endsWith(".")) return [name];
  const dots = dotsIn(name);
  const searched = settings.search.map((domain) => joined(name, domain));
  const itself = absolute(name);
  if (dots >= settings.ndots) return [itself, ...searched];
  if (searched.includes(itself)) return searched;
  if (dots === 0 && searched.length > 0 && settings.flags.has("no-tld-query")) return searched;
  return [...searched, itself];
}

/** The candidates musl tries: from `ndots` dots on the search list is not used at all. */
export function muslCandidates(name: string, settings: Pick<ResolverSettings, "ndots" | "search">): string[] {
  if (name.endsWith(".") || dotsIn(name) >= settings.ndots) return [absolute(name)];
  return [...settings.search.map((domain) => joined(name, domain)), absolute(name)];
}

function joined(name: string, domain: string): string {
  const bare = domain.replace(/^\.+|\.+$/g, "");
  return bare === "" ? absolute(name) : `${name}.${bare}.`;
}
