// SPDX-License-Identifier: Apache-2.0
// Submission rings: remembers each queue pair's tail from its doorbell, fetches entries in bursts
// (up to 8 entries, one aligned block of 256 bytes, so no burst crosses a page or the ring's end),
// round robin over queue pairs, and hands entries to toe_sq_exec one a clock. A queue pair is
// served only while its completion ring has room (fetch_room_i) for all that its entries could
// answer. A doorbell that would move the tail back or more than the ring's size ahead of the
// executed head is ignored and counted.
//
// A commit starts a new epoch of the queue pair: what was fetched in the old one is thrown away.
// The status line (the executed head) is written when nothing more of the queue pair is on its way,
// or every eight entries; only the latest value counts.

module toe_sq_fetch #(
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,
  // commit and doorbell, from toe_csr
  input  logic         qp_we_i,
  input  logic [3:0]   qp_index_i,
  input  logic         qp_enable_i,
  input  logic [51:0]  qp_sq_page_i,
  input  logic [3:0]   qp_sq_log2_i,
  input  logic [57:0]  qp_status_line_i,
  input  logic         doorbell_valid_i,
  input  logic [3:0]   doorbell_qp_i,
  input  logic [15:0]  doorbell_tail_i,
  output logic         doorbell_refused_o,  // pulse
  // completion ring room, from and to toe_cq_write
  input  logic [QueuePairs-1:0]    fetch_room_i,
  output logic [6*QueuePairs-1:0]  fetched_o,   // entries fetched, or about to be, and not executed
  output logic [16*QueuePairs-1:0] sq_head_o,   // entries executed
  // ring lines, from and to toe_dma_read
  output logic [57:0]  cmd_line_o,
  output logic [2:0]   cmd_lines_o,
  output logic         cmd_valid_o,
  input  logic         cmd_ready_i,
  input  logic [511:0] data_i,
  input  logic         data_valid_i,
  // entries, to toe_sq_exec
  output logic [255:0] entry_o,
  output logic [3:0]   entry_qp_o,
  output logic         entry_phase_o,  // the phase bit the entry must have
  output logic [1:0]   entry_epoch_o,
  output logic         entry_valid_o,
  input  logic         entry_ready_i,
  input  logic         done_valid_i,   // pulse: an entry was executed
  input  logic [3:0]   done_qp_i,
  input  logic [1:0]   done_epoch_i,
  // status lines, to toe_dma_write
  output logic [57:0]  status_line_o,
  output logic [15:0]  status_value_o,
  output logic         status_valid_o,
  input  logic         status_ready_i,
  output logic         idle_o
);

  localparam int unsigned LineFifo = 32;

  logic [QueuePairs-1:0] enabled_q, nonempty_q;
  logic [51:0] page_q [0:QueuePairs-1];
  logic [57:0] stline_q [0:QueuePairs-1];
  logic [3:0]  log2_q [0:QueuePairs-1];
  logic [15:0] tail_q [0:QueuePairs-1];
  logic [15:0] fetch_q [0:QueuePairs-1];   // next entry to ask for
  logic [15:0] exec_q [0:QueuePairs-1];    // entries executed
  logic [15:0] told_q [0:QueuePairs-1];    // value of the status line
  logic [5:0]  fetched_q [0:QueuePairs-1];
  logic [1:0]  epoch_q [0:QueuePairs-1];

  logic        st_valid_q;                 // a status line is being written: of whom, what
  logic [3:0]  st_q;
  logic [15:0] st_value_q;

  // ---- doorbell
  logic [15:0] bell_ahead, bell_before, bell_size;
  logic        bell_ok, bell_take;

  always_comb begin
    bell_ahead = 16'd0;
    bell_before = 16'd0;
    bell_size = 16'd0;
    bell_ok = 1'b0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (doorbell_qp_i == 4'(q)) begin
        bell_ahead = doorbell_tail_i - exec_q[q];
        bell_before = tail_q[q] - exec_q[q];
        bell_size = 16'd1 << log2_q[q];
        bell_ok = enabled_q[q];
      end
    end
  end

  assign bell_take = doorbell_valid_i && bell_ok && bell_ahead <= bell_size &&
                     bell_ahead >= bell_before;
  assign doorbell_refused_o = doorbell_valid_i && !bell_take;

  // ---- choice of a queue pair, then its burst
  logic [QueuePairs-1:0] want;
  logic        pick_any, sel_valid_q, cmd_fire;
  logic [3:0]  pick, sel_q;
  logic [15:0] sel_fetch, sel_avail, sel_tail_q;
  logic [3:0]  sel_log2, room_in_block, count;
  logic [51:0] sel_page;
  logic [1:0]  sel_epoch;
  logic [14:0] sel_mask, sel_index;
  logic        sel_ok, desc_ready;
  logic [5:0]  line_credit_q;

  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      want[q] = enable_i && enabled_q[q] && nonempty_q[q] && fetch_room_i[q] &&
                fetched_q[q] <= 6'd24;
    end
  end

  toe_rr_pick #(.Width(QueuePairs)) u_pick (
    .want_i(want), .last_i(sel_q), .any_o(pick_any), .index_o(pick));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sel_valid_q <= 1'b0;
      sel_q <= 4'd0;
    end else if (!sel_valid_q) begin
      sel_valid_q <= pick_any;
      if (pick_any) sel_q <= pick;
    end else if (cmd_fire || !sel_ok) begin
      sel_valid_q <= 1'b0;
    end
  end

  // The tail as it was when the queue pair was chosen: a doorbell must not change a command that
  // waits.
  always_ff @(posedge clk_i) begin
    if (!sel_valid_q && pick_any) begin
      for (int unsigned q = 0; q < QueuePairs; q++) begin
        if (pick == 4'(q)) sel_tail_q <= tail_q[q];
      end
    end
  end

  always_comb begin
    sel_fetch = 16'd0;
    sel_log2 = 4'd4;
    sel_page = 52'd0;
    sel_epoch = 2'd0;
    sel_ok = 1'b0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (sel_q == 4'(q)) begin
        sel_fetch = fetch_q[q];
        sel_log2 = log2_q[q];
        sel_page = page_q[q];
        sel_epoch = epoch_q[q];
        sel_ok = enabled_q[q] && nonempty_q[q];  // a commit may have come between
      end
    end
  end

  assign sel_avail = sel_tail_q - sel_fetch;
  assign sel_mask = 15'((16'd1 << sel_log2) - 16'd1);
  assign sel_index = sel_fetch[14:0] & sel_mask;
  assign room_in_block = 4'd8 - {1'b0, sel_index[2:0]};
  assign count = (sel_avail > {12'd0, room_in_block}) ? room_in_block : sel_avail[3:0];

  logic [3:0] lines;
  assign lines = (({3'd0, sel_index[0]} + count + 4'd1) >> 1);
  assign cmd_line_o = {sel_page, 6'd0} + {44'd0, sel_index[14:1]};
  assign cmd_lines_o = lines[2:0];
  assign cmd_valid_o = sel_valid_q && sel_ok && desc_ready && line_credit_q >= 6'd4 &&
                       !(qp_we_i && qp_index_i == sel_q);
  assign cmd_fire = cmd_valid_o && cmd_ready_i;

  // ---- what is on its way: {epoch, qp, first index with its pass bit, entries}
  logic [25:0] desc_in, desc;
  logic        desc_valid, desc_pop, line_valid, line_pop, line_ready;
  logic [511:0] line;
  logic [3:0]  desc_count;
  logic [5:0]  line_count;

  assign desc_in = {sel_epoch, sel_q, sel_fetch, count};

  toe_fifo #(.Width(26), .Depth(8)) u_desc (
    .clk_i, .rst_ni,
    .in_data_i(desc_in), .in_valid_i(cmd_fire), .in_ready_o(desc_ready),
    .out_data_o(desc), .out_valid_o(desc_valid), .out_ready_i(desc_pop), .count_o(desc_count));

  toe_fifo #(.Width(512), .Depth(LineFifo)) u_lines (
    .clk_i, .rst_ni,
    .in_data_i(data_i), .in_valid_i(data_valid_i), .in_ready_o(line_ready),
    .out_data_o(line), .out_valid_o(line_valid), .out_ready_i(line_pop), .count_o(line_count));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) line_credit_q <= 6'(LineFifo);
    else if (cmd_fire || line_pop) begin
      line_credit_q <= line_credit_q - (cmd_fire ? {3'd0, cmd_lines_o} : 6'd0) + {5'd0, line_pop};
    end
  end

  // ---- entries out of lines
  logic [3:0]  step_q;        // entries of this burst already out
  logic [15:0] entry_index;
  logic [3:0]  entry_log2;
  logic [1:0]  now_epoch;
  logic        stale, entry_done, desc_last;

  assign entry_index = desc[19:4] + {12'd0, step_q};
  assign entry_qp_o = desc[23:20];
  assign entry_epoch_o = desc[25:24];
  assign entry_o = entry_index[0] ? line[511:256] : line[255:0];

  always_comb begin
    entry_log2 = 4'd4;
    now_epoch = 2'd0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (entry_qp_o == 4'(q)) begin
        entry_log2 = log2_q[q];
        now_epoch = epoch_q[q];
      end
    end
  end

  assign entry_phase_o = !entry_index[entry_log2];
  assign stale = now_epoch != entry_epoch_o;
  assign entry_valid_o = desc_valid && line_valid && !stale;
  assign entry_done = desc_valid && line_valid && (stale || entry_ready_i);
  assign desc_last = step_q + 4'd1 == desc[3:0];
  assign desc_pop = entry_done && desc_last;
  assign line_pop = entry_done && (desc_last || entry_index[0]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) step_q <= 4'd0;
    else if (entry_done) step_q <= desc_last ? 4'd0 : step_q + 4'd1;
  end

  // ---- the queue pairs' state
  logic [QueuePairs-1:0] done_hit, commit_hit, fetch_hit, bell_hit;

  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      done_hit[q] = done_valid_i && done_qp_i == 4'(q) && done_epoch_i == epoch_q[q];
      commit_hit[q] = qp_we_i && qp_index_i == 4'(q);
      fetch_hit[q] = cmd_fire && sel_q == 4'(q);
      bell_hit[q] = bell_take && doorbell_qp_i == 4'(q);
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (!rst_ni) begin
        enabled_q[q] <= 1'b0;
        nonempty_q[q] <= 1'b0;
        tail_q[q] <= 16'd0;
        fetch_q[q] <= 16'd0;
        exec_q[q] <= 16'd0;
        told_q[q] <= 16'd0;
        fetched_q[q] <= 6'd0;
        epoch_q[q] <= 2'd0;
      end else if (commit_hit[q]) begin
        enabled_q[q] <= qp_enable_i;
        nonempty_q[q] <= 1'b0;
        tail_q[q] <= 16'd0;
        fetch_q[q] <= 16'd0;
        exec_q[q] <= 16'd0;
        told_q[q] <= 16'd0;
        fetched_q[q] <= 6'd0;
        epoch_q[q] <= epoch_q[q] + 2'd1;
      end else begin
        if (bell_hit[q]) tail_q[q] <= doorbell_tail_i;
        if (fetch_hit[q]) fetch_q[q] <= sel_fetch + {12'd0, count};
        if (fetch_hit[q] || bell_hit[q]) begin
          nonempty_q[q] <= (bell_hit[q] ? doorbell_tail_i : tail_q[q]) !=
                           (fetch_hit[q] ? sel_fetch + {12'd0, count} : fetch_q[q]);
        end
        if (done_hit[q]) exec_q[q] <= exec_q[q] + 16'd1;
        if (fetch_hit[q] || done_hit[q]) begin
          fetched_q[q] <= fetched_q[q] + (fetch_hit[q] ? {2'd0, count} : 6'd0) -
                          {5'd0, done_hit[q]};
        end
        if (status_valid_o && status_ready_i && st_q == 4'(q)) told_q[q] <= st_value_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (commit_hit[q]) begin
        page_q[q] <= qp_sq_page_i;
        log2_q[q] <= qp_sq_log2_i;
        stline_q[q] <= qp_status_line_i;
      end
    end
  end

  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      fetched_o[6*q +: 6] = fetched_q[q] + ((sel_valid_q && sel_q == 4'(q)) ? 6'd8 : 6'd0);
      sq_head_o[16*q +: 16] = exec_q[q];
    end
  end

  // ---- status lines
  logic [QueuePairs-1:0] untold;
  logic        st_any;
  logic [3:0]  st_pick;
  logic [57:0] st_line_q;
  logic [15:0] lag [0:QueuePairs-1];

  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      lag[q] = exec_q[q] - told_q[q];
      untold[q] = enabled_q[q] && lag[q] != 16'd0 &&
                  (fetched_q[q] == 6'd0 || lag[q][15:3] != 13'd0);
    end
  end

  toe_rr_pick #(.Width(QueuePairs)) u_status (
    .want_i(untold), .last_i(st_q), .any_o(st_any), .index_o(st_pick));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      st_valid_q <= 1'b0;
      st_q <= 4'd0;
    end else if (!st_valid_q) begin
      st_valid_q <= st_any;
      if (st_any) st_q <= st_pick;
    end else if (status_ready_i || (qp_we_i && qp_index_i == st_q)) begin
      st_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!st_valid_q && st_any) begin
      for (int unsigned q = 0; q < QueuePairs; q++) begin
        if (st_pick == 4'(q)) begin
          st_line_q <= stline_q[q];
          st_value_q <= exec_q[q];
        end
      end
    end
  end

  assign status_line_o = st_line_q;
  assign status_value_o = st_value_q;
  assign status_valid_o = st_valid_q;

  assign idle_o = want == '0 && !sel_valid_q && !desc_valid && untold == '0 && !st_valid_q &&
                  desc_count == 4'd0 && line_count == 6'd0;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{line_ready, lines[3]};
  /* verilator lint_on UNUSED */

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!data_valid_i || line_ready);
      assert (!cmd_fire || (count != 4'd0 && count <= 4'd8));
      assert (line_credit_q <= 6'(LineFifo));
    end
  end
`endif
`endif

endmodule
