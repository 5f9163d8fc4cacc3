// SPDX-License-Identifier: Apache-2.0
// Queue of messages to the transmit engine in which the newest takes up its successor when both
// are of one connection and one message says it all. So a connection whose segments come faster
// than the transmit engine can serve it does not hold up the others. A message at the output keeps
// its connection while it waits, but may still grow.
//
// Never merged: anything of a handshake, ICMP errors, and a pure acknowledgement that repeats the
// number before it, because repetitions are counted (RFC 5681 3.2). Nor is anything lost: selective
// acknowledgements that the newer one need not repeat, a second report of data received twice (RFC
// 2883 4: one in each acknowledgement), and a change of the congestion marks, which are counted by
// bytes (RFC 8257 3).

module toe_rx_merge #(
  parameter int unsigned Width = 16,
  parameter int unsigned Depth = 16,
  parameter int unsigned Reserve = 7
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  toe_pkg::tx_rx_t in_i,
  input  logic            in_valid_i,
  output logic            room_o,
  output logic            urgent_o,   // several wait: serve them before all else
  output toe_pkg::tx_rx_t out_o,
  output logic            out_valid_o,
  input  logic            out_ready_i,
  output logic            idle_o
);

  toe_pkg::tx_rx_t new_q, tail_q, both;
  logic new_valid_q, tail_valid_q, tail_pop, joins, push, fifo_valid;
  logic [Width-1:0] tail_bits, fifo_bits;
  assign tail_bits = tail_q;

  // ---- May the two be one? --------------------------------------------------------------------
  logic [31:0] ack_d, seq_d, ack_e;
  logic same_conn_q, plain, onward, newer_says_all, same_marks;
  assign ack_d = new_q.ack - tail_q.ack;
  assign seq_d = new_q.seq - tail_q.seq;
  assign plain = ~(new_q.syn_valid || new_q.established || tail_q.syn_valid ||
                   tail_q.established || new_q.icmp || tail_q.icmp ||
                   (new_q.dsack_valid && tail_q.dsack_valid));
  assign ack_e = tail_q.ack - new_q.ack;
  assign onward = ~seq_d[31] && (ack_e[31] ||
                                 (~ack_d[31] && new_q.has_text && tail_q.has_text));
  assign same_marks = {new_q.ece, new_q.cwr, new_q.ce} == {tail_q.ece, tail_q.cwr, tail_q.ce};
  assign newer_says_all = onward && same_marks && tail_q.sack_count == 3'd0;
  assign joins = tail_valid_q && ~tail_pop && same_conn_q && plain &&
                 (~new_q.ack_valid || ~tail_q.ack_valid || newer_says_all);

  always_comb begin
    both = new_q.ack_valid ? new_q : tail_q;
    // Two that may each wait are two segments: that is an acknowledgement (RFC 9293 3.8.6.3).
    both.want_ack = new_q.want_ack == toe_pkg::AckNone ? tail_q.want_ack
                  : (tail_q.want_ack == toe_pkg::AckNone ? new_q.want_ack : toe_pkg::AckNow);
    both.dsack_valid = new_q.dsack_valid || tail_q.dsack_valid;
    both.dsack_start = new_q.dsack_valid ? new_q.dsack_start : tail_q.dsack_start;
    both.dsack_end = new_q.dsack_valid ? new_q.dsack_end : tail_q.dsack_end;
  end

  // ---- Newest, and those before it ------------------------------------------------------------
  assign push = new_valid_q && tail_valid_q && ~tail_pop && ~joins;
  assign tail_pop = tail_valid_q && ~fifo_valid && out_ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      new_valid_q <= 1'b0;
      tail_valid_q <= 1'b0;
    end else begin
      new_valid_q <= in_valid_i;
      tail_valid_q <= new_valid_q || (tail_valid_q && ~tail_pop);
    end
    if (in_valid_i) begin
      new_q <= in_i;
      same_conn_q <= in_i.conn == (new_valid_q ? new_q.conn : tail_q.conn);
    end
    if (new_valid_q) tail_q <= joins ? both : new_q;
  end

  // One more than toe_room_fifo needs: both registers may be full, and one of them stays so.
  toe_room_fifo #(.Width(Width), .Depth(Depth), .Reserve(Reserve)) u_fifo (
    .clk_i, .rst_ni, .in_data_i(tail_bits), .in_valid_i(push), .room_o,
    .out_data_o(fifo_bits), .out_valid_o(fifo_valid), .out_ready_i
  );
  assign urgent_o = fifo_valid;
  assign out_valid_o = fifo_valid || tail_valid_q;
  logic [Width-1:0] out_bits;
  assign out_bits = fifo_valid ? fifo_bits : tail_bits;
  assign out_o = out_bits;
  assign idle_o = ~(new_valid_q || out_valid_o);

  logic unused_ok;
  assign unused_ok = &{1'b0, seq_d, ack_d, ack_e};

endmodule
