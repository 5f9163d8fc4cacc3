// SPDX-License-Identifier: Apache-2.0
// toe_ram_fwd against an array: a read gives the word written last, that of the same clock too, and
// the output stays while nothing is read. The RAM below it gives anything at all when the same
// address is read and written in one clock.

module toe_ram_fwd_formal (
  input logic       clk_i,
  input logic       wr_en_i,
  input logic [1:0] wr_addr_i,
  input logic [1:0] wr_data_i,
  input logic       rd_en_i,
  input logic [1:0] rd_addr_i
);

  logic [1:0] out;
  toe_ram_fwd #(.Width(2), .Depth(4)) u_dut (
    .clk_i, .wr_en_i, .wr_addr_i, .wr_data_i, .rd_en_i, .rd_addr_i, .rd_data_o(out)
  );

  logic [7:0] words_q;
  logic [3:0] written_q = 4'd0;
  logic [1:0] expected_q;
  logic known_q = 1'b0;
  always_ff @(posedge clk_i) begin
    if (wr_en_i) begin
      words_q[2*wr_addr_i +: 2] <= wr_data_i;
      written_q[wr_addr_i] <= 1'b1;
    end
    if (rd_en_i) begin
      expected_q <= wr_en_i && wr_addr_i == rd_addr_i ? wr_data_i : words_q[2*rd_addr_i +: 2];
      known_q <= written_q[rd_addr_i] || (wr_en_i && wr_addr_i == rd_addr_i);
    end
  end

  (* hierconn *) logic [1:0] \u_dut.u_ram.mem[0] ;
  (* hierconn *) logic [1:0] \u_dut.u_ram.mem[1] ;
  (* hierconn *) logic [1:0] \u_dut.u_ram.mem[2] ;
  (* hierconn *) logic [1:0] \u_dut.u_ram.mem[3] ;
  always_comb begin
    if (known_q) a_word: assert (out == expected_q);
    if (written_q[0]) i_0: assert (\u_dut.u_ram.mem[0] == words_q[1:0]);
    if (written_q[1]) i_1: assert (\u_dut.u_ram.mem[1] == words_q[3:2]);
    if (written_q[2]) i_2: assert (\u_dut.u_ram.mem[2] == words_q[5:4]);
    if (written_q[3]) i_3: assert (\u_dut.u_ram.mem[3] == words_q[7:6]);
  end
endmodule
