// SPDX-License-Identifier: Apache-2.0
// Register slice with two places: cuts a stream's data, valid and ready paths, one word per clock.

module toe_skid #(
  parameter int unsigned Width = 8
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] in_data_i,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  output logic [Width-1:0] out_data_o,
  output logic             out_valid_o,
  input  logic             out_ready_i
);

  logic [Width-1:0] out_q, skid_q;
  logic out_valid_q, skid_valid_q;
  logic push, move;

  assign in_ready_o = !skid_valid_q;
  assign out_data_o = out_q;
  assign out_valid_o = out_valid_q;
  assign push = in_valid_i && !skid_valid_q;
  assign move = !out_valid_q || out_ready_i;

  always_ff @(posedge clk_i) begin
    if (move && (skid_valid_q || in_valid_i)) out_q <= skid_valid_q ? skid_q : in_data_i;
    if (push && !move) skid_q <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      skid_valid_q <= 1'b0;
    end else begin
      if (move) out_valid_q <= skid_valid_q || in_valid_i;
      if (move) skid_valid_q <= 1'b0;
      else if (push) skid_valid_q <= 1'b1;
    end
  end

endmodule
