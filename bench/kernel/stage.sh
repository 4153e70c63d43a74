#!/bin/sh
# Client, router, server in network namespaces of their own, as bench/stage.ts has them in the plane; router's rules come from
# standard input: iptables-restore's text, which begins with a star, or nft's. Runs one measurement of the sender (bench/native/src/sender.rs) on one core and prints its nanoseconds a packet.
#
#   unshare --net --mount --propagation private sh stage.sh SENDER established FLOWS MS  < rules
#   unshare --net --mount --propagation private sh stage.sh SENDER newflow SERVICES FLOWS < rules
set -eu
sender=$1 what=$2 count=$3 length=$4
mount -t tmpfs none /run
mkdir -p /run/netns
for name in client router server; do
  ip netns add $name
  ip -n $name link set lo up
done
ip link add eth0 netns client type veth peer name eth0 netns router
ip link add eth1 netns router type veth peer name eth0 netns server
for end in client:eth0:10.1.0.2 router:eth0:10.1.0.1 router:eth1:10.2.0.1 server:eth0:10.2.0.2; do
  IFS=: read -r name dev address <<END
$end
END
  ip -n "$name" address add "$address/24" dev "$dev"
  ip -n "$name" link set "$dev" up
done
ip -n client route add default via 10.1.0.1
ip -n router route add 10.3.0.0/16 via 10.2.0.2
ip -n server route add default via 10.2.0.1
ip -n server route add local 10.3.0.0/16 dev lo
ip netns exec router sysctl -qw net.ipv4.ip_forward=1
cat >/run/rules
case $(head -c 1 /run/rules) in
  \*) ip netns exec router iptables-legacy-restore </run/rules ;;
  *) ip netns exec router nft -f /run/rules ;;
esac
core=$(($(nproc) - 1))
received() { ip netns exec server cat /sys/class/net/eth0/statistics/rx_packets; }
if [ "$what" = established ]; then
  ip netns exec server "$sender" serve 8080 "$count" &
else
  ip netns exec server "$sender" serve 8080 0 &
fi
server=$!
trap 'kill $server' EXIT
sleep 0.3
before=$(received)
if [ "$what" = established ]; then
  ip netns exec client taskset -c $core "$sender" established 10.2.0.2 8080 "$count" "$length"
else
  ip netns exec client taskset -c $core "$sender" newflow "$count" "$length"
fi
sleep 0.2
echo "$(($(received) - before)) received" >&2
