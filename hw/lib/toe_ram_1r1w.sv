// SPDX-License-Identifier: Apache-2.0
// RAM with one write port and one synchronous read port; rd_data_o keeps its value while rd_en_i is
// low. Contents are not reset. A read of the address written in the same clock gives the old word
// in simulation and must not be relied on: forward outside if it can happen.

module toe_ram_1r1w #(
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

  logic [Width-1:0] mem [0:Depth-1];
  logic [Width-1:0] rd_data_q;

  assign rd_data_o = rd_data_q;

  always_ff @(posedge clk_i) begin
    if (wr_en_i) mem[wr_addr_i] <= wr_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (rd_en_i) rd_data_q <= mem[rd_addr_i];
  end

endmodule
