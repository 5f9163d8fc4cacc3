hw/lib/toe_ram_1r1w.sv
hw/lib/toe_fifo.sv
hw/lib/toe_skid.sv
