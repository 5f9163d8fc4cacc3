// SPDX-License-Identifier: Apache-2.0
// Memory in which words wait for a later stage of a pipeline that cannot stall: taken in order, the
// first is shown from the clock after it came.

module toe_rx_wait #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 8   // power of two, at least the stages between
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             push_i,
  input  logic [Width-1:0] data_i,
  input  logic             pop_i,
  output logic [Width-1:0] data_o
);

  localparam int unsigned PtrW = $clog2(Depth);
  (* ram_style = "distributed" *) logic [Width-1:0] mem [0:Depth-1];
  logic [PtrW-1:0] wptr_q, rptr_q;

  assign data_o = mem[rptr_q];

  always_ff @(posedge clk_i) begin
    if (push_i) mem[wptr_q] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      rptr_q <= '0;
    end else begin
      if (push_i) wptr_q <= wptr_q + 1'b1;
      if (pop_i) rptr_q <= rptr_q + 1'b1;
    end
  end

`ifndef YOSYS
`ifndef SYNTHESIS
  logic [PtrW:0] count_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
    end else begin
      count_q <= count_q + (PtrW+1)'(push_i) - (PtrW+1)'(pop_i);
      assert (!(pop_i && count_q == '0));
      assert (!(push_i && !pop_i && count_q == (PtrW+1)'(Depth)));
    end
  end
`endif
`endif

endmodule
