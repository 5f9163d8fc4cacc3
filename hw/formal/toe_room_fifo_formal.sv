// SPDX-License-Identifier: Apache-2.0
// toe_room_fifo behind a pipeline of four stages that cannot stall and admits by a register behind
// room_o, as toe_tx_engine and toe_rx_engine do: no word finds the queue full.

module toe_room_fifo_formal (
  input logic clk_i,
  input logic rst_ni,
  input logic want_i,
  input logic data_i,
  input logic ready_i
);

  logic [3:0] stage_q;
  logic room, room_q, out, out_valid;
  toe_room_fifo #(.Width(1), .Depth(8), .Reserve(6)) u_dut (
    .clk_i, .rst_ni, .in_data_i(data_i), .in_valid_i(stage_q[3]), .room_o(room),
    .out_data_o(out), .out_valid_o(out_valid), .out_ready_i(ready_i)
  );
  always_ff @(posedge clk_i) begin
    room_q <= rst_ni && room;
    stage_q <= rst_ni ? {stage_q[2:0], want_i && room_q} : 4'd0;
  end

  // Words that may still come.
  (* hierconn *) logic [3:0] \u_dut.count ;
  (* hierconn *) logic \u_dut.in_ready ;
  logic [3:0] flying;
  assign flying = {3'd0, stage_q[0]} + {3'd0, stage_q[1]} + {3'd0, stage_q[2]} +
                  {3'd0, stage_q[3]};
  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    if (running_q) begin
      a_never_full: assert (!(stage_q[3] && !\u_dut.in_ready ));
      i_count: assert (\u_dut.in_ready == (\u_dut.count != 4'd8));
      i_fits: assert (\u_dut.count <= 4'd8 && \u_dut.count + flying <= 4'd8);
      if (room_q) i_one_more: assert (\u_dut.count + flying <= 4'd7);
      i_shown: assert (out_valid == (\u_dut.count != 4'd0));
    end
  end
  logic unused_ok;
  assign unused_ok = out;
endmodule
