import type { Flow, FlowSide, FlowStatistics } from "../../../../wasm/mod.ts";
import type { Process, Program } from "../../process.ts";
import { type ConntrackCommand, ConntrackComplaint, parseConntrack } from "../conntrack/command.ts";
import { flowEventsOf } from "../conntrack/events.ts";
import { CONNTRACK_HELP } from "../conntrack/help.ts";
import { type FlowLook, printFlow, printFlowEvent, printFlowSave, printFlowXml } from "../conntrack/print.ts";

const NAME = "conntrack v1.4.7 (conntrack-tools)";
/** How often `-E` looks, in virtual milliseconds. */
const LOOK = 10;
const ACCT = "net.netfilter.nf_conntrack_acct";

/** `conntrack`: -L -G -D -I -A -U -E -F -C -S of the entries of its namespace. */
export const conntrack: Program = async (process) => {
  try {
    return await run(process, parseConntrack(process.argv.slice(1)));
  } catch (error) {
    if (!(error instanceof ConntrackComplaint)) throw error;
    process.err(`${NAME}: ${error.message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`);
    return 2;
  }
};

function run(process: Process, command: ConntrackCommand): number | Promise<number> {
  const { plane } = process.machine;
  const { verb, table } = command;
  if (verb === "h") return say(process, CONNTRACK_HELP, 0);
  if (verb === "V") return say(process, `${NAME}\n`, 0);
  if (verb === "E") return follow(process, command);
  if (verb === "S") return say(process, printStatistics(plane.flowStatistics(process.ns)), 0);
  if (verb === "I" || verb === "A") return create(process, command);
  if (verb === "U") return update(process, command);
  const flows = table === "conntrack" ? plane.flows(process.ns) : [];
  if (verb === "C") return say(process, `${flows.length}\n`, 0);
  if (verb === "F") return flush(process, table);
  if (verb === "L") return list(process, flows.filter((flow) => command.matches(flow)), command);
  if (verb === "G") return get(process, flows.find((flow) => command.matches(flow)), command);
  return remove(process, command);
}

function say(process: Process, text: string, exit: number): number {
  process.out(text);
  return exit;
}

/** `-I`; `-A` changes an entry that is there already. */
function create(process: Process, { verb, entry }: ConntrackCommand): number {
  if (entry === undefined) return 1;
  const { plane } = process.machine;
  const inverse = entry.reply.src === entry.original.dst && entry.reply.dst === entry.original.src;
  const refused = inverse || (entry.status & NAT) !== 0
    ? plane.setFlow(process.ns, entry, true)
    : { errno: "EINVAL" as const };
  const there = refused?.errno === "EEXIST";
  if (there && verb === "A") plane.setFlow(process.ns, entry, false);
  if (refused === null || (there && verb === "A")) {
    process.err(`${NAME}: ${refused === null ? 1 : 0} flow entries have been ${verb === "A" ? "added" : "created"}.\n`);
    return 0;
  }
  const why = there ? "Such conntrack exists, try -U to update" : "invalid parameters";
  process.err(`${NAME}: Operation failed: ${why}\n`);
  return 1;
}

/** IPS_NAT_MASK. */
const NAT = 0x30;

/** `-U`: each entry that is meant and differs is changed and shown as it is now. */
function update(process: Process, command: ConntrackCommand): number {
  const { plane } = process.machine;
  const tuple = ({ src, dst, sport, dport, type = 0, code = 0, id }: FlowSide) =>
    id === undefined ? { src, dst, sport, dport } : { src, dst, sport: id, dport: type << 8 | code };
  let updated = 0;
  for (const flow of plane.flows(process.ns).filter((flow) => command.matches(flow))) {
    const { timeout, mark, state, status } = command.change;
    if (timeout === undefined && mark === undefined && state === undefined && status === 0) continue;
    const sides = { original: tuple(flow.original), reply: tuple(flow.reply) };
    plane.setFlow(process.ns, { ...command.change, ...sides, proto: flow.proto, zone: flow.zone }, false);
    const now = plane.flows(process.ns).find(({ id }) => id === flow.id);
    if (now !== undefined) process.out(printFlow(now, { ...lookOf(process, command), held: true }));
    updated++;
  }
  process.err(`${NAME}: ${updated} flow entries have been updated.\n`);
  return updated > 0 ? 0 : 1;
}

function printStatistics(counted: FlowStatistics): string {
  const { found, invalid, insert, insertFailed, drop, earlyDrop, clashResolve } = counted;
  return `cpu=0   \tfound=${found} invalid=${invalid} insert=${insert} insert_failed=${insertFailed} drop=${drop} ` +
    `early_drop=${earlyDrop} error=0 search_restart=0 clash_resolve=${clashResolve} chaintoolong=0 \n`;
}

function lookOf(process: Process, command: ConntrackCommand): FlowLook {
  return { ...command.look, counters: process.machine.plane.sysctl(process.ns, ACCT) === 1 };
}

function list(process: Process, flows: readonly Flow[], command: ConntrackCommand): number {
  const look = lookOf(process, command);
  if (look.xml) {
    const head = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
    if (flows.length > 0) process.out(`${head}${flows.map((flow) => printFlowXml(flow, look)).join("")}</conntrack>\n`);
  } else process.out(flows.map((flow) => (look.save ? printFlowSave(flow) : printFlow(flow, look))).join(""));
  const what = command.table === "expect" ? "expectations" : "flow entries";
  process.err(`${NAME}: ${flows.length} ${what} have been shown.\n`);
  return 0;
}

function get(process: Process, flow: Flow | undefined, command: ConntrackCommand): number {
  if (flow === undefined) {
    process.err(`${NAME}: Operation failed: such conntrack doesn't exist\n`);
    return 1;
  }
  return list(process, [flow], { ...command, look: { ...command.look, held: true } });
}

function remove(process: Process, command: ConntrackCommand): number {
  const look = lookOf(process, command);
  const gone = process.machine.plane.removeFlows(process.ns, (flow) => !command.matches(flow));
  process.out(gone.map((flow) => printFlow(flow, look)).join(""));
  process.err(`${NAME}: ${gone.length} flow entries have been deleted.\n`);
  return gone.length > 0 ? 0 : 1;
}

function flush(process: Process, table: string): number {
  if (table === "conntrack") process.machine.plane.removeFlows(process.ns, () => false);
  const what = table === "expect" ? "expectation" : "connection tracking";
  process.err(`${NAME}: ${what} table has been emptied.\n`);
  return 0;
}

/** Prints events until the process is ended. */
async function follow(process: Process, command: ConntrackCommand): Promise<number> {
  const hub = flowEventsOf(process.machine.plane);
  const look = lookOf(process, command);
  const events = hub.start();
  let shown = 0;
  for (let alive = true; alive;) {
    alive = await process.clock.sleep(LOOK);
    hub.pump();
    for (const event of events.splice(0)) {
      if (event.ns !== process.ns || !command.events.includes(event.event) || !command.matches(event.flow)) continue;
      process.out(printFlowEvent(event, look, process.clock.now()));
      shown++;
    }
  }
  hub.stop(events);
  process.err(`${NAME}: ${shown} flow events have been shown.\n`);
  return 0;
}
