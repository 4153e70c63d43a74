import { Kernel } from "./oracle.ts";
import { onPlane } from "./trial.ts";
const k = new Kernel();
for (const ttl of [1, 64]) for (const proto of ["udp","icmp"]) {
const s: any = {name:"x", namespaces:["a","b"], links:[{a:"a:eth0",b:"b:eth0"}], addresses:{"a:eth0":"10.0.0.1/24","b:eth0":"10.0.0.2/24"}, routes:{a:["default via 10.0.0.2"]}, sysctls:{b:{"net.ipv4.ip_forward":1}}, probes:[{from:"a",proto,dst:"10.9.9.9",dport:53,sport:4000,ttl},{from:"a",proto,dst:"10.9.9.9",dport:53,sport:4000,ttl}]};
console.log(JSON.stringify(onPlane(s))); console.log(JSON.stringify(await k.ask(s)));
}
await k.close();
