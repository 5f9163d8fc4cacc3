// SPDX-License-Identifier: Apache-2.0
// Flattens the ports of toe_tx_engine for its test; every output is taken at once.

module toe_tx_engine_tb (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] now_us_i,
  input  logic [15:0] conn_i,
  output logic        ready_o,
  // policy
  input  logic [15:0] cfg_mss_i,
  input  logic [19:0] delayed_ack_us_i,
  input  logic        use_sack_i,
  input  logic        use_ts_i,
  input  logic        use_ecn_i,
  input  logic        black_hole_i,
  input  logic [31:0] user_timeout_i,
  // control
  input  logic        ctl_valid_i,
  output logic        ctl_ready_o,
  input  logic [2:0]  ctl_op_i,
  input  logic [4:0]  ring_log2_i,
  input  logic [31:0] iss_i,
  input  logic [31:0] irs_i,
  input  logic        opt_valid_i,
  input  logic [15:0] opt_mss_i,
  input  logic [3:0]  opt_ws_i,
  input  logic        ctl_reset_i,
  // from the receive engine
  input  logic        rx_valid_i,
  output logic        rx_ready_o,
  input  logic        ack_valid_i,
  input  logic        has_text_i,
  input  logic        established_i,
  input  logic        syn_valid_i,
  input  logic [31:0] seq_i,
  input  logic [31:0] ack_i,
  input  logic [15:0] wnd_i,
  input  logic [1:0]  want_ack_i,
  input  logic [2:0]  sack_count_i,
  input  logic [255:0] sack_i,
  input  logic        ts_valid_i,
  input  logic [31:0] ts_ecr_i,
  input  logic        ece_i,
  input  logic        icmp_i,
  input  logic [31:0] rcv_nxt_i,
  input  logic [31:0] rcv_edge_i,
  // host
  input  logic        host_valid_i,
  output logic        host_ready_o,
  input  logic [31:0] offset_i,
  input  logic        fin_i,
  // timer
  input  logic        fire_valid_i,
  output logic        fire_ready_o,
  output logic        set_valid_o,
  output logic        set_armed_o,
  output logic [31:0] set_deadline_us_o,

  output logic        seg_valid_o,
  output logic [31:0] seg_seq_o,
  output logic [31:0] seg_ack_o,
  output logic [15:0] seg_wnd_o,
  output logic [7:0]  seg_flags_o,
  output logic [15:0] seg_len_o,
  output logic [23:0] seg_offset_o,
  output logic        seg_options_o,
  output logic [15:0] seg_mss_o,
  output logic [3:0]  seg_ws_o,
  output logic [31:0] seg_ts_val_o,
  output logic [1:0]  seg_ecn_o,
  output logic        report_valid_o,
  output logic [31:0] report_acked_o,
  output logic        report_fin_acked_o,
  output logic        report_bad_offset_o,
  output logic        end_valid_o,
  output logic [1:0]  end_kind_o,
  output logic [7:0]  end_status_o,
  input  logic        seg_ready_i,
  output logic [7:0]  counts_o,  // in the order of the test's Count
  output logic        idle_o
);

  toe_pkg::config_t cfg;
  toe_pkg::tx_ctl_t ctl;
  toe_pkg::tx_rx_t rx;
  toe_pkg::tx_host_t host;
  toe_pkg::tx_segment_t seg;
  toe_pkg::tx_report_t report;
  toe_pkg::end_t ending;
  toe_pkg::time_t now;
  toe_pkg::tx_shadow_t unused_shadow;
  toe_pkg::cc_event_t unused_cc_event;
  logic unused_cc_event_valid, unused_cc_answer_ready;
  assign now.us = now_us_i;
  assign now.ticks = {10'd0, now_us_i[31:10]};
  assign now.ts_clock = {10'd0, now_us_i[31:10]};
  logic [15:0] tuple_addr, rx_shadow_addr, set_conn;
  logic tuple_en, rx_shadow_en;
  logic [toe_pkg::RxShadowW-1:0] shadow_q;

  always_comb begin
    cfg = '0;
    cfg.enable = 1'b1;
    cfg.mss = cfg_mss_i;
    cfg.initial_window = 8'd10;
    cfg.delayed_ack_us = delayed_ack_us_i;
    cfg.rto_initial_us = 32'd1000000;
    cfg.rto_min_us = 32'd200000;
    cfg.rto_max_us = 32'd60000000;
    cfg.retries_max = 8'd5;
    cfg.syn_retries_max = 8'd3;
    cfg.use_ws = 1'b1;
    cfg.dup_ack_threshold = 4'd3;
    cfg.timestamp_shift = 5'd10;
    cfg.use_sack = use_sack_i;
    cfg.use_ts = use_ts_i;
    cfg.ecn_accept = use_ecn_i;
    cfg.black_hole_probe = black_hole_i;
    cfg.user_timeout = user_timeout_i;
    cfg.pmtu_floor = 16'd552;
    ctl = '0;
    ctl.op = ctl_op_i;
    ctl.conn = conn_i;
    ctl.ring_log2 = ring_log2_i;
    ctl.rx_ring_log2 = ring_log2_i;
    ctl.iss = iss_i;
    ctl.irs = irs_i;
    ctl.wnd = wnd_i;
    ctl.mss_valid = opt_valid_i;
    ctl.mss = opt_mss_i;
    ctl.ws_valid = opt_valid_i;
    ctl.ws = opt_ws_i;
    ctl.sack_ok = use_sack_i;
    ctl.ts_valid = use_ts_i;
    ctl.ecn_ok = use_ecn_i;
    ctl.reset = ctl_reset_i;
    ctl.options = 3'b001;
    rx = '0;
    rx.conn = conn_i;
    rx.ack_valid = ack_valid_i;
    rx.has_text = has_text_i;
    rx.established = established_i;
    rx.syn_valid = syn_valid_i;
    rx.mss_valid = opt_valid_i;
    rx.mss = opt_mss_i;
    rx.ws_valid = opt_valid_i;
    rx.ws = opt_ws_i;
    rx.seq = seq_i;
    rx.ack = ack_i;
    rx.wnd = wnd_i;
    rx.want_ack = want_ack_i;
    rx.sack_count = sack_count_i;
    rx.sack = sack_i;
    rx.ts_valid = ts_valid_i;
    rx.ts_ecr = ts_ecr_i;
    rx.ece = ece_i;
    rx.icmp = icmp_i;
    host.conn = conn_i;
    host.offset = offset_i;
    host.fin = fin_i;
    host.configure = 1'b0;
    host.options = 3'd0;
    host.cc = 2'd0;
    host.user_timeout = 32'd0;
  end
  always_ff @(posedge clk_i) shadow_q <= {rcv_nxt_i, rcv_edge_i, 292'd0};

  toe_tx_engine #(.Connections(64)) u_engine (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_i(now), .ready_o, .ctl_i(ctl), .ctl_valid_i, .ctl_ready_o,
    .tuple_addr_o(tuple_addr), .tuple_en_o(tuple_en), .tuple_i({2'd0, toe_pkg::Ipv4Mapped, 64'd0}),
    .rx_i(rx), .rx_valid_i, .rx_urgent_i(1'b0), .rx_ready_o, .rx_shadow_addr_o(rx_shadow_addr),
    .rx_shadow_en_o(rx_shadow_en), .rx_shadow_i(shadow_q),
    .tx_shadow_addr_i(16'd0), .tx_shadow_en_i(1'b0), .tx_shadow_o(unused_shadow),
    .host_i(host), .host_valid_i, .host_ready_o,
    .fire_conn_i(conn_i), .fire_valid_i, .fire_ready_o,
    .set_valid_o, .set_conn_o(set_conn), .set_armed_o, .set_deadline_us_o,
    .seg_o(seg), .seg_valid_o, .seg_ready_i, .report_o(report), .report_valid_o,
    .report_ready_i(1'b1), .end_o(ending), .end_valid_o, .end_ready_i(1'b1), .idle_o,
    .cc_event_o(unused_cc_event), .cc_event_valid_o(unused_cc_event_valid), .cc_answer_i('0),
    .cc_answer_valid_i(1'b0), .cc_answer_ready_o(unused_cc_answer_ready),
    .cnt_tx_retransmits_o(counts_o[0]), .cnt_tx_rto_o(counts_o[1]),
    .cnt_tx_fast_retransmits_o(counts_o[2]),
    .cnt_tx_window_probes_o(), .cnt_rx_duplicate_acks_o(), .cnt_conn_timed_out_o(),
    .cnt_rx_dsack_o(), .cnt_tx_dsack_o(), .cnt_tx_sack_retransmits_o(counts_o[3]),
    .cnt_tx_loss_probes_o(counts_o[4]), .cnt_tx_undone_o(counts_o[5]), .cnt_tx_idle_restarts_o(),
    .cnt_tx_keepalives_o(), .cnt_conn_user_timeout_o(counts_o[7]), .cnt_pmtu_reduced_o(counts_o[6])
  );

  assign seg_seq_o = seg.seq;
  assign seg_ack_o = seg.ack;
  assign seg_wnd_o = seg.wnd;
  assign seg_flags_o = seg.flags;
  assign seg_len_o = seg.len;
  assign seg_offset_o = seg.ring_offset;
  assign seg_options_o = seg.mss_valid && seg.ws_valid;
  assign seg_mss_o = seg.mss;
  assign seg_ws_o = seg.ws;
  assign seg_ts_val_o = seg.ts_val;
  assign seg_ecn_o = seg.ecn;
  assign report_acked_o = report.acked;
  assign report_fin_acked_o = report.fin_acked;
  assign report_bad_offset_o = report.bad_offset;
  assign end_kind_o = ending.kind;
  assign end_status_o = ending.status;

  logic unused_ok;
  assign unused_ok = &{1'b0, seg, report, ending, unused_shadow, unused_cc_event,
                       unused_cc_event_valid, unused_cc_answer_ready, tuple_addr, tuple_en,
                       rx_shadow_addr, rx_shadow_en, set_conn};

endmodule
