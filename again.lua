function process_packet(p) shared.table("hammer"):add("beside", 1) return XT_CONTINUE end
