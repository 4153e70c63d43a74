/** netexec's `/dial`: asks another netexec from here, some times over, and tells who answered. */
import { isFailure } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { exchange, HttpReader } from "../../tools/mod.ts";

const TIMEOUT = 5_000;

/** `{"responses":["a","b"]}`, or `{"errors":[...]}`. */
export async function dial(process: Process, query: URLSearchParams): Promise<string> {
  const responses: string[] = [];
  const errors: string[] = [];
  const info = await getaddrinfo(process, query.get("host") ?? "");
  if (gaiFailed(info)) return JSON.stringify({ errors: [info.text] });
  const at = { address: info.addresses[0] as string, port: Number(query.get("port")) };
  const ask = query.get("protocol") === "udp" ? askUdp : askHttp;
  for (let left = Number(query.get("tries") ?? 1); left > 0; left--) {
    const got = await ask(process, at, query.get("request") ?? "hostname");
    if ("text" in got) responses.push(got.text);
    else errors.push(got.error);
  }
  return JSON.stringify({ ...(responses.length > 0 ? { responses } : {}), ...(errors.length > 0 ? { errors } : {}) });
}

type Said = { readonly text: string } | { readonly error: string };
type At = { readonly address: string; readonly port: number };

async function askHttp(process: Process, { address, port }: At, request: string): Promise<Said> {
  const stream = await process.net.connect(address, port, { timeout: TIMEOUT });
  if (stream === undefined) return { error: "timeout" };
  if (isFailure(stream)) return { error: stream.errno === "ECONNREFUSED" ? "connection refused" : stream.errno };
  const now = () => process.clock.now();
  const head = {
    method: "GET",
    target: `/${request}`,
    version: "HTTP/1.1",
    headers: [["Host", `${address}:${port}`]] as const,
  };
  const got = await exchange(stream, new HttpReader(stream, now), { ...head, body: new Uint8Array() }, now() + TIMEOUT);
  stream.close();
  return "response" in got ? { text: new TextDecoder().decode(got.response.body) } : { error: "no response" };
}

async function askUdp(process: Process, { address, port }: At, request: string): Promise<Said> {
  const socket = process.net.udp(address.includes(":") ? 6 : 4);
  const connected = socket.connect(address, port);
  if (isFailure(connected)) return { error: connected.errno };
  socket.send(new TextEncoder().encode(request));
  const got = await socket.receive(TIMEOUT);
  socket.close();
  if (got === undefined) return { error: "reading from udp connection failed. err:'i/o timeout'" };
  return "error" in got ? { error: "connection refused" } : { text: new TextDecoder().decode(got.datagram.data) };
}
