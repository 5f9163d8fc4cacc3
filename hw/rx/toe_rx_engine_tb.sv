// SPDX-License-Identifier: Apache-2.0
// Flattens the ports of toe_rx_engine for its test; every output but the messages to the transmit
// engine is taken at once.

module toe_rx_engine_tb (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [15:0] conn_i,
  // segment
  input  logic        seg_valid_i,
  output logic        seg_ready_o,
  input  logic        hit_i,
  input  logic [31:0] seq_i,
  input  logic [31:0] ack_i,
  input  logic [7:0]  flags_i,
  input  logic [15:0] len_i,
  input  logic [15:0] wnd_i,
  input  logic        ce_i,
  input  logic        icmp_i,
  input  logic        icmp_hard_i,
  input  logic        ts_valid_i,
  input  logic [31:0] ts_val_i,
  input  logic [2:0]  sack_count_i,
  // control
  input  logic        ctl_valid_i,
  output logic        ctl_ready_o,
  input  logic [2:0]  ctl_op_i,
  input  logic [4:0]  ring_log2_i,
  input  logic [31:0] irs_i,
  input  logic [7:0]  status_i,
  input  logic        ctl_ts_on_i,
  input  logic        ctl_open_i,
  // policy and time
  input  logic        use_ts_i,
  input  logic        reuse_i,
  input  logic [31:0] challenge_rate_i,
  input  logic [31:0] secret_i,
  input  logic [31:0] now_us_i,
  input  logic [31:0] now_ticks_i,
  input  logic        stray_acks_i,
  input  logic        backlog_full_i,
  // host
  input  logic        host_valid_i,
  output logic        host_ready_o,
  input  logic [31:0] offset_i,
  // the transmit half's facts
  input  logic [31:0] snd_una_i,
  input  logic [31:0] snd_max_i,
  input  logic        fin_sent_i,
  input  logic [31:0] last_ack_i,
  input  logic [31:0] max_wnd_i,

  output logic        job_valid_o,
  output logic        job_has_frame_o,
  output logic [15:0] job_skip_o,
  output logic [15:0] job_len_o,
  output logic [23:0] job_offset_o,
  output logic        job_report_o,
  output logic [31:0] job_received_o,
  output logic        job_established_o,
  output logic        job_fin_o,
  output logic        job_bad_offset_o,
  output logic        job_detach_o,
  output logic        job_final_o,
  output logic [7:0]  job_status_o,
  output logic        tx_valid_o,
  input  logic        tx_ready_i,
  output logic        tx_ack_valid_o,
  output logic        tx_established_o,
  output logic [1:0]  tx_want_ack_o,
  output logic        tx_syn_valid_o,
  output logic [15:0] tx_wnd_o,
  output logic [2:0]  tx_marks_o,   // ECE, CWR, CE
  output logic        tx_dsack_o,
  output logic [31:0] tx_dsack_start_o,
  output logic [31:0] tx_dsack_end_o,
  output logic        tx_icmp_o,
  // its record's copy
  output logic [31:0] rcv_nxt_o,
  output logic [31:0] rcv_edge_o,
  output logic [31:0] ts_recent_o,
  output logic [3:0]  run_valid_o,
  output logic [127:0] run_start_o,
  output logic [127:0] run_end_o,
  output logic        end_valid_o,
  output logic [1:0]  end_kind_o,
  output logic [7:0]  end_status_o,
  output logic        syn_valid_o,
  output logic [31:0] syn_ack_o,
  input  logic        syn_ready_i,
  output logic        rst_valid_o,
  output logic [31:0] rst_seq_o,
  output logic [31:0] rst_ack_o,
  output logic [7:0]  rst_flags_o,
  output logic        idle_o,
  output logic        gaps_exhausted_o,
  output logic        challenge_o,
  output logic        limited_o,
  output logic        paws_o,
  output logic        outside_o,
  output logic        icmp_error_o,
  output logic        backlog_full_o
);

  toe_pkg::rx_segment_t seg;
  toe_pkg::rx_ctl_t ctl;
  toe_pkg::rx_host_t host;
  toe_pkg::tx_shadow_t shadow;
  toe_pkg::rx_shadow_t copy;
  toe_pkg::config_t cfg;
  toe_pkg::time_t now;
  toe_pkg::rx_job_t job;
  toe_pkg::tx_rx_t tx;
  toe_pkg::end_t ending;
  toe_pkg::segment_t syn;
  toe_pkg::tx_segment_t rst;
  logic [15:0] shadow_addr;
  logic shadow_en;

  always_comb begin
    seg = '0;
    seg.hit = hit_i;
    seg.conn = conn_i;
    seg.seg.seq = seq_i;
    seg.seg.ack = ack_i;
    seg.seg.flags = flags_i;
    seg.seg.len = len_i;
    seg.seg.wnd = wnd_i;
    seg.seg.ce = ce_i;
    seg.seg.icmp = icmp_i;
    seg.seg.icmp_hard = icmp_hard_i;
    seg.seg.ts_valid = ts_valid_i;
    seg.seg.ts_val = ts_val_i;
    seg.seg.sack_count = sack_count_i;
    ctl = '0;
    ctl.ts_on = ctl_ts_on_i;
    ctl.ts_val = ts_val_i;
    ctl.open = ctl_open_i;
    ctl.op = ctl_op_i;
    ctl.conn = conn_i;
    ctl.ring_log2 = ring_log2_i;
    ctl.irs = irs_i;
    ctl.status = status_i;
    host.conn = conn_i;
    host.offset = offset_i;
    cfg = '0;
    cfg.use_ts = use_ts_i;
    cfg.time_wait_reuse = reuse_i;
    cfg.challenge_ack_rate = challenge_rate_i;
    cfg.secret = {96'd0, secret_i};
    now = '0;
    now.us = now_us_i;
    now.ticks = now_ticks_i;
  end
  always_ff @(posedge clk_i) shadow <= {snd_una_i, snd_max_i, fin_sent_i, last_ack_i, max_wnd_i};

  toe_rx_engine #(.Connections(64)) u_engine (
    .clk_i, .rst_ni, .cfg_i(cfg), .now_i(now), .stray_acks_i, .backlog_full_i,
    .seg_i(seg), .seg_valid_i, .seg_ready_o, .ctl_i(ctl), .ctl_valid_i, .ctl_ready_o,
    .host_i(host), .host_valid_i, .host_ready_o,
    .tx_shadow_addr_o(shadow_addr), .tx_shadow_en_o(shadow_en), .tx_shadow_i(shadow),
    .rx_shadow_addr_i(conn_i), .rx_shadow_en_i(1'b1), .rx_shadow_o(copy),
    .tx_o(tx), .tx_valid_o, .tx_urgent_o(),
    .tx_ready_i, .job_o(job), .job_valid_o, .job_ready_i(1'b1),
    .end_o(ending), .end_valid_o, .end_ready_i(1'b1), .syn_o(syn), .syn_valid_o, .syn_ready_i,
    .rst_o(rst), .rst_valid_o, .rst_ready_i(1'b1), .idle_o,
    .cnt_rx_resets_o(), .cnt_rx_out_of_order_o(), .cnt_rx_gaps_exhausted_o(gaps_exhausted_o),
    .cnt_rx_duplicates_o(), .cnt_rx_outside_window_o(outside_o),
    .cnt_rx_challenge_acks_o(challenge_o),
    .cnt_rx_no_connection_o(), .cnt_conn_established_o(), .cnt_rx_paws_rejected_o(paws_o),
    .cnt_rx_sack_blocks_o(), .cnt_rx_ce_o(), .cnt_rx_ece_o(),
    .cnt_rx_challenge_limited_o(limited_o), .cnt_rx_icmp_errors_o(icmp_error_o),
    .cnt_syn_backlog_full_o(backlog_full_o)
  );

  assign job_has_frame_o = job.has_frame;
  assign job_skip_o = job.skip;
  assign job_len_o = job.len;
  assign job_offset_o = job.ring_offset;
  assign job_report_o = job.report;
  assign job_received_o = job.received;
  assign job_established_o = job.established;
  assign job_fin_o = job.fin_received;
  assign job_bad_offset_o = job.bad_offset;
  assign job_detach_o = job.detach;
  assign job_final_o = job.final_report;
  assign job_status_o = job.status;
  assign tx_ack_valid_o = tx.ack_valid;
  assign tx_established_o = tx.established;
  assign tx_want_ack_o = tx.want_ack;
  assign tx_syn_valid_o = tx.syn_valid;
  assign tx_wnd_o = tx.wnd;
  assign tx_marks_o = {tx.ece, tx.cwr, tx.ce};
  assign tx_dsack_o = tx.dsack_valid;
  assign tx_dsack_start_o = tx.dsack_start;
  assign tx_dsack_end_o = tx.dsack_end;
  assign tx_icmp_o = tx.icmp;
  assign rcv_nxt_o = copy.rcv_nxt;
  assign rcv_edge_o = copy.rcv_edge;
  assign ts_recent_o = copy.ts_recent;
  assign run_valid_o = copy.run_valid;
  assign run_start_o = copy.run_start;
  assign run_end_o = copy.run_end;
  assign end_kind_o = ending.kind;
  assign end_status_o = ending.status;
  assign syn_ack_o = syn.ack;
  assign rst_seq_o = rst.seq;
  assign rst_ack_o = rst.ack;
  assign rst_flags_o = rst.flags;

  logic unused_ok;
  assign unused_ok = &{1'b0, job, tx, ending, syn, rst, shadow_addr, shadow_en};

endmodule
