hw/rx/toe_rx_pkg.sv
hw/rx/toe_rx_facts.sv
hw/rx/toe_rx_runs.sv
hw/rx/toe_rx_decide.sv
hw/rx/toe_rx_engine.sv
