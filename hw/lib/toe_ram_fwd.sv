// SPDX-License-Identifier: Apache-2.0
// toe_ram_1r1w whose read sees the write of the same clock.

module toe_ram_fwd #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16
) (
  input  logic                     clk_i,
  input  logic                     wr_en_i,
  input  logic [$clog2(Depth)-1:0] wr_addr_i,
  input  logic [Width-1:0]         wr_data_i,
  input  logic                     rd_en_i,
  input  logic [$clog2(Depth)-1:0] rd_addr_i,
  output logic [Width-1:0]         rd_data_o
);

  logic [Width-1:0] stored, fresh_q;
  logic fresh_now, use_fresh_q;
  toe_ram_1r1w #(.Width(Width), .Depth(Depth)) u_ram (
    .clk_i, .wr_en_i, .wr_addr_i, .wr_data_i, .rd_en_i, .rd_addr_i, .rd_data_o(stored)
  );

  assign fresh_now = wr_en_i && wr_addr_i == rd_addr_i;
  always_ff @(posedge clk_i) begin
    if (rd_en_i) use_fresh_q <= fresh_now;
    if (rd_en_i && fresh_now) fresh_q <= wr_data_i;
  end
  assign rd_data_o = use_fresh_q ? fresh_q : stored;

endmodule
