"""Says with which ttl (hop limit) the datagrams of multicast groups come: multicast-ttl-peer.py INTERFACE PORT GROUP...

Joins each group on the interface, which is an address of IPv4 or a name, and prints "GROUP TTL BYTES" for each datagram
that comes to the port there.
"""

import selectors
import socket
import struct
import sys

INTERFACE, PORT, *GROUPS = sys.argv[1:]
IP_RECVTTL = 12  # Linux


def joined(group):
    is_ipv6 = ":" in group
    made = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((group, int(PORT)))
    if is_ipv6:
        index = struct.pack("@I", socket.if_nametoindex(INTERFACE))
        member = socket.inet_pton(socket.AF_INET6, group) + index
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    else:
        member = socket.inet_aton(group) + socket.inet_aton(INTERFACE)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        made.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    return made


sockets = selectors.DefaultSelector()
for name in GROUPS:
    sockets.register(joined(name), selectors.EVENT_READ, name)
print("listening", flush=True)
while True:
    for key, _ in sockets.select():
        payload, control, _, _ = key.fileobj.recvmsg(2048, 256)
        for level, kind, value in control:
            if (level, kind) in (
                (socket.IPPROTO_IP, socket.IP_TTL),
                (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
            ):
                print(key.data, struct.unpack("@i", value)[0], len(payload), flush=True)
