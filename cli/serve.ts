import { createApp, DEFAULT_LIMITS, holdLabs, kubeAddress, kubeconfig, listen } from "../http/mod.ts";
import { defaultHost, Lab } from "../mod.ts";
import { labOptions } from "./files.ts";
import { readDnsDoor, serveDns } from "./serve_dns.ts";
import { readWords, UsageError, wholeNumber, type Words } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** Milliseconds that a lab is given to become ready before the present, so that what is in it is not from the future. */
const LEAD = 120_000;

/** `podwire serve`: the HTTP API on a local port, until it is stopped. */
export const serve: Verb = {
  usage: "[-f LAB...] [--host 127.0.0.1] [--port 8080] [--dns 127.0.0.1:5353 --as PLACE]",
  does: "the HTTP API, described at /openapi.json; with -f the lab's cluster for kubectl: its kubeconfig is printed; " +
    "with --dns a place's view of DNS for real clients, over UDP and TCP",
  async run(argv) {
    const words = readWords(argv, { string: ["host", "port", "dns", "as"] });
    if (words.rest.length > 0) throw new UsageError(`unexpected ${JSON.stringify(words.rest[0])}`);
    const hostname = words.text["host"] ?? "127.0.0.1";
    const port = wholeNumber(words, "port") ?? 8080;
    const held = holdLabs();
    const id = words.files.length > 0 ? held.labs.add(await openLab(words)) : undefined;
    const door = readDnsDoor(words.text["dns"], words.text["as"]);
    if (door !== undefined && id === undefined) throw new UsageError("--dns needs a lab: -f LAB");
    if (id !== undefined) held.pace.touch(id, { always: true });
    const server = listen({ hostname, port, ...held, fetch: createApp(defaultHost(), DEFAULT_LIMITS, held).fetch });
    announce(server, id);
    const dns = door === undefined || id === undefined ? undefined : serveDns(held.labs, id, door);
    if (dns !== undefined) console.log(`# DNS on ${door?.hostname}:${dns.port}, as ${door?.place}`);
    await server.finished;
    await dns?.close();
    return 0;
  },
};

/** The lab of the command line, as far in time as the clock on the wall: ages are then the same for it and for its clients. */
async function openLab(words: Words): Promise<Lab> {
  const lab = await Lab.open(labOptions(words), { ...defaultHost(), start: Date.now() - LEAD });
  const behind = Date.now() - lab.now();
  if (behind > 0) await lab.advance(behind / 1000);
  return lab;
}

/** What standard output gets is a kubeconfig, when there is a lab. */
function announce(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  id: string | undefined,
): void {
  const origin = `http://${hostname}:${port}`;
  if (id === undefined) return console.log(`podwire listens on ${origin}, described at /openapi.json`);
  console.log(`# podwire listens on ${origin}, described at /openapi.json`);
  console.log(`# kubectl --kubeconfig <(curl -s ${origin}/v1/labs/${id}/kubeconfig) get pods -A`);
  console.log(kubeconfig(kubeAddress(origin, id), id).trimEnd());
}
