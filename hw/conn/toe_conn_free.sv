// SPDX-License-Identifier: Apache-2.0
// The free connection identifiers. After reset it fills itself with all of them, lowest first.
//
// An identifier that comes back could still be named by packets that were looked up, and by ends
// that were asked for, before its connection was killed. So it becomes free only when every
// packet in flight and every queued end of that moment has gone by.
module toe_conn_free #(
  parameter int unsigned Connections = 1024
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [15:0] freed_conn_i,
  input  logic        freed_valid_i,
  output logic        freed_ready_o,  // always 1: an identifier comes back once

  input  logic [3:0]  inflight_i,     // packets in the lookup
  input  logic        given_i,
  input  logic [16:0] rx_ends_i,      // ends queued
  input  logic        rx_end_i,       // one is taken in this clock
  input  logic [16:0] tx_ends_i,
  input  logic        tx_end_i,

  output logic [15:0] free_conn_o,
  output logic        free_valid_o,
  input  logic        free_take_i,
  output logic [31:0] free_count_o,
  output logic        freed_o,        // a pulse for each identifier that came back
  output logic        busy_o,
  output logic        ready_o
);

  localparam int unsigned CountW = $clog2(Connections + 1);

  logic [15:0]       back_conn, fill_q, push_conn;
  logic              back_valid, back_take, push, push_ready;
  logic [CountW-1:0] back_count, free_count;
  logic              ready_q;

  toe_fifo #(.Width(16), .Depth(Connections)) u_back (
    .clk_i,
    .rst_ni,
    .in_data_i  (freed_conn_i),
    .in_valid_i (freed_valid_i),
    .in_ready_o (freed_ready_o),
    .out_data_o (back_conn),
    .out_valid_o(back_valid),
    .out_ready_i(back_take),
    .count_o    (back_count)
  );

  toe_fifo #(.Width(16), .Depth(Connections)) u_free (
    .clk_i,
    .rst_ni,
    .in_data_i  (push_conn),
    .in_valid_i (push),
    .in_ready_o (push_ready),
    .out_data_o (free_conn_o),
    .out_valid_o(free_valid_o),
    .out_ready_i(free_take_i),
    .count_o    (free_count)
  );

  // What must still go by.
  logic        wait_q;
  logic [3:0]  packets_q;
  logic [16:0] rx_ends_q, tx_ends_q;
  logic        gone;
  assign gone = packets_q == 4'd0 && rx_ends_q == 17'd0 && tx_ends_q == 17'd0;
  assign back_take = wait_q && gone;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q <= 1'b0;
    end else if (!wait_q) begin
      wait_q <= back_valid && ready_q;
    end else begin
      wait_q <= !gone;
    end
    if (!wait_q) begin
      packets_q <= inflight_i - {3'd0, given_i};
      rx_ends_q <= rx_ends_i - {16'd0, rx_end_i};
      tx_ends_q <= tx_ends_i - {16'd0, tx_end_i};
    end else begin
      if (packets_q != 4'd0 && given_i) packets_q <= packets_q - 4'd1;
      if (rx_ends_q != 17'd0 && rx_end_i) rx_ends_q <= rx_ends_q - 17'd1;
      if (tx_ends_q != 17'd0 && tx_end_i) tx_ends_q <= tx_ends_q - 17'd1;
    end

    if (!rst_ni) begin
      fill_q <= 16'd0;
      ready_q <= 1'b0;
    end else if (!ready_q) begin
      fill_q <= fill_q + 16'd1;
      ready_q <= fill_q == 16'(Connections - 1);
    end
  end

  assign push = !ready_q || back_take;
  assign push_conn = ready_q ? back_conn : fill_q;
  assign freed_o = back_take;
  assign free_count_o = 32'(free_count);
  assign busy_o = back_count != CountW'(0);
  assign ready_o = ready_q;

  logic unused;
  assign unused = push_ready;

`ifndef SYNTHESIS
`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (freed_ready_o || !freed_valid_i) else $error("toe_conn_free: freed too often");
      assert (push_ready || !push) else $error("toe_conn_free: more free than exist");
      assert (!freed_valid_i || 32'(freed_conn_i) < Connections)
        else $error("toe_conn_free: no such connection");
    end
  end
`endif
`endif

endmodule
