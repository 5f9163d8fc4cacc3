hw/tx/toe_tx_pkg.sv
hw/tx/toe_tx_facts.sv
hw/tx/toe_tx_apply.sv
hw/tx/toe_tx_plan.sv
hw/tx/toe_tx_emit.sv
hw/tx/toe_tx_engine.sv
