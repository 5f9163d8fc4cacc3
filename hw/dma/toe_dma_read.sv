// SPDX-License-Identifier: Apache-2.0
// The only AXI read master: submission ring lines (id 0) and payload lines (id 1). Payload commands
// are split into bursts of at most 32 beats that cross no 4 KiB boundary; credits for every line of
// the payload queue are taken before the address leaves, so the R channel is never held up. A
// submission command is at most four lines that lie in one 256-byte block; its reader has taken
// credits for them.

module toe_dma_read (
  input  logic         clk_i,
  input  logic         rst_ni,
  // submission ring lines, from and to toe_sq_fetch
  input  logic [57:0]  sq_cmd_line_i,   // address / 64
  input  logic [2:0]   sq_cmd_lines_i,  // 1 to 4
  input  logic         sq_cmd_valid_i,
  output logic         sq_cmd_ready_o,
  output logic [511:0] sq_data_o,
  output logic         sq_valid_o,      // no ready: the reader has reserved room
  // payload, from and to the transmitter
  input  logic [63:0]  rd_cmd_addr_i,
  input  logic [15:0]  rd_cmd_len_i,    // bytes; 0 reads nothing
  input  logic         rd_cmd_valid_i,
  output logic         rd_cmd_ready_o,
  output logic [511:0] rd_data_o,
  output logic         rd_valid_o,
  input  logic         rd_ready_i,
  // AXI4 read channels
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
  output logic         error_o,         // pulse: an error response was seen
  output logic         idle_o
);

  localparam int unsigned FifoLines = 512;
  localparam int unsigned BurstLines = 32;

  // ---- payload command: lines left to ask for
  logic        busy_q;
  logic [57:0] line_q;
  logic [10:0] left_q;
  logic [10:0] cmd_lines;
  logic        take_cmd, pay_fire, pay_last, pay_valid;
  logic [6:0]  to_page;
  logic [5:0]  burst;
  logic [16:0] span;
  logic        sq_turn_q;

  assign span = {11'd0, rd_cmd_addr_i[5:0]} + {1'b0, rd_cmd_len_i} + 17'd63;
  assign cmd_lines = (rd_cmd_len_i == 16'd0) ? 11'd0 : span[16:6];
  assign to_page = 7'd64 - {1'b0, line_q[5:0]};

  always_comb begin
    burst = 6'(BurstLines);
    if (to_page < 7'(BurstLines)) burst = to_page[5:0];
    if (left_q < {5'd0, burst}) burst = left_q[5:0];
  end

  assign pay_last = left_q == {5'd0, burst};
  assign rd_cmd_ready_o = !busy_q || (pay_fire && pay_last);
  assign take_cmd = rd_cmd_valid_i && rd_cmd_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (take_cmd) busy_q <= cmd_lines != 11'd0;
    else if (pay_fire && pay_last) busy_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take_cmd) begin
      line_q <= rd_cmd_addr_i[63:6];
      left_q <= cmd_lines;
    end else if (pay_fire) begin
      line_q <= line_q + {52'd0, burst};
      left_q <= left_q - {5'd0, burst};
    end
  end

  // ---- credits: free lines of the payload queue that no burst on its way has claimed
  logic [9:0] credit_q;
  logic       rd_pop;

  assign rd_pop = rd_valid_o && rd_ready_i;
  assign pay_valid = busy_q && credit_q >= {4'd0, burst};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) credit_q <= 10'(FifoLines);
    else if (pay_fire || rd_pop) begin
      credit_q <= credit_q - (pay_fire ? {4'd0, burst} : 10'd0) + {9'd0, rd_pop};
    end
  end

  // ---- address channel: submissions first, but never twice in a row while payload waits
  logic        ar_ready, sq_fire;
  logic [66:0] ar_in, ar_out;  // id, line, len
  logic [2:0]  ar_count;

  assign sq_cmd_ready_o = ar_ready && !(sq_turn_q && pay_valid);
  assign sq_fire = sq_cmd_valid_i && sq_cmd_ready_o;
  assign pay_fire = pay_valid && ar_ready && !sq_fire;
  assign ar_in = sq_fire ? {1'b0, sq_cmd_line_i, 5'd0, sq_cmd_lines_i - 3'd1} :
                           {1'b1, line_q, 2'd0, burst - 6'd1};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) sq_turn_q <= 1'b0;
    else if (sq_fire || pay_fire) sq_turn_q <= sq_fire;
  end

  toe_fifo #(.Width(67), .Depth(4)) u_ar (
    .clk_i, .rst_ni,
    .in_data_i(ar_in), .in_valid_i(sq_fire || pay_fire), .in_ready_o(ar_ready),
    .out_data_o(ar_out), .out_valid_o(m_axi_arvalid_o), .out_ready_i(m_axi_arready_i),
    .count_o(ar_count));

  assign m_axi_arid_o = ar_out[66];
  assign m_axi_araddr_o = {ar_out[65:8], 6'd0};
  assign m_axi_arlen_o = ar_out[7:0];
  assign m_axi_arsize_o = 3'd6;
  assign m_axi_arburst_o = 2'b01;

  // ---- data channel
  logic       payload_ready;
  logic [9:0] payload_count;
  logic       sq_valid_q, error_q;
  logic [511:0] sq_data_q;

  assign m_axi_rready_o = 1'b1;

  toe_fifo #(.Width(512), .Depth(FifoLines)) u_payload (
    .clk_i, .rst_ni,
    .in_data_i(m_axi_rdata_i), .in_valid_i(m_axi_rvalid_i && m_axi_rid_i),
    .in_ready_o(payload_ready),
    .out_data_o(rd_data_o), .out_valid_o(rd_valid_o), .out_ready_i(rd_ready_i),
    .count_o(payload_count));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sq_valid_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      sq_valid_q <= m_axi_rvalid_i && !m_axi_rid_i;
      error_q <= m_axi_rvalid_i && m_axi_rresp_i[1];
    end
  end

  always_ff @(posedge clk_i) begin
    if (m_axi_rvalid_i && !m_axi_rid_i) sq_data_q <= m_axi_rdata_i;
  end

  assign sq_data_o = sq_data_q;
  assign sq_valid_o = sq_valid_q;
  assign error_o = error_q;
  assign idle_o = !busy_q && credit_q == 10'(FifoLines) && !m_axi_arvalid_o && !sq_valid_q &&
                  !error_q;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{m_axi_rlast_i, m_axi_rresp_i[0], payload_count, ar_count, payload_ready,
                    span[5:0]};
  /* verilator lint_on UNUSED */

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (credit_q <= 10'(FifoLines));
      assert (!(m_axi_rvalid_i && m_axi_rid_i) || payload_ready);
      assert (!sq_cmd_valid_i || (sq_cmd_lines_i >= 3'd1 && sq_cmd_lines_i <= 3'd4));
    end
  end
`endif
`endif

endmodule
