/** The API server as the network sees it: a port on the first node that takes connections, the endpoint of default/kubernetes. */
import { isFailure } from "../base/mod.ts";
import type { Process } from "../linux/mod.ts";
import type { Cluster } from "./cluster.ts";

const PORT = 6443;

/** Listens on the first node until it goes down. What it would answer is TLS, which nobody speaks here: connections are taken and closed. */
export function startApiServer(cluster: Cluster): void {
  const [first] = cluster.nodes();
  const machine = first === undefined ? undefined : cluster.world.machines.get(first.metadata.name);
  machine?.startProgram(serve, ["kube-apiserver"]);
}

async function serve({ net }: Process): Promise<number> {
  const listener = net.listen("0.0.0.0", PORT);
  if (isFailure(listener)) return 1;
  for (let stream = await listener.accept(); stream !== undefined; stream = await listener.accept()) stream.close();
  return 0;
}
