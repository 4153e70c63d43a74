/** curl's `-w FORMAT`. */
import { header } from "../http/mod.ts";
import type { Transfer } from "./transfer.ts";

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(6);
const status = (transfer: Transfer) => String(transfer.response?.status ?? 0).padStart(3, "0");

/** Every variable that has a meaning here, by its name. */
const VARIABLES: Readonly<Record<string, (transfer: Transfer) => string>> = {
  content_type: ({ response }) => header(response?.headers ?? [], "Content-Type") ?? "",
  errormsg: ({ error }) => error?.message ?? "",
  exitcode: ({ error }) => String(error?.code ?? 0),
  http_code: status,
  response_code: status,
  http_connect: () => "000",
  http_version: ({ response }) => response === undefined ? "0" : response.version.slice(5),
  local_ip: ({ local }) => local?.address ?? "",
  local_port: ({ local }) => String(local?.port ?? 0),
  remote_ip: ({ remote }) => remote?.address ?? "",
  remote_port: ({ remote }) => String(remote?.port ?? 0),
  method: ({ method }) => method,
  num_connects: ({ connects }) => String(connects),
  num_headers: ({ response }) => String(response?.headers.length ?? 0),
  num_redirects: ({ redirects }) => String(redirects),
  redirect_url: ({ redirectUrl }) => redirectUrl ?? "",
  scheme: ({ url }) => url.startsWith("https") ? "HTTPS" : "HTTP",
  size_download: ({ body }) => String(body.length),
  size_header: ({ heads }) => String(heads.reduce((sum, head) => sum + head.length, 0)),
  size_request: ({ requestSize }) => String(requestSize),
  size_upload: () => "0",
  speed_download: ({ body, times }) =>
    String(times.total > 0 ? Math.floor((body.length * 1000) / times.total) : body.length * 1_000_000),
  speed_upload: () => "0",
  ssl_verify_result: () => "0",
  time_appconnect: () => "0.000000",
  time_connect: ({ times }) => seconds(times.connect),
  time_namelookup: ({ times }) => seconds(times.lookup),
  time_pretransfer: ({ times }) => seconds(times.connect),
  time_redirect: ({ times }) => seconds(times.redirect),
  time_starttransfer: ({ times }) => seconds(times.begin),
  time_total: ({ times }) => seconds(times.total),
  url: ({ url }) => url,
  url_effective: ({ url }) => url,
  urlnum: () => "0",
};

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What the format prints on standard output and on standard error (`%{stderr}` switches over). */
export function writeOut(format: string, transfer: Transfer): { readonly out: string; readonly err: string } {
  const text = { out: "", err: "" };
  let stream: "out" | "err" = "out";
  for (const [whole, name, field, escape] of format.matchAll(/%\{([^}]*)\}|%header\{([^}]*)\}|\\(.)|[^%\\]+|%%|./gs)) {
    if (name === "stderr") stream = "err";
    else if (name === "stdout") stream = "out";
    else if (name !== undefined) {
      const value = VARIABLES[name];
      if (value === undefined) text.err += `curl: unknown --write-out variable: '${name}'\n`;
      else text[stream] += value(transfer);
    } else if (field !== undefined) text[stream] += header(transfer.response?.headers ?? [], field) ?? "";
    else if (escape !== undefined) text[stream] += ESCAPES[escape] ?? `\\${escape}`;
    else text[stream] += whole === "%%" ? "%" : whole;
  }
  return text;
}
