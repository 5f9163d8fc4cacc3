// SPDX-License-Identifier: Apache-2.0
// What toe_conn_ctrl writes to a listener and to the list of its connections in LISTEN: they join
// at the tail and leave at the head, or by abort from anywhere. Combinational.
module toe_conn_lists (
  // What happens in this clock, at most one.
  input  logic                    open_i,        // a new listener
  input  logic                    append_i,      // conn joins
  input  logic                    fresh_i,       // for the first time
  input  logic [4:0]              ring_log2_i,   // with fresh: of its receive ring
  input  logic                    unlink_i,      // cur leaves from between prev and next
  input  logic                    pop_i,         // the head leaves, cur follows it

  input  logic [15:0]             conn_i,
  input  logic [3:0]              qp_i,          // of a new listener
  input  logic [15:0]             generation_i,
  input  toe_conn_pkg::listener_t data_i,        // the listener as it is
  input  logic                    first_i,       // cur is the head: there is no prev
  input  logic [15:0]             cur_i,
  input  logic [15:0]             prev_i,
  input  logic [15:0]             next_i,        // successor of cur

  output logic                    next_write_o,
  output logic [15:0]             next_waddr_o,
  output logic [15:0]             next_o,
  output logic                    listener_write_o,
  output toe_conn_pkg::listener_t listener_o
);

  logic empty;
  assign empty = data_i.count == 17'd0;
  assign next_write_o = (append_i && !empty) || (unlink_i && !first_i);
  assign next_waddr_o = append_i ? data_i.tail : prev_i;
  assign next_o = append_i ? conn_i : next_i;

  assign listener_write_o = open_i || append_i || unlink_i || pop_i;
  always_comb begin
    listener_o = data_i;
    if (open_i) begin
      listener_o.qp = qp_i;
      listener_o.generation = generation_i;
      listener_o.count = 17'd0;
      listener_o.most = 17'd0;
      listener_o.ring_log2 = 5'd31;
    end else if (append_i) begin
      if (empty) listener_o.head = conn_i;
      listener_o.tail = conn_i;
      listener_o.count = data_i.count + 17'd1;
      if (data_i.count == data_i.most) listener_o.most = data_i.count + 17'd1;
      if (fresh_i && ring_log2_i < data_i.ring_log2) listener_o.ring_log2 = ring_log2_i;
    end else if (unlink_i) begin
      if (first_i) listener_o.head = next_i;
      if (cur_i == data_i.tail) listener_o.tail = prev_i;
      listener_o.count = data_i.count - 17'd1;
    end else begin  // the head leaves
      listener_o.head = cur_i;
      listener_o.count = data_i.count - 17'd1;
    end
  end

endmodule
