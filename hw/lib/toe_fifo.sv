// SPDX-License-Identifier: Apache-2.0
// First-word-fall-through queue of any depth >= 2. Up to `Distributed` entries it is distributed
// RAM read asynchronously (a word is at the output one clock after it came); deeper queues are
// block RAM with the RAM's own output register as the head (two clocks).

module toe_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter int unsigned Distributed = 64
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic [Width-1:0]           in_data_i,
  input  logic                       in_valid_i,
  output logic                       in_ready_o,
  output logic [Width-1:0]           out_data_o,
  output logic                       out_valid_o,
  input  logic                       out_ready_i,
  output logic [$clog2(Depth+1)-1:0] count_o
);

  localparam int unsigned PtrW = $clog2(Depth);
  localparam int unsigned CountW = $clog2(Depth + 1);
  localparam logic [PtrW-1:0] Last = PtrW'(Depth - 1);

  logic [PtrW-1:0] wptr_q, rptr_q;
  logic [CountW-1:0] count_q;
  logic full_q;
  logic push, pop;

  assign in_ready_o = !full_q;
  assign push = in_valid_i && !full_q;
  assign pop = out_valid_o && out_ready_i;
  assign count_o = count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      full_q <= 1'b0;
      wptr_q <= '0;
    end else begin
      if (push) wptr_q <= (wptr_q == Last) ? '0 : wptr_q + 1'b1;
      if (push && !pop) begin
        count_q <= count_q + 1'b1;
        full_q <= (count_q == CountW'(Depth - 1));
      end else if (pop && !push) begin
        count_q <= count_q - 1'b1;
        full_q <= 1'b0;
      end
    end
  end

  if (Depth <= Distributed) begin : g_small
    (* ram_style = "distributed" *) logic [Width-1:0] mem [0:Depth-1];
    logic valid_q;

    assign out_valid_o = valid_q;
    assign out_data_o = mem[rptr_q];

    always_ff @(posedge clk_i) begin
      if (push) mem[wptr_q] <= in_data_i;
    end

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        rptr_q <= '0;
        valid_q <= 1'b0;
      end else begin
        if (pop) rptr_q <= (rptr_q == Last) ? '0 : rptr_q + 1'b1;
        if (push) valid_q <= 1'b1;
        else if (pop) valid_q <= (count_q != CountW'(1));
      end
    end
  end else begin : g_large
    // The head lives in the RAM's output register; stored_q counts what is still in the RAM alone.
    logic [Width-1:0] mem [0:Depth-1];
    logic [Width-1:0] head_q;
    logic [CountW-1:0] stored_q;
    logic head_valid_q, fetch;

    assign out_valid_o = head_valid_q;
    assign out_data_o = head_q;
    assign fetch = (stored_q != '0) && (!head_valid_q || out_ready_i);

    always_ff @(posedge clk_i) begin
      if (push) mem[wptr_q] <= in_data_i;
    end

    always_ff @(posedge clk_i) begin
      if (fetch) head_q <= mem[rptr_q];
    end

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        rptr_q <= '0;
        stored_q <= '0;
        head_valid_q <= 1'b0;
      end else begin
        if (fetch) rptr_q <= (rptr_q == Last) ? '0 : rptr_q + 1'b1;
        if (push && !fetch) stored_q <= stored_q + 1'b1;
        else if (fetch && !push) stored_q <= stored_q - 1'b1;
        if (fetch) head_valid_q <= 1'b1;
        else if (out_ready_i) head_valid_q <= 1'b0;
      end
    end
  end

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (count_q <= CountW'(Depth));
      assert (full_q == (count_q == CountW'(Depth)));
      assert (out_valid_o ? count_q != '0 : 1'b1);
    end
  end
`endif
`endif

endmodule
