-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A value that does not fit, or is no MAC address, is refused and changes nothing.
-- in: eth / ip / udp
function process_packet(p)
  local eth, said = p:data(packet_eth), {}
  local function try(field, value)
    local ok, message = pcall(function() eth[field] = value end)
    assert(not ok, field)
    said[#said + 1] = message:gsub("^.-:%d+: ", "")
  end
  try("dmac", 0x1000000000000)
  try("smac", -1)
  try("type", 0x10000)
  try("dmac", "00:00:5E:00:53:0")
  try("dmac", "00-00-5E-00-53-01")
  try("smac", "00:00:5E:00:53:0G")
  assert(eth.dmac == "02:00:00:00:00:01" and eth.smac == "02:00:00:00:00:02" and eth.type == 0x0800)
  p:raw(0, 6):set(0)
  assert(table.concat(said, "; ") == "dmac: the value does not fit into 48 bits; "
    .. "smac: the value does not fit into 48 bits; type: the value does not fit into 16 bits; "
    .. "dmac: '00:00:5E:00:53:0' is not a MAC address such as 00:00:5E:00:53:01; "
    .. "dmac: '00-00-5E-00-53-01' is not a MAC address such as 00:00:5E:00:53:01; "
    .. "smac: '00:00:5E:00:53:0G' is not a MAC address such as 00:00:5E:00:53:01", table.concat(said, "; "))
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth dmac=00:00:00:00:00:00 / ip / udp
