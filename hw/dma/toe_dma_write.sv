// SPDX-License-Identifier: Apache-2.0
// The only AXI write master. Payload, completion entries and status lines leave on one id, in one
// order, and what follows a write (a report, the interrupt) waits in that order for its write
// response. So a report reaches toe_report, and from there a completion ring, only after its
// payload is in host memory. Payload bursts cross no 4 KiB boundary, and with it not the ring's end
// (rings are aligned powers of two of at least 4 KiB). Payload goes first; an entry waits at most 8
// clocks of others' turns, a status line 32.

module toe_dma_write (
  input  logic         clk_i,
  input  logic         rst_ni,
  // payload and what to report after it, from toe_rx_engine
  input  toe_pkg::rx_job_t rx_job_i,
  input  logic         rx_job_valid_i,
  output logic         rx_job_ready_o,
  // frames, one for each job with has_frame, in job order
  input  logic [511:0] fb_data_i,
  input  logic         fb_last_i,
  input  logic         fb_valid_i,
  output logic         fb_ready_o,
  // reports whose payload is written, to toe_report
  output toe_pkg::rx_report_t rx_report_o,
  output logic         rx_report_valid_o,
  input  logic         rx_report_ready_i,
  // completion entries, from toe_cq_write
  input  logic [58:0]  cq_addr_i,          // address / 32
  input  logic [255:0] cq_data_i,
  input  logic [3:0]   cq_qp_i,
  input  logic         cq_valid_i,
  output logic         cq_ready_o,
  output logic         cq_done_valid_o,    // pulse: the oldest entry is in host memory
  output logic [3:0]   cq_done_qp_o,
  // status lines, from toe_sq_fetch
  input  logic [57:0]  status_line_i,      // address / 64
  input  logic [15:0]  status_value_i,
  input  logic         status_valid_i,
  output logic         status_ready_o,
  // AXI4 write channels
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
  output logic         error_o,            // pulse
  output logic         idle_o
);

  localparam int unsigned Outstanding = 64;
  localparam int unsigned SeqW = 16 + 52 + 5 + 24 + 1 + 61;

  // ---- jobs go two ways: to the realigner if they have a frame, to the sequencer if they have an
  // effect
  toe_pkg::rx_report_t job_report;
  logic [SeqW-1:0]  seq_in, seq;
  logic [60:0]      job_report_bits;
  logic             seq_in_ready, seq_valid, seq_pop, rea_in_ready, rea_valid, rea_pop;
  logic             job_effect, job_take;
  logic [38:0]      rea_in, rea;  // start, lane, len
  logic [3:0]       seq_count, rea_count;

  always_comb begin
    job_report.conn = rx_job_i.conn;
    job_report.received = rx_job_i.received;
    job_report.established = rx_job_i.established;
    job_report.fin_received = rx_job_i.fin_received;
    job_report.bad_offset = rx_job_i.bad_offset;
    job_report.detach = rx_job_i.detach;
    job_report.final_report = rx_job_i.final_report;
    job_report.status = rx_job_i.status;
  end
  assign job_report_bits = job_report;
  assign job_effect = rx_job_i.len != 16'd0 || rx_job_i.report;
  assign seq_in = {rx_job_i.len, rx_job_i.ring_page, rx_job_i.ring_log2, rx_job_i.ring_offset,
                   rx_job_i.report, job_report_bits};
  assign rea_in = {{9'd0, rx_job_i.frame_start} + {1'b0, rx_job_i.skip}, rx_job_i.ring_offset[5:0],
                   rx_job_i.len};
  assign rx_job_ready_o = seq_in_ready && rea_in_ready;
  assign job_take = rx_job_valid_i && rx_job_ready_o;

  toe_fifo #(.Width(SeqW), .Depth(8)) u_seq (
    .clk_i, .rst_ni,
    .in_data_i(seq_in), .in_valid_i(job_take && job_effect), .in_ready_o(seq_in_ready),
    .out_data_o(seq), .out_valid_o(seq_valid), .out_ready_i(seq_pop), .count_o(seq_count));

  toe_fifo #(.Width(39), .Depth(8)) u_rea (
    .clk_i, .rst_ni,
    .in_data_i(rea_in), .in_valid_i(job_take && rx_job_i.has_frame), .in_ready_o(rea_in_ready),
    .out_data_o(rea), .out_valid_o(rea_valid), .out_ready_i(rea_pop), .count_o(rea_count));

  logic [511:0] rea_data;
  logic [63:0]  rea_strb;
  logic         rea_data_valid, rea_data_ready, rea_idle;

  toe_dma_realign u_realign (
    .clk_i, .rst_ni,
    .job_start_i(rea[38:22]), .job_lane_i(rea[21:16]), .job_len_i(rea[15:0]),
    .job_valid_i(rea_valid), .job_ready_o(rea_pop),
    .fb_data_i, .fb_last_i, .fb_valid_i, .fb_ready_o,
    .data_o(rea_data), .strb_o(rea_strb), .valid_o(rea_data_valid), .ready_i(rea_data_ready),
    .idle_o(rea_idle));

  // ---- the job being cut into bursts
  logic        cut_q, cut_report_q, pay_last, pay_fire;
  logic [15:0] left_q;
  logic [51:0] page_q;
  logic [23:0] offset_q, mask_q;
  logic [60:0] report_q;
  logic [12:0] to_page, chunk;
  logic [12:0] chunk_span;
  logic [6:0]  pay_beats;
  logic [63:0] pay_addr;

  assign to_page = 13'd4096 - {1'b0, offset_q[11:0]};
  assign chunk = (left_q > {3'd0, to_page}) ? to_page : left_q[12:0];
  assign pay_last = left_q <= {3'd0, to_page};
  assign chunk_span = {7'd0, offset_q[5:0]} + chunk + 13'd63;
  assign pay_beats = chunk_span[12:6];
  assign pay_addr = {page_q + {40'd0, offset_q[23:12]}, offset_q[11:6], 6'd0};
  assign seq_pop = seq_valid && (!cut_q || (pay_fire && pay_last));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) cut_q <= 1'b0;
    else if (seq_pop) cut_q <= 1'b1;
    else if (pay_fire && pay_last) cut_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (seq_pop) begin
      left_q <= seq[158:143];
      page_q <= seq[142:91];
      mask_q <= 24'((25'd1 << seq[90:86]) - 25'd1);
      offset_q <= seq[85:62];
      cut_report_q <= seq[61];
      report_q <= seq[60:0];
    end else if (pay_fire) begin
      left_q <= left_q - {3'd0, chunk};
      offset_q <= {offset_q[23:12] + 12'd1, 12'd0} & mask_q;
    end
  end

  // ---- whose turn
  logic aw_ready, desc_ready, inline_ready, after_ready, room;
  logic g_pay, g_cq, g_st, empty_job;
  logic [5:0] cq_wait_q, st_wait_q;

  assign room = aw_ready && desc_ready && inline_ready && after_ready;
  assign empty_job = left_q == 16'd0;  // nothing to write, only to report in its place
  assign g_st = status_valid_i && ((!cut_q && !cq_valid_i) || st_wait_q[5]);
  assign g_cq = cq_valid_i && !g_st && (!cut_q || cq_wait_q[3]);
  assign g_pay = cut_q && !g_st && !g_cq;
  assign pay_fire = g_pay && room;
  assign cq_ready_o = g_cq && room;
  assign status_ready_o = g_st && room;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cq_wait_q <= 6'd0;
      st_wait_q <= 6'd0;
    end else begin
      if (!cq_valid_i || cq_ready_o) cq_wait_q <= 6'd0;
      else if (!cq_wait_q[3]) cq_wait_q <= cq_wait_q + 6'd1;
      if (!status_valid_i || status_ready_o) st_wait_q <= 6'd0;
      else if (!st_wait_q[5]) st_wait_q <= st_wait_q + 6'd1;
    end
  end

  // ---- address channel
  logic [64:0] aw_in, aw_out;  // line, len
  logic        op_fire, op_write;
  logic [2:0]  aw_count;

  assign op_fire = (g_pay || g_cq || g_st) && room;
  assign op_write = op_fire && !(g_pay && empty_job);
  assign aw_in = g_pay ? {pay_addr[63:6], pay_beats - 7'd1} :
                 g_cq ? {cq_addr_i[58:1], 7'd0} : {status_line_i, 7'd0};

  toe_fifo #(.Width(65), .Depth(4)) u_aw (
    .clk_i, .rst_ni,
    .in_data_i(aw_in), .in_valid_i(op_write), .in_ready_o(aw_ready),
    .out_data_o(aw_out), .out_valid_o(m_axi_awvalid_o), .out_ready_i(m_axi_awready_i),
    .count_o(aw_count));

  assign m_axi_awid_o = 1'b0;
  assign m_axi_awaddr_o = {aw_out[64:7], 6'd0};
  assign m_axi_awlen_o = {1'b0, aw_out[6:0]};
  assign m_axi_awsize_o = 3'd6;
  assign m_axi_awburst_o = 2'b01;

  // ---- what the data channel carries, in the same order: {inline, beats - 1}
  logic [7:0]   desc;
  logic         desc_valid, desc_pop, inline_valid, inline_pop, w_ready, w_valid, w_last;
  logic [257:0] inline_in, inline_out;  // status, upper half, data
  logic [2:0]   desc_count, inline_count, w_count;
  logic [6:0]   beat_q;
  logic [511:0] w_data;
  logic [63:0]  w_strb;

  assign inline_in = g_cq ? {1'b0, cq_addr_i[0], cq_data_i} : {2'b10, 240'd0, status_value_i};

  toe_fifo #(.Width(8), .Depth(4)) u_desc (
    .clk_i, .rst_ni,
    .in_data_i(g_pay ? {1'b0, pay_beats - 7'd1} : 8'h80), .in_valid_i(op_write),
    .in_ready_o(desc_ready),
    .out_data_o(desc), .out_valid_o(desc_valid), .out_ready_i(desc_pop), .count_o(desc_count));

  toe_fifo #(.Width(258), .Depth(4)) u_inline (
    .clk_i, .rst_ni,
    .in_data_i(inline_in), .in_valid_i(op_write && !g_pay), .in_ready_o(inline_ready),
    .out_data_o(inline_out), .out_valid_o(inline_valid), .out_ready_i(inline_pop),
    .count_o(inline_count));

  assign w_last = beat_q == desc[6:0];
  assign w_valid = desc_valid && (desc[7] ? inline_valid : rea_data_valid);
  assign rea_data_ready = desc_valid && !desc[7] && w_ready;
  assign inline_pop = desc_valid && desc[7] && w_ready;
  assign desc_pop = w_valid && w_ready && w_last;
  assign w_data = desc[7] ? {inline_out[255:0], inline_out[255:0]} : rea_data;
  assign w_strb = !desc[7] ? rea_strb :
                  inline_out[257] ? 64'hF :
                  inline_out[256] ? {32'hFFFFFFFF, 32'd0} : {32'd0, 32'hFFFFFFFF};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) beat_q <= 7'd0;
    else if (w_valid && w_ready) beat_q <= w_last ? 7'd0 : beat_q + 7'd1;
  end

  toe_fifo #(.Width(577), .Depth(4)) u_w (
    .clk_i, .rst_ni,
    .in_data_i({w_last, w_strb, w_data}), .in_valid_i(w_valid), .in_ready_o(w_ready),
    .out_data_o({m_axi_wlast_o, m_axi_wstrb_o, m_axi_wdata_o}), .out_valid_o(m_axi_wvalid_o),
    .out_ready_i(m_axi_wready_i), .count_o(w_count));

  // ---- what follows the write responses, in the same order: {waits for a response, entry,
  // report, ...}
  logic [67:0] after_in, after;  // written, entry, report, queue pair, report bits
  logic        after_valid, after_pop, after_due;
  logic [6:0]  after_count, b_count_q;

  assign after_in = {!(g_pay && empty_job), g_cq, g_pay && pay_last && cut_report_q, cq_qp_i,
                    report_q};

  toe_fifo #(.Width(68), .Depth(Outstanding)) u_after (
    .clk_i, .rst_ni,
    .in_data_i(after_in), .in_valid_i(op_fire), .in_ready_o(after_ready),
    .out_data_o(after), .out_valid_o(after_valid), .out_ready_i(after_pop), .count_o(after_count));

  assign after_due = after_valid && (!after[67] || b_count_q != 7'd0);
  assign after_pop = after_due && (!after[65] || rx_report_ready_i);
  assign rx_report_o = after[60:0];
  assign rx_report_valid_o = after_due && after[65];
  assign cq_done_valid_o = after_pop && after[66];
  assign cq_done_qp_o = after[64:61];

  logic error_q, b_take;
  assign b_take = after_pop && after[67];
  assign m_axi_bready_o = 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      b_count_q <= 7'd0;
      error_q <= 1'b0;
    end else begin
      if (m_axi_bvalid_i != b_take) b_count_q <= b_take ? b_count_q - 7'd1 : b_count_q + 7'd1;
      error_q <= m_axi_bvalid_i && m_axi_bresp_i[1];
    end
  end

  assign error_o = error_q;
  assign idle_o = !rx_job_valid_i && !seq_valid && !rea_valid && rea_idle && !cut_q &&
                  !cq_valid_i && !status_valid_i && !m_axi_awvalid_o && !desc_valid &&
                  !m_axi_wvalid_o && !after_valid && !error_q;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{m_axi_bid_i, m_axi_bresp_i[0], seq_count, rea_count, aw_count, desc_count,
                  inline_count,
                    w_count, after_count, pay_addr[5:0], chunk_span[5:0]};
  /* verilator lint_on UNUSED */

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (b_count_q <= 7'(Outstanding));
      assert (!rx_job_valid_i || rx_job_i.has_frame || rx_job_i.len == 16'd0);
      assert (!rx_job_valid_i || rx_job_i.len == 16'd0 ||
              (rx_job_i.ring_log2 >= 5'd12 && rx_job_i.ring_log2 <= 5'd24));
    end
  end
`endif
`endif

endmodule
