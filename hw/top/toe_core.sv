// SPDX-License-Identifier: Apache-2.0
// The whole card without vendor names: the Verilator top, and what toe_kernel wraps for Vitis.
// Ports are described in hw/PORTS.md. Nothing but wiring, time and the idle decision lives here.

module toe_core #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [31:0]  tick_us_i,

  // AXI4-Lite slave: registers
  input  logic [19:0]  s_axil_awaddr_i,
  input  logic         s_axil_awvalid_i,
  output logic         s_axil_awready_o,
  input  logic [31:0]  s_axil_wdata_i,
  input  logic [3:0]   s_axil_wstrb_i,
  input  logic         s_axil_wvalid_i,
  output logic         s_axil_wready_o,
  output logic [1:0]   s_axil_bresp_o,
  output logic         s_axil_bvalid_o,
  input  logic         s_axil_bready_i,
  input  logic [19:0]  s_axil_araddr_i,
  input  logic         s_axil_arvalid_i,
  output logic         s_axil_arready_o,
  output logic [31:0]  s_axil_rdata_o,
  output logic [1:0]   s_axil_rresp_o,
  output logic         s_axil_rvalid_o,
  input  logic         s_axil_rready_i,

  // AXI4 master: host memory
  output logic         m_axi_awid_o,
  output logic [63:0]  m_axi_awaddr_o,
  output logic [7:0]   m_axi_awlen_o,
  output logic [2:0]   m_axi_awsize_o,
  output logic [1:0]   m_axi_awburst_o,
  output logic         m_axi_awvalid_o,
  input  logic         m_axi_awready_i,
  output logic [511:0] m_axi_wdata_o,
  output logic [63:0]  m_axi_wstrb_o,
  output logic         m_axi_wlast_o,
  output logic         m_axi_wvalid_o,
  input  logic         m_axi_wready_i,
  input  logic         m_axi_bid_i,
  input  logic [1:0]   m_axi_bresp_i,
  input  logic         m_axi_bvalid_i,
  output logic         m_axi_bready_o,
  output logic         m_axi_arid_o,
  output logic [63:0]  m_axi_araddr_o,
  output logic [7:0]   m_axi_arlen_o,
  output logic [2:0]   m_axi_arsize_o,
  output logic [1:0]   m_axi_arburst_o,
  output logic         m_axi_arvalid_o,
  input  logic         m_axi_arready_i,
  input  logic         m_axi_rid_i,
  input  logic [511:0] m_axi_rdata_i,
  input  logic [1:0]   m_axi_rresp_i,
  input  logic         m_axi_rlast_i,
  input  logic         m_axi_rvalid_i,
  output logic         m_axi_rready_o,

  // AXI4-Stream: frames from and to the MAC
  input  logic [511:0] s_axis_tdata_i,
  input  logic [63:0]  s_axis_tkeep_i,
  input  logic         s_axis_tlast_i,
  input  logic         s_axis_tuser_i,
  input  logic         s_axis_tvalid_i,
  output logic         s_axis_tready_o,
  output logic [511:0] m_axis_tdata_o,
  output logic [63:0]  m_axis_tkeep_o,
  output logic         m_axis_tlast_o,
  output logic         m_axis_tvalid_o,
  input  logic         m_axis_tready_i,

  output logic         irq_o,
  output logic         idle_o,
  output logic         deadline_valid_o,
  output logic [31:0]  next_deadline_us_o,
  output logic [31:0]  now_us_o
);

  // ---- Time -----------------------------------------------------------------------------------
  // 34 bits: initial sequence numbers follow a clock of 4 us that wraps at 2^32 (RFC 6528).
  logic [31:0] tick_q;
  logic [63:0] now_q;  // microseconds
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tick_q <= 32'd0;
      now_q <= 64'd0;
    end else begin
      tick_q <= tick_us_i;
      now_q <= now_q + {32'd0, tick_q};
    end
  end
  logic [31:0] now_us;
  assign now_us = now_q[31:0];
  assign now_us_o = now_us;

  // ---- Frames from the MAC, registered --------------------------------------------------------
  logic [511:0] rx_data_q;
  logic [63:0]  rx_keep_q;
  logic rx_last_q, rx_user_q, rx_valid_q, wire_rx_ready;
  assign s_axis_tready_o = 1'b1;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) rx_valid_q <= 1'b0;
    else rx_valid_q <= s_axis_tvalid_i;
    if (s_axis_tvalid_i) begin
      rx_data_q <= s_axis_tdata_i;
      rx_keep_q <= s_axis_tkeep_i;
      rx_last_q <= s_axis_tlast_i;
      rx_user_q <= s_axis_tuser_i;
    end
  end

  // ---- Blocks ---------------------------------------------------------------------------------
  toe_pkg::config_t cfg;
  logic [toe_contract_pkg::Counters-1:0] counts;

  // The engines see all three clocks one clock later, in step with each other.
  toe_pkg::time_t now;
  logic [63:0] ts_full;
  assign ts_full = now_q >> cfg.timestamp_shift;
  always_ff @(posedge clk_i) begin
    now.us <= now_q[31:0];
    now.ticks <= now_q[41:10];
    now.ts_clock <= ts_full[31:0];
  end

  toe_pkg::segment_t seg, syn;
  logic seg_valid, seg_ready, syn_valid, syn_ready;
  toe_pkg::rx_segment_t rx_seg;
  logic rx_seg_valid, rx_seg_ready;
  logic [511:0] fb_data;
  logic fb_last, fb_valid, fb_ready;
  toe_pkg::tx_segment_t tx_seg, engine_seg, stray_seg, refused_seg;
  logic tx_seg_valid, tx_seg_ready, engine_seg_valid, engine_seg_ready;
  logic stray_valid, stray_ready, refused_valid, refused_ready;
  logic [63:0] rd_cmd_addr;
  logic [15:0] rd_cmd_len;
  logic rd_cmd_valid, rd_cmd_ready;
  logic [511:0] rd_data;
  logic rd_valid, rd_ready;
  toe_pkg::rx_job_t job;
  logic job_valid, job_ready;
  toe_pkg::rx_host_t rx_host;
  logic rx_host_valid, rx_host_ready;
  toe_pkg::tx_host_t tx_host;
  logic tx_host_valid, tx_host_ready;
  toe_pkg::command_t command;
  logic command_valid, command_ready;
  toe_pkg::response_t response;
  logic response_valid, response_ready;
  toe_pkg::open_report_t open_report;
  logic open_report_valid, open_report_ready;
  toe_pkg::tx_report_t tx_report;
  logic tx_report_valid, tx_report_ready;
  logic [15:0] freed_conn, owner_addr, tuple_addr, fire_conn, set_conn;
  logic freed_valid, freed_ready, tuple_en, fire_valid, fire_ready, set_valid, set_armed;
  logic [31:0] set_deadline;
  toe_pkg::owner_t owner;
  toe_pkg::tuple_t tuple;
  toe_pkg::rx_ctl_t rx_ctl;
  logic rx_ctl_valid, rx_ctl_ready;
  toe_pkg::tx_ctl_t tx_ctl;
  logic tx_ctl_valid, tx_ctl_ready;
  toe_pkg::tx_rx_t tx_rx;
  logic tx_rx_valid, tx_rx_urgent, tx_rx_ready;
  toe_pkg::end_t rx_end, tx_end;
  logic rx_end_valid, rx_end_ready, tx_end_valid, tx_end_ready;
  logic [15:0] tx_shadow_addr, rx_shadow_addr;
  logic tx_shadow_en, rx_shadow_en;
  toe_pkg::tx_shadow_t tx_shadow;
  toe_pkg::rx_shadow_t rx_shadow;
  logic [31:0] free_count;
  logic stray_acks, backlog_full;
  toe_pkg::cc_event_t cc_event;
  logic cc_event_valid;
  toe_pkg::cc_answer_t cc_answer;
  logic cc_answer_valid, cc_answer_ready;
  logic conn_ready, tx_ready, timers_ready;
  logic idle_wire, idle_host, idle_conn, idle_rx, idle_tx, idle_cc, idle_timers;
  logic wire_dl_valid, conn_dl_valid, timer_dl_valid;
  logic [31:0] wire_dl, conn_dl, timer_dl;

  toe_wire u_wire (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_us_i(now_us), .now_ticks_i(now_q[41:10]),
    .s_axis_tdata_i(rx_data_q), .s_axis_tkeep_i(rx_keep_q), .s_axis_tlast_i(rx_last_q),
    .s_axis_tuser_i(rx_user_q), .s_axis_tvalid_i(rx_valid_q), .s_axis_tready_o(wire_rx_ready),
    .m_axis_tdata_o, .m_axis_tkeep_o, .m_axis_tlast_o, .m_axis_tvalid_o, .m_axis_tready_i,
    .rx_seg_o(seg), .rx_seg_valid_o(seg_valid), .rx_seg_ready_i(seg_ready),
    .fb_data_o(fb_data), .fb_last_o(fb_last), .fb_valid_o(fb_valid), .fb_ready_i(fb_ready),
    .tx_seg_i(tx_seg), .tx_seg_valid_i(tx_seg_valid), .tx_seg_ready_o(tx_seg_ready),
    .rd_cmd_addr_o(rd_cmd_addr), .rd_cmd_len_o(rd_cmd_len), .rd_cmd_valid_o(rd_cmd_valid),
    .rd_cmd_ready_i(rd_cmd_ready),
    .rd_data_i(rd_data), .rd_valid_i(rd_valid), .rd_ready_o(rd_ready),
    .deadline_valid_o(wire_dl_valid), .deadline_us_o(wire_dl), .idle_o(idle_wire),
    .cnt_rx_frames_o(counts[toe_contract_pkg::CounterRxFrames]),
    .cnt_rx_tcp_segments_o(counts[toe_contract_pkg::CounterRxTcpSegments]),
    .cnt_rx_dropped_eth_o(counts[toe_contract_pkg::CounterRxDroppedEth]),
    .cnt_rx_dropped_ip_o(counts[toe_contract_pkg::CounterRxDroppedIp]),
    .cnt_rx_dropped_ip6_o(counts[toe_contract_pkg::CounterRxDroppedIp6]),
    .cnt_rx_dropped_tcp_o(counts[toe_contract_pkg::CounterRxDroppedTcp]),
    .cnt_rx_dropped_overrun_o(counts[toe_contract_pkg::CounterRxDroppedOverrun]),
    .cnt_rx_icmp_echo_o(counts[toe_contract_pkg::CounterRxIcmpEcho]),
    .cnt_rx_arp_o(counts[toe_contract_pkg::CounterRxArp]),
    .cnt_rx_icmp6_nd_o(counts[toe_contract_pkg::CounterRxIcmp6Nd]),
    .cnt_tx_frames_o(counts[toe_contract_pkg::CounterTxFrames]),
    .cnt_tx_tcp_segments_o(counts[toe_contract_pkg::CounterTxTcpSegments]),
    .cnt_tx_arp_requests_o(counts[toe_contract_pkg::CounterTxArpRequests]),
    .cnt_tx_icmp6_solicits_o(counts[toe_contract_pkg::CounterTxIcmp6Solicits]),
    .cnt_tx_dropped_unresolved_o(counts[toe_contract_pkg::CounterTxDroppedUnresolved])
  );

  toe_segment_mux u_mux (
    .clk_i, .rst_ni,
    .engine_i(engine_seg), .engine_valid_i(engine_seg_valid), .engine_ready_o(engine_seg_ready),
    .stray_i(stray_seg), .stray_valid_i(stray_valid), .stray_ready_o(stray_ready),
    .refused_i(refused_seg), .refused_valid_i(refused_valid), .refused_ready_o(refused_ready),
    .seg_o(tx_seg), .seg_valid_o(tx_seg_valid), .seg_ready_i(tx_seg_ready),
    .cnt_tx_resets_o(counts[toe_contract_pkg::CounterTxResets])
  );

  toe_conn #(.Connections(Connections)) u_conn (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_us_i(now_us), .now_i(now), .iss_clock_i(now_q[33:2]),
    .seg_i(seg), .seg_valid_i(seg_valid), .seg_ready_o(seg_ready),
    .rx_seg_o(rx_seg), .rx_seg_valid_o(rx_seg_valid), .rx_seg_ready_i(rx_seg_ready),
    .command_i(command), .command_valid_i(command_valid), .command_ready_o(command_ready),
    .syn_i(syn), .syn_valid_i(syn_valid), .syn_ready_o(syn_ready),
    .rx_end_i(rx_end), .rx_end_valid_i(rx_end_valid), .rx_end_ready_o(rx_end_ready),
    .tx_end_i(tx_end), .tx_end_valid_i(tx_end_valid), .tx_end_ready_o(tx_end_ready),
    .freed_conn_i(freed_conn), .freed_valid_i(freed_valid), .freed_ready_o(freed_ready),
    .rx_ctl_o(rx_ctl), .rx_ctl_valid_o(rx_ctl_valid), .rx_ctl_ready_i(rx_ctl_ready),
    .tx_ctl_o(tx_ctl), .tx_ctl_valid_o(tx_ctl_valid), .tx_ctl_ready_i(tx_ctl_ready),
    .open_report_o(open_report), .open_report_valid_o(open_report_valid),
    .open_report_ready_i(open_report_ready),
    .response_o(response), .response_valid_o(response_valid), .response_ready_i(response_ready),
    .rst_o(refused_seg), .rst_valid_o(refused_valid), .rst_ready_i(refused_ready),
    .owner_addr_i(owner_addr), .owner_o(owner),
    .tuple_addr_i(tuple_addr), .tuple_rd_en_i(tuple_en), .tuple_o(tuple),
    .stray_acks_o(stray_acks),
    .free_count_o(free_count), .ready_o(conn_ready), .idle_o(idle_conn),
    .deadline_valid_o(conn_dl_valid), .deadline_us_o(conn_dl),
    .cnt_conn_opened_active_o(counts[toe_contract_pkg::CounterConnOpenedActive]),
    .cnt_conn_opened_passive_o(counts[toe_contract_pkg::CounterConnOpenedPassive]),
    .cnt_conn_closed_o(counts[toe_contract_pkg::CounterConnClosed]),
    .cnt_syn_no_listener_o(counts[toe_contract_pkg::CounterSynNoListener]),
    .cnt_syn_backlog_full_o(backlog_full),
    .cnt_time_wait_recycled_o(counts[toe_contract_pkg::CounterTimeWaitRecycled]),
    .cnt_time_wait_reused_o(counts[toe_contract_pkg::CounterTimeWaitReused]),
    .cnt_syn_cookies_sent_o(counts[toe_contract_pkg::CounterSynCookiesSent]),
    .cnt_syn_cookies_taken_o(counts[toe_contract_pkg::CounterSynCookiesTaken])
  );

  toe_rx_engine #(.Connections(Connections)) u_rx (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_i(now), .stray_acks_i(stray_acks),
    .backlog_full_i(backlog_full),
    .seg_i(rx_seg), .seg_valid_i(rx_seg_valid), .seg_ready_o(rx_seg_ready),
    .ctl_i(rx_ctl), .ctl_valid_i(rx_ctl_valid), .ctl_ready_o(rx_ctl_ready),
    .host_i(rx_host), .host_valid_i(rx_host_valid), .host_ready_o(rx_host_ready),
    .tx_shadow_addr_o(tx_shadow_addr), .tx_shadow_en_o(tx_shadow_en), .tx_shadow_i(tx_shadow),
    .rx_shadow_addr_i(rx_shadow_addr), .rx_shadow_en_i(rx_shadow_en), .rx_shadow_o(rx_shadow),
    .tx_o(tx_rx), .tx_valid_o(tx_rx_valid), .tx_urgent_o(tx_rx_urgent), .tx_ready_i(tx_rx_ready),
    .job_o(job), .job_valid_o(job_valid), .job_ready_i(job_ready),
    .end_o(rx_end), .end_valid_o(rx_end_valid), .end_ready_i(rx_end_ready),
    .syn_o(syn), .syn_valid_o(syn_valid), .syn_ready_i(syn_ready),
    .rst_o(stray_seg), .rst_valid_o(stray_valid), .rst_ready_i(stray_ready),
    .idle_o(idle_rx),
    .cnt_rx_resets_o(counts[toe_contract_pkg::CounterRxResets]),
    .cnt_rx_out_of_order_o(counts[toe_contract_pkg::CounterRxOutOfOrder]),
    .cnt_rx_gaps_exhausted_o(counts[toe_contract_pkg::CounterRxGapsExhausted]),
    .cnt_rx_duplicates_o(counts[toe_contract_pkg::CounterRxDuplicates]),
    .cnt_rx_outside_window_o(counts[toe_contract_pkg::CounterRxOutsideWindow]),
    .cnt_rx_challenge_acks_o(counts[toe_contract_pkg::CounterRxChallengeAcks]),
    .cnt_rx_no_connection_o(counts[toe_contract_pkg::CounterRxNoConnection]),
    .cnt_conn_established_o(counts[toe_contract_pkg::CounterConnEstablished]),
    .cnt_rx_paws_rejected_o(counts[toe_contract_pkg::CounterRxPawsRejected]),
    .cnt_rx_sack_blocks_o(counts[toe_contract_pkg::CounterRxSackBlocks]),
    .cnt_rx_ce_o(counts[toe_contract_pkg::CounterRxCe]),
    .cnt_rx_ece_o(counts[toe_contract_pkg::CounterRxEce]),
    .cnt_rx_challenge_limited_o(counts[toe_contract_pkg::CounterRxChallengeLimited]),
    .cnt_rx_icmp_errors_o(counts[toe_contract_pkg::CounterRxIcmpErrors]),
    .cnt_syn_backlog_full_o(counts[toe_contract_pkg::CounterSynBacklogFull])
  );

  toe_tx_engine #(.Connections(Connections)) u_tx (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_i(now), .ready_o(tx_ready),
    .ctl_i(tx_ctl), .ctl_valid_i(tx_ctl_valid), .ctl_ready_o(tx_ctl_ready),
    .tuple_addr_o(tuple_addr), .tuple_en_o(tuple_en), .tuple_i(tuple),
    .rx_i(tx_rx), .rx_valid_i(tx_rx_valid), .rx_urgent_i(tx_rx_urgent), .rx_ready_o(tx_rx_ready),
    .rx_shadow_addr_o(rx_shadow_addr), .rx_shadow_en_o(rx_shadow_en), .rx_shadow_i(rx_shadow),
    .tx_shadow_addr_i(tx_shadow_addr), .tx_shadow_en_i(tx_shadow_en), .tx_shadow_o(tx_shadow),
    .host_i(tx_host), .host_valid_i(tx_host_valid), .host_ready_o(tx_host_ready),
    .fire_conn_i(fire_conn), .fire_valid_i(fire_valid), .fire_ready_o(fire_ready),
    .set_valid_o(set_valid), .set_conn_o(set_conn), .set_armed_o(set_armed),
    .set_deadline_us_o(set_deadline),
    .seg_o(engine_seg), .seg_valid_o(engine_seg_valid), .seg_ready_i(engine_seg_ready),
    .report_o(tx_report), .report_valid_o(tx_report_valid), .report_ready_i(tx_report_ready),
    .end_o(tx_end), .end_valid_o(tx_end_valid), .end_ready_i(tx_end_ready),
    .cc_event_o(cc_event), .cc_event_valid_o(cc_event_valid), .cc_answer_i(cc_answer),
    .cc_answer_valid_i(cc_answer_valid), .cc_answer_ready_o(cc_answer_ready),
    .idle_o(idle_tx),
    .cnt_tx_retransmits_o(counts[toe_contract_pkg::CounterTxRetransmits]),
    .cnt_tx_rto_o(counts[toe_contract_pkg::CounterTxRto]),
    .cnt_tx_fast_retransmits_o(counts[toe_contract_pkg::CounterTxFastRetransmits]),
    .cnt_tx_window_probes_o(counts[toe_contract_pkg::CounterTxWindowProbes]),
    .cnt_rx_duplicate_acks_o(counts[toe_contract_pkg::CounterRxDuplicateAcks]),
    .cnt_conn_timed_out_o(counts[toe_contract_pkg::CounterConnTimedOut]),
    .cnt_rx_dsack_o(counts[toe_contract_pkg::CounterRxDsack]),
    .cnt_tx_dsack_o(counts[toe_contract_pkg::CounterTxDsack]),
    .cnt_tx_sack_retransmits_o(counts[toe_contract_pkg::CounterTxSackRetransmits]),
    .cnt_tx_loss_probes_o(counts[toe_contract_pkg::CounterTxLossProbes]),
    .cnt_tx_undone_o(counts[toe_contract_pkg::CounterTxUndone]),
    .cnt_tx_idle_restarts_o(counts[toe_contract_pkg::CounterTxIdleRestarts]),
    .cnt_tx_keepalives_o(counts[toe_contract_pkg::CounterTxKeepalives]),
    .cnt_conn_user_timeout_o(counts[toe_contract_pkg::CounterConnUserTimeout]),
    .cnt_pmtu_reduced_o(counts[toe_contract_pkg::CounterPmtuReduced])
  );

  toe_cc #(.Connections(Connections)) u_cc (
    .clk_i, .rst_ni, .now_i(now), .event_i(cc_event), .event_valid_i(cc_event_valid),
    .answer_o(cc_answer), .answer_valid_o(cc_answer_valid), .answer_ready_i(cc_answer_ready),
    .idle_o(idle_cc)
  );

  toe_timers #(.Connections(Connections)) u_timers (
    .clk_i, .rst_ni, .now_us_i(now_us),
    .set_valid_i(set_valid), .set_conn_i(set_conn), .set_armed_i(set_armed),
    .set_deadline_us_i(set_deadline),
    .fire_conn_o(fire_conn), .fire_valid_o(fire_valid), .fire_ready_i(fire_ready),
    .deadline_valid_o(timer_dl_valid), .deadline_us_o(timer_dl),
    .idle_o(idle_timers), .ready_o(timers_ready)
  );

  toe_host_if #(.Connections(Connections), .QueuePairs(QueuePairs)) u_host (
    .clk_i, .rst_ni,
    .s_axil_awaddr_i, .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_bresp_o, .s_axil_bvalid_o, .s_axil_bready_i,
    .s_axil_araddr_i, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_rdata_o, .s_axil_rresp_o,
    .s_axil_rvalid_o, .s_axil_rready_i,
    .m_axi_awid_o, .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awsize_o, .m_axi_awburst_o,
    .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_bid_i, .m_axi_bresp_i, .m_axi_bvalid_i,
    .m_axi_bready_o, .m_axi_arid_o, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arsize_o,
    .m_axi_arburst_o, .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_rid_i, .m_axi_rdata_i,
    .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rvalid_i, .m_axi_rready_o,
    .irq_o, .idle_o(idle_host), .cfg_o(cfg), .now_us_i(now_us),
    .ready_i(conn_ready && tx_ready && timers_ready), .core_idle_i(idle_o),
    .free_connections_i(free_count), .cnt_i(counts),
    .rx_job_i(job), .rx_job_valid_i(job_valid), .rx_job_ready_o(job_ready),
    .fb_data_i(fb_data), .fb_last_i(fb_last), .fb_valid_i(fb_valid), .fb_ready_o(fb_ready),
    .rx_host_o(rx_host), .rx_host_valid_o(rx_host_valid), .rx_host_ready_i(rx_host_ready),
    .tx_host_o(tx_host), .tx_host_valid_o(tx_host_valid), .tx_host_ready_i(tx_host_ready),
    .command_o(command), .command_valid_o(command_valid), .command_ready_i(command_ready),
    .response_i(response), .response_valid_i(response_valid), .response_ready_o(response_ready),
    .open_report_i(open_report), .open_report_valid_i(open_report_valid),
    .open_report_ready_o(open_report_ready),
    .tx_report_i(tx_report), .tx_report_valid_i(tx_report_valid),
    .tx_report_ready_o(tx_report_ready),
    .freed_conn_o(freed_conn), .freed_valid_o(freed_valid), .freed_ready_i(freed_ready),
    .owner_addr_o(owner_addr), .owner_i(owner),
    .rd_cmd_addr_i(rd_cmd_addr), .rd_cmd_len_i(rd_cmd_len), .rd_cmd_valid_i(rd_cmd_valid),
    .rd_cmd_ready_o(rd_cmd_ready),
    .rd_data_o(rd_data), .rd_valid_o(rd_valid), .rd_ready_i(rd_ready)
  );

  // Counted inside toe_host_if.
  assign counts[toe_contract_pkg::CounterSqEntries] = 1'b0;
  assign counts[toe_contract_pkg::CounterSqRefused] = 1'b0;
  assign counts[toe_contract_pkg::CounterCqEntries] = 1'b0;
  assign counts[toe_contract_pkg::CounterCqStalls] = 1'b0;
  // Nobody counts these yet.

  // ---- Idle and the next deadline -------------------------------------------------------------
  // Several clocks of quiet: a word may be between two blocks in a register of neither.
  logic [2:0] quiet_q;
  logic quiet;
  assign quiet = idle_wire && idle_host && idle_conn && idle_rx && idle_tx && idle_cc &&
                 idle_timers && ~rx_valid_q && ~s_axis_tvalid_i && tick_q == 32'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) quiet_q <= 3'd0;
    else quiet_q <= {quiet_q[1:0], quiet};
  end
  assign idle_o = quiet && quiet_q == 3'd7;

  logic [31:0] wc, wct;
  logic wc_first, wct_first;
  assign wc_first = wire_dl_valid && (~conn_dl_valid || $signed(wire_dl - conn_dl) < 0);
  assign wc = wc_first ? wire_dl : conn_dl;
  assign wct_first = timer_dl_valid &&
      (~(wire_dl_valid || conn_dl_valid) || $signed(timer_dl - wc) < 0);
  assign wct = wct_first ? timer_dl : wc;
  assign deadline_valid_o = wire_dl_valid || conn_dl_valid || timer_dl_valid;
  assign next_deadline_us_o = wct;

  logic unused_ok;
  assign unused_ok = &{1'b0, wire_rx_ready, ts_full};

endmodule
