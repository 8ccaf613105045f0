# SPDX-License-Identifier: MIT OR GPL-2.0-only
# gnuplot -e "data='NET.txt'; heading='…'; base='DIR/NET'; ways=\"'no NAT' …\"; graphs='throughput …'" plot.gp: these
# graphs, DIR/NET-GRAPH.svg and .png. data has a line for each size: bytes, then seconds of each way, ? for none.
# The first three are those of figure 4.2 in the thesis; time is those of 4.4 and 4.5.

array colours[7] = ["#808080", "#0060b0", "#d04000", "#e8a030", "#30a050", "#8040a0", "#40b0c0"]
array points[7] = [6, 4, 7, 5, 8, 9, 10]
mbit(bytes, seconds) = bytes * 8 / seconds / 1e6

set grid
set key left top
set title heading
set datafile missing "?"
styled = "with linespoints linewidth 1.5 pointsize 0.4"
each = "[i = 1:words(ways)]"

do for [type in "svg png"] {
	if (type eq "svg") {
		set terminal svg size 640,400 font "sans,12" background "#ffffff"
	} else {
		set terminal pngcairo size 960,600 font "sans,14"
	}
	do for [graph in graphs] {
		set output sprintf("%s-%s.%s", base, graph, type)
		set logscale x 10
		if (graph eq "throughput" || graph eq "signature") { unset logscale y } else { set logscale y 10 }
		if (graph eq "throughput") {
			set format x "%.0s %cB"
			set format y "%g"
			set xlabel "block size"
			set ylabel "throughput, Mbit/s"
			plot for @each data using 1:(mbit($1, column(i + 1))) @styled lc rgb colours[i] pt points[i] title word(ways, i)
		}
		if (graph eq "signature") {
			set format x "%.0s %cs"
			set format y "%g"
			set xlabel "time to transfer a block"
			set ylabel "throughput, Mbit/s"
			plot for @each data using (column(i + 1)):(mbit($1, column(i + 1))) @styled lc rgb colours[i] pt points[i] title word(ways, i)
		}
		if (graph eq "saturation") {
			set format x "%.0s %cs"
			set format y "%.0s %cB"
			set xlabel "time to transfer a block"
			set ylabel "block size"
			plot for @each data using (column(i + 1)):1 @styled lc rgb colours[i] pt points[i] title word(ways, i)
		}
		if (graph eq "time") {
			set format x "%.0s %cB"
			set format y "%.0s %cs"
			set xlabel "size of the file"
			set ylabel "time of a download"
			plot for @each data using 1:(column(i + 1)) @styled lc rgb colours[i] pt points[i] title word(ways, i)
		}
	}
}
