# SPDX-License-Identifier: MIT OR GPL-2.0-only
# gnuplot -e "data='NET.txt'; heading='…'; base='DIR/NET'" plot.gp: the three graphs of figure 4.2 in the thesis, as SVG
# and PNG. data has a line for each block size: bytes, then seconds without NAT, with Linux' own, with ours,
# with ours as the thesis prints it.

ways = "'no NAT' 'Linux NAT' 'PacketScript NAT' 'the same in mangle'"
array colours[4] = ["#808080", "#0060b0", "#d04000", "#e8a030"]
array points[4] = [6, 4, 7, 5]
mbit(bytes, seconds) = bytes * 8 / seconds / 1e6

set grid
set key left top
set title heading
set format x "%.0s %c"
styled = "with linespoints linewidth 1.5 pointsize 0.4"

do for [type in "svg png"] {
	if (type eq "svg") {
		set terminal svg size 640,400 font "sans,12" background "#ffffff"
	} else {
		set terminal pngcairo size 960,600 font "sans,14"
	}

	set output sprintf("%s-throughput.%s", base, type)
	set logscale x 10
	unset logscale y
	set format x "%.0s %cB"
	set format y "%g"
	set xlabel "block size"
	set ylabel "throughput, Mbit/s"
	plot for [i = 1:4] data using 1:(mbit($1, column(i + 1))) @styled lc rgb colours[i] pt points[i] title word(ways, i)

	set output sprintf("%s-signature.%s", base, type)
	set format x "%.0s %cs"
	set xlabel "time to transfer a block"
	set ylabel "throughput, Mbit/s"
	plot for [i = 1:4] data using (column(i + 1)):(mbit($1, column(i + 1))) @styled lc rgb colours[i] pt points[i] title word(ways, i)

	set output sprintf("%s-saturation.%s", base, type)
	set logscale y 10
	set format y "%.0s %cB"
	set xlabel "time to transfer a block"
	set ylabel "block size"
	plot for [i = 1:4] data using (column(i + 1)):1 @styled lc rgb colours[i] pt points[i] title word(ways, i)
}
