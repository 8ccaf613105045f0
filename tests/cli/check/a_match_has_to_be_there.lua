-- options: --match
function match_packets(p) return true end
