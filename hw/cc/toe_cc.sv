// SPDX-License-Identifier: Apache-2.0
// Congestion control beside the transmit engine: CUBIC (RFC 9438) and DCTCP (RFC 8257). The engine
// reports what happens to a connection; this block answers when what it made of that has changed:
// the bytes to be acknowledged before cwnd grows by one MSS (NewReno and DCTCP: 0, as many as cwnd
// has), and DCTCP's fraction of marked bytes. Slow start, reductions and recovery are the engine's.
//
//   queue -> 1 facts -> 2 choose -> 3 apply -> 4 write back -> curve (12) -> ratio (7) -> tell (3)
//
// One event a clock for different connections, one every four clocks for the same. The queue lets
// acknowledgements go when it fills, never anything else. Nothing behind it can stop.

module toe_cc #(
  parameter int unsigned Connections = 1024
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  toe_pkg::time_t       now_i,
  input  toe_pkg::cc_event_t   event_i,
  input  logic                 event_valid_i,
  output toe_pkg::cc_answer_t  answer_o,
  output logic                 answer_valid_o,
  input  logic                 answer_ready_i,
  output logic                 idle_o
);

  localparam int unsigned AddrW = $clog2(Connections);
  localparam int unsigned Queue = 32;
  localparam int unsigned Spare = 8;   // places for what must not be lost

  // ---- What is looked at, into the queue ------------------------------------------------------
  toe_cc_pkg::event_t in_q, head, next, e1_q, e2_q, e3_q, e4_q;
  logic in_valid_q, in_droppable_q, in_ready, full_q, push, head_valid, take_head, take_root, take;
  logic [toe_cc_pkg::EventW-1:0] head_bits;
  logic [5:0] count;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) in_valid_q <= 1'b0;
    else in_valid_q <= event_valid_i;
    if (event_valid_i) begin
      in_droppable_q <= event_i.op == toe_pkg::CcAck || event_i.op == toe_pkg::CcIdle;
      in_q.conn <= event_i.conn;
      in_q.op <= event_i.op;
      in_q.cc <= event_i.cc;
      in_q.slow <= event_i.in_slow_start;
      in_q.limited <= event_i.flight >= {1'b0, event_i.cwnd[31:1]};
      in_q.ece <= event_i.ece;
      in_q.cwnd <= event_i.cwnd[31:25] != 7'd0 ? 25'h1ffffff : event_i.cwnd[24:0];
      in_q.mss <= event_i.mss[15:14] != 2'd0 ? 14'h3fff : event_i.mss[13:0];
      in_q.acked <= event_i.acked[31:25] != 7'd0 ? 26'h1ffffff : event_i.acked[25:0];
      in_q.una <= event_i.snd_una;
      in_q.nxt <= event_i.snd_nxt;
      in_q.rtt <= event_i.srtt[31:29] != 3'd0 ? 16'hffff : event_i.srtt[28:13];
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) full_q <= 1'b0;
    else full_q <= count >= 6'(Queue - Spare);
  end
  assign push = in_valid_q && ~(in_droppable_q && full_q);
  toe_fifo #(.Width(toe_cc_pkg::EventW), .Depth(Queue)) u_queue (
    .clk_i, .rst_ni, .in_data_i(in_q), .in_valid_i(push), .in_ready_o(in_ready),
    .out_data_o(head_bits), .out_valid_o(head_valid), .out_ready_i(take_head), .count_o(count)
  );
  assign head = head_bits;

  // ---- Select ---------------------------------------------------------------------------------
  logic [15:0] root_conn;
  logic [17:0] root_k;
  logic root_valid, root_ready, root_ask;
  logic [1:0] waits;
  logic [3:0] valid;
  logic [7:0] same;
  // The record of an event in the last stage is forwarded by the RAM.
  toe_hazard #(.Queries(2), .Stages(4), .IdW(16)) u_hazard (
    .clk_i, .rst_ni, .take_i(take), .take_id_i(next.conn), .pass_i(4'b1000), .valid_o(valid),
    .ask_id_i({root_conn, head.conn}), .same_o(same), .wait_o(waits)
  );
  assign take_root = root_valid && ~waits[1];
  assign take_head = head_valid && ~waits[0] && ~take_root;
  assign take = take_root || take_head;
  always_comb begin
    next = head;
    if (take_root) begin
      next.conn = root_conn;
      next.op = toe_cc_pkg::OpRoot;
      next.una = {14'd0, root_k};
    end
  end

  // ---- State ----------------------------------------------------------------------------------
  logic [toe_cc_pkg::RecordW-1:0] rec_rd, r2_q, r3_q, r4_q, applied;
  toe_ram_fwd #(.Width(toe_cc_pkg::RecordW), .Depth(Connections)) u_records (
    .clk_i, .wr_en_i(valid[3]), .wr_addr_i(e4_q.conn[AddrW-1:0]), .wr_data_i(r4_q),
    .rd_en_i(take), .rd_addr_i(next.conn[AddrW-1:0]), .rd_data_o(rec_rd)
  );

  // ---- Pipeline -------------------------------------------------------------------------------
  toe_cc_pkg::facts_t facts, f2_q, f3_q, f4_q;
  toe_cc_pkg::choice_t choice, c3_q;
  logic [1:0] ask, ask4_q;
  logic [19:0] now_q, t, t4_q;
  logic [20:0] root_gap;
  always_ff @(posedge clk_i) now_q <= now_i.ticks[19:0];

  toe_cc_facts u_facts (.event_i(e1_q), .rec_i(rec_rd), .now_i(now_q), .facts_o(facts));
  toe_cc_choose u_choose (.event_i(e2_q), .rec_i(r2_q), .facts_i(f2_q), .choice_o(choice));
  toe_cc_apply u_apply (
    .event_i(e3_q), .rec_i(r3_q), .facts_i(f3_q), .choice_i(c3_q), .now_i(now_q),
    .root_free_i(root_ready), .rec_o(applied), .ask_o(ask), .t_o(t), .root_o(root_ask),
    .root_gap_o(root_gap)
  );
  toe_cc_root u_root (
    .clk_i, .rst_ni, .conn_i(e3_q.conn), .gap_i(root_gap), .mss_i(e3_q.mss),
    .valid_i(valid[2] && root_ask), .ready_o(root_ready), .conn_o(root_conn), .k_o(root_k),
    .valid_o(root_valid), .ready_i(take_root)
  );
  always_ff @(posedge clk_i) begin
    if (take) e1_q <= next;
    if (valid[0]) begin
      e2_q <= e1_q;
      r2_q <= rec_rd;
      f2_q <= facts;
    end
    if (valid[1]) begin
      e3_q <= e2_q;
      r3_q <= r2_q;
      f3_q <= f2_q;
      c3_q <= choice;
    end
    if (valid[2]) begin
      e4_q <= e3_q;
      r4_q <= applied;
      f4_q <= f3_q;
      ask4_q <= ask;
      t4_q <= t;
    end
  end

  // ---- Computation ----------------------------------------------------------------------------
  toe_cc_pkg::cubic_t cubic4;
  toe_cc_pkg::point_t point;
  toe_cc_pkg::fraction_t fraction;
  logic point_valid, fraction_valid, curve_busy, ratio_busy, tell_busy;
  assign cubic4 = r4_q;
  assign point_valid = valid[3] && ask4_q != toe_cc_pkg::AskNone;
  always_comb begin
    point.conn = e4_q.conn;
    point.ask = ask4_q;
    point.mss = e4_q.mss;
    point.cwnd = e4_q.cwnd;
    point.w_max = cubic4.w_max;
    point.w_est = cubic4.w_est;
    point.marked = f4_q.mark_sum[26] ? 26'h3ffffff : f4_q.mark_sum[25:0];
    point.acked = f4_q.sum[26] ? 26'h3ffffff : f4_q.sum[25:0];
  end
  toe_cc_curve u_curve (
    .clk_i, .rst_ni, .point_i(point), .t_i(t4_q), .rtt_i(e4_q.rtt), .k_i(cubic4.k),
    .valid_i(point_valid), .fraction_o(fraction), .valid_o(fraction_valid), .busy_o(curve_busy)
  );
  logic [15:0] conn6, conn7, share;
  logic valid6, valid7;
  logic [1:0] ask7;
  logic [8:0] step;
  toe_cc_ratio u_ratio (
    .clk_i, .rst_ni, .fraction_i(fraction), .valid_i(fraction_valid), .conn6_o(conn6),
    .valid6_o(valid6), .conn_o(conn7), .ask_o(ask7), .step_o(step), .share_o(share),
    .valid_o(valid7), .busy_o(ratio_busy)
  );
  toe_cc_tell #(.Connections(Connections)) u_tell (
    .clk_i, .rst_ni, .conn6_i(conn6), .valid6_i(valid6), .conn_i(conn7), .ask_i(ask7),
    .step_i(step), .share_i(share), .valid_i(valid7), .answer_o, .answer_valid_o,
    .answer_ready_i, .busy_o(tell_busy)
  );

  // A root under way is work, else time could jump over its end.
  assign idle_o = ~(event_valid_i || in_valid_q || head_valid || valid != 4'd0 || ~root_ready ||
                    curve_busy || ratio_busy || tell_busy);

`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(push && !in_ready)) else $error("congestion event lost");
  end
`endif

  logic unused_ok;
  assign unused_ok = &{1'b0, now_i, event_i, same, in_ready, e4_q, f4_q, cubic4, waits};

endmodule
