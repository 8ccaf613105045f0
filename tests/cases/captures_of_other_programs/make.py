#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# How the captures here were made: python3 make.py, with scapy and mergecap, where tcpdump has written cooked.pcap and
# cooked2.pcap (tcpdump -i any -y LINUX_SLL, LINUX_SLL2, of UDP over a veth that leaves no checksum to do). What is expected scapy computes.
import subprocess
from scapy.all import *

def answer(packet):
    packet = packet.copy()
    if packet.haslayer(IP):
        packet[IP].dst = "2.1.1.1"
        del packet[IP].chksum
    else:
        packet[IPv6].dst = "2001:db8::99"
    for layer in (UDP, TCP):
        if packet.haslayer(layer):
            del packet[layer].chksum
    return packet

def write(name, packets, linktype):
    wrpcap(name + ".pcap", packets, linktype=linktype)
    wrpcap(name + ".expected.pcap", [answer(p) for p in packets], linktype=linktype)

def timed(packets, start):
    for i, packet in enumerate(packets):
        packet.time = start + i
    return packets

udp = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=4000, dport=53) / b"question"
tcp = IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=4000, dport=80, flags="S")
snap = LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
links = {
    "raw": (101, lambda p: p),
    "null": (0, lambda p: Loopback(type=2 if p.version == 4 else 30) / p),
    "ppp": (9, lambda p: HDLC() / PPP() / p),
    "wifi": (105, lambda p: Dot11(type=2, subtype=0, FCfield="to-DS", addr1="02:00:00:00:00:01", addr2="02:00:00:00:00:02", addr3="02:00:00:00:00:03") / snap / SNAP() / p),
    "radiotap": (127, lambda p: RadioTap(present="Rate+Channel", Rate=12, ChannelFrequency=2437, ChannelFlags="CCK+2GHz") / Dot11(type=2, subtype=8, FCfield="from-DS", addr1="02:00:00:00:00:01", addr2="02:00:00:00:00:02", addr3="02:00:00:00:00:03") / Dot11QoS() / snap / SNAP() / p),
}
made = []
for n, (name, (number, around)) in enumerate(links.items()):
    write(name, timed([around(p.copy()) for p in (udp, tcp)], 1700000000 + 10 * n), number)
    made.append(name)
write("ipv4", timed([udp.copy()], 1700000100), 228)
write("ipv6", timed([tcp.copy()], 1700000110), 229)
for n, name in enumerate(("cooked", "cooked2")):
    packets = list(PcapReader(name + ".pcap"))
    wrpcap(name + ".expected.pcap", [answer(p) for p in packets], linktype=113 if n == 0 else 276)
made += ["ipv4", "ipv6", "cooked", "cooked2"]
usb = Raw(bytes(range(64)))
usb.time = 1700000120
wrpcap("usb.pcap", [usb], linktype=189)
wrpcap("usb.expected.pcap", [usb], linktype=189)
made.append("usb")
for suffix in ("", ".expected"):
    subprocess.run(["mergecap", "-a", "-F", "pcapng", "-w", "many%s.pcapng" % suffix] + [m + suffix + ".pcap" for m in made], check=True)
