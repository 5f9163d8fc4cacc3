# The card's files in levels: a level uses only levels above it. Paths are relative to hw/.
contract/generated/toe_contract_pkg.sv
toe_pkg.sv
# lib
lib/toe_ram_1r1w.sv
lib/toe_fifo.sv
lib/toe_skid.sv
lib/toe_ram_fwd.sv
lib/toe_room_fifo.sv
lib/toe_hazard.sv
# wire
wire/toe_wire_pkg.sv
wire/toe_checksum.sv
wire/toe_frame_buffer.sv
wire/toe_rx_wait.sv
wire/toe_rx_vlan.sv
wire/toe_rx_sums.sv
wire/toe_rx_address.sv
wire/toe_rx_walk.sv
wire/toe_rx_align.sv
wire/toe_rx_icmp.sv
wire/toe_rx_parse.sv
wire/toe_rx_option_walk.sv
wire/toe_rx_extension.sv
wire/toe_rx_options.sv
wire/toe_icmp_echo.sv
wire/toe_own_addresses.sv
wire/toe_neighbours.sv
wire/toe_neighbour_frames.sv
wire/toe_tx_resolve.sv
wire/toe_tx_read.sv
wire/toe_tx_align.sv
wire/toe_tx_options.sv
wire/toe_tx_header.sv
wire/toe_tx_frame.sv
wire/toe_tx_mux.sv
wire/toe_wire.sv
# conn
conn/toe_conn_pkg.sv
conn/toe_siphash.sv
conn/toe_conn_key.sv
conn/toe_timers.sv
conn/toe_conn_lookup.sv
conn/toe_conn_free.sv
conn/toe_conn_listeners.sv
conn/toe_conn_message.sv
conn/toe_conn_cookie.sv
conn/toe_conn_ports.sv
conn/toe_conn_words.sv
conn/toe_conn_lists.sv
conn/toe_conn_outputs.sv
conn/toe_conn_steps.sv
conn/toe_conn_ctrl.sv
conn/toe_conn_manager.sv
conn/toe_conn.sv
# rx
rx/toe_rx_pkg.sv
rx/toe_rx_paws.sv
rx/toe_rx_facts.sv
rx/toe_rx_judge.sv
rx/toe_rx_runs.sv
rx/toe_rx_dsack.sv
rx/toe_rx_next.sv
rx/toe_rx_challenge.sv
rx/toe_rx_decide.sv
rx/toe_rx_merge.sv
rx/toe_rx_engine.sv
# tx
tx/toe_tx_pkg.sv
tx/toe_tx_facts.sv
tx/toe_tx_apply.sv
tx/toe_tx_plan.sv
tx/toe_tx_emit.sv
tx/toe_tx_engine.sv
# cc
cc/toe_cc_pkg.sv
cc/toe_cc_facts.sv
cc/toe_cc_choose.sv
cc/toe_cc_apply.sv
cc/toe_cc_root.sv
cc/toe_cc_curve.sv
cc/toe_cc_ratio.sv
cc/toe_cc_tell.sv
cc/toe_cc.sv
# dma
dma/toe_rr_pick.sv
dma/toe_csr.sv
dma/toe_dma_read.sv
dma/toe_dma_realign.sv
dma/toe_dma_write.sv
dma/toe_sq_fetch.sv
dma/toe_sq_exec.sv
dma/toe_cq_write.sv
dma/toe_report.sv
dma/toe_host_if.sv
# top
top/toe_segment_mux.sv
top/toe_core.sv
