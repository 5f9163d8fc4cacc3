// SPDX-License-Identifier: Apache-2.0
// Output queue of a pipeline that cannot stall: takes every word, and says in time when fewer than
// Reserve further words would fit, so that nothing more is let into the pipeline. Four stages and
// a register behind room_o need six: four in flight, and two that enter before the register falls.

module toe_room_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter int unsigned Reserve = 6
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] in_data_i,
  input  logic             in_valid_i,
  output logic             room_o,
  output logic [Width-1:0] out_data_o,
  output logic             out_valid_o,
  input  logic             out_ready_i
);

  localparam int unsigned CountW = $clog2(Depth + 1);
  logic [CountW-1:0] count;
  logic in_ready;
  toe_fifo #(.Width(Width), .Depth(Depth)) u_fifo (
    .clk_i, .rst_ni, .in_data_i, .in_valid_i, .in_ready_o(in_ready),
    .out_data_o, .out_valid_o, .out_ready_i, .count_o(count)
  );
  assign room_o = count <= CountW'(Depth - Reserve);

`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(in_valid_i && !in_ready)) else $error("%m: word lost");
  end
`endif

  logic unused_ok;
  assign unused_ok = &{1'b0, in_ready};

endmodule
