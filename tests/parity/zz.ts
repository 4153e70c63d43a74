import { Kernel } from "./oracle.ts";
import { onPlane } from "./trial.ts";
const k = new Kernel();
const s: any = {name:"x", namespaces:["a"], addresses:{"a:lo":"10.0.0.1/32"}, iptables:{a:["*filter",":INPUT ACCEPT [0:0]",":FORWARD ACCEPT [0:0]",":OUTPUT ACCEPT [0:0]",
...["OUTPUT","INPUT"].flatMap(c=>["NEW","ESTABLISHED","INVALID"].map(x=>`-A ${c} -m conntrack --ctstate ${x}`).concat([`-A ${c} -m conntrack --ctstatus SEEN_REPLY`,`-A ${c} -m conntrack --ctstatus CONFIRMED`,`-A ${c} -p tcp -m tcp --tcp-flags RST RST`])),"COMMIT"]}, probes:[{from:"a",proto:"tcp",dst:"10.0.0.1",dport:53,sport:4000}]};
console.log(JSON.stringify(onPlane(s))); console.log(JSON.stringify(await k.ask(s)));
await k.close();
