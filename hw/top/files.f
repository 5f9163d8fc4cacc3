hw/top/toe_segment_mux.sv
hw/top/toe_core.sv
