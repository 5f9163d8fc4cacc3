// SPDX-License-Identifier: Apache-2.0
// Last stage of toe_cc: remembers what the transmit engine was told of each connection, and tells
// it what changed. A connection's results come at least three clocks apart. If the engine is slow
// and the queue full, a later result tells.

module toe_cc_tell #(
  parameter int unsigned Connections = 1024
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [15:0]          conn6_i,   // one clock before the result
  input  logic                 valid6_i,
  input  logic [15:0]          conn_i,
  input  logic [1:0]           ask_i,
  input  logic [8:0]           step_i,
  input  logic [15:0]          share_i,
  input  logic                 valid_i,
  output toe_pkg::cc_answer_t  answer_o,
  output logic                 answer_valid_o,
  input  logic                 answer_ready_i,
  output logic                 busy_o
);

  localparam int unsigned AddrW = $clog2(Connections);

  logic v8_q, v9_q;
  logic [15:0] conn8_q, conn9_q, share8_q;
  logic [1:0] ask8_q;
  logic [8:0] step8_q;
  toe_cc_pkg::told_t told, told8_q, new8, new9_q;
  logic [toe_cc_pkg::ToldW-1:0] told_bits, new9_bits;
  logic changed8, changed9_q, room, push9;
  assign told = told_bits;
  assign new9_bits = {new9_q.alpha, new9_q.step, changed9_q && ~room};

  toe_ram_fwd #(.Width(toe_cc_pkg::ToldW), .Depth(Connections)) u_told (
    .clk_i, .wr_en_i(v9_q), .wr_addr_i(conn9_q[AddrW-1:0]), .wr_data_i(new9_bits),
    .rd_en_i(valid6_i), .rd_addr_i(conn6_i[AddrW-1:0]), .rd_data_o(told_bits)
  );

  // RFC 8257 3.3: alpha := (1 - g) alpha + g share, g = 1/16.
  always_comb begin
    new8 = told8_q;
    case (ask8_q)
      toe_cc_pkg::AskStep: new8.step = step8_q;
      toe_cc_pkg::AskAlpha:
        new8.alpha = told8_q.alpha - {4'd0, told8_q.alpha[15:4]} + {4'd0, share8_q[15:4]};
      default: begin
        new8.step = 9'd0;
        new8.alpha = 16'h8000;
      end
    endcase
    changed8 = told8_q.untold || ask8_q == toe_cc_pkg::AskReset || new8.step != told8_q.step ||
               new8.alpha[15:5] != told8_q.alpha[15:5];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      v8_q <= 1'b0;
      v9_q <= 1'b0;
    end else begin
      v8_q <= valid_i;
      v9_q <= v8_q;
    end
    if (valid_i) begin
      conn8_q <= conn_i;
      ask8_q <= ask_i;
      step8_q <= step_i;
      share8_q <= share_i;
      told8_q <= told;
    end
    if (v8_q) begin
      conn9_q <= conn8_q;
      new9_q <= new8;
      changed9_q <= changed8;
    end
  end

  logic [35:0] out_bits;
  assign push9 = v9_q && changed9_q && room;
  logic [5:0] count;
  toe_fifo #(.Width(36), .Depth(32)) u_out (
    .clk_i, .rst_ni, .in_data_i({conn9_q, new9_q.alpha[15:5], new9_q.step}), .in_valid_i(push9),
    .in_ready_o(room), .out_data_o(out_bits), .out_valid_o(answer_valid_o),
    .out_ready_i(answer_ready_i), .count_o(count)
  );
  assign answer_o.conn = out_bits[35:20];
  assign answer_o.alpha = out_bits[19:9];
  assign answer_o.step = out_bits[8:0] == 9'd0 ? 32'd0
                       : out_bits[8:0] == toe_cc_pkg::StepNever ? 32'hffff_ffff
                       : {27'd0, 1'b1, out_bits[3:0]} << (out_bits[8:4] - 5'd4);
  assign busy_o = v8_q || v9_q || answer_valid_o;

  logic unused_ok;
  assign unused_ok = &{1'b0, count, share8_q[3:0], new9_q.untold, conn6_i};

endmodule
