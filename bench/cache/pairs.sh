# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Servers, and the cache in front of each: a line each, for bench/cache/run, guest.sh and report, which say what pair means to them.
# pair NAME SERVER CLIENT SCRIPT STATE BLOCK PROGRAMS TEXT [BESIDE]
# What has a client of HTTP is asked for many small objects, too.
#   SERVER, CLIENT: functions server_… and client_… of guest.sh
#   SCRIPT, STATE: of examples/cache, whose rules are in its header, with that --state, where it counts hits. A script that is no rule has
#     the state -: it runs in a runtime, listens at port 80 instead, and counts in the device that has its name
#   PROGRAMS: what this machine must have, as the image has it from here
#   BLOCK: a file of that size is more than one block, segment or whatever: from there on the goal is higher. With - it is not, and no server is
#     delayed, as another pair has that server
#   BESIDE: a pair with the same server and client, whose cache is in the graphs and tables of this one, too
pair tftp    tftpd_hpa curl_tftp tftp.lua 69 512  'in.tftpd curl' 'tftpd-hpa, blocks of 512 bytes'
pair windows atftpd    atftp     tftp.lua 69 1428 'atftpd atftp'  'atftpd, blocks of 1428 bytes in windows of 64'
pair http    nginx     curl_http http.lua 80 1448 'nginx curl'    'nginx, a connection each'
pair sockets nginx     curl_http http-sockets.lua - - 'nginx curl' 'nginx, a connection each; the cache has sockets' http
