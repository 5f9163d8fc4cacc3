// SPDX-License-Identifier: Apache-2.0
// toe_sq_fetch with two queue pairs of 16 entries, a host that rings as it likes and configures at
// most three times, and a memory whose lines say where they lie. Every entry that leaves is the
// next one of its ring, in order, none lost, none twice, none that was not announced, with the
// phase of its pass; an entry and a command stay until taken; a line finds room. With room for two
// commands and eight lines in place of eight and 32.

module toe_sq_fetch_formal (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        enable_i,
  input logic        qp_we_i,
  input logic [3:0]  qp_index_i,
  input logic        qp_enable_i,
  input logic        bell_i,
  input logic [3:0]  bell_qp_i,
  input logic [15:0] bell_tail_i,
  input logic [1:0]  room_i,
  input logic        cmd_ready_i,
  input logic        give_i,
  input logic        entry_ready_i,
  input logic        done_i,
  input logic        status_ready_i
);

  logic refused, cmd_valid, cmd_ready, data_valid, entry_valid, entry_phase, status_valid, idle;
  logic [11:0] fetched;
  logic [31:0] sq_head;
  logic [57:0] cmd_line, status_line;
  logic [2:0] cmd_lines;
  logic [511:0] data;
  logic [255:0] entry;
  logic [3:0] entry_qp;
  logic [1:0] entry_epoch;
  logic [15:0] status_value;
  logic done_valid;
  logic [3:0] done_qp;
  logic [1:0] done_epoch;

  toe_sq_fetch #(.QueuePairs(2)) u_dut (
    .clk_i, .rst_ni, .enable_i,
    .qp_we_i, .qp_index_i, .qp_enable_i, .qp_sq_page_i({51'd0, qp_index_i[0]}),
    .qp_sq_log2_i(4'd4), .qp_status_line_i(58'd0),
    .doorbell_valid_i(bell_i), .doorbell_qp_i(bell_qp_i), .doorbell_tail_i(bell_tail_i),
    .doorbell_refused_o(refused), .fetch_room_i(room_i), .fetched_o(fetched),
    .sq_head_o(sq_head), .cmd_line_o(cmd_line), .cmd_lines_o(cmd_lines), .cmd_valid_o(cmd_valid),
    .cmd_ready_i(cmd_ready), .data_i(data), .data_valid_i(data_valid), .entry_o(entry),
    .entry_qp_o(entry_qp), .entry_phase_o(entry_phase), .entry_epoch_o(entry_epoch),
    .entry_valid_o(entry_valid), .entry_ready_i, .done_valid_i(done_valid), .done_qp_i(done_qp),
    .done_epoch_i(done_epoch), .status_line_o(status_line), .status_value_o(status_value),
    .status_valid_o(status_valid), .status_ready_i, .idle_o(idle)
  );

  // ---- Memory: two commands at most, lines in order, each when it likes. A line is {queue pair,
  // line of its page}; both halves say so.
  logic [3:0] first_q, second_q;      // next line to give
  logic [2:0] first_n_q, second_n_q;  // lines left
  logic give;
  assign cmd_ready = cmd_ready_i && second_n_q == 3'd0;
  assign give = give_i && first_n_q != 3'd0;
  assign data_valid = give;
  always_comb begin
    data = '0;
    data[4:0] = {first_q, 1'b0};
    data[260:256] = {first_q, 1'b1};
  end
  logic push;
  assign push = cmd_valid && cmd_ready;
  logic [2:0] first_left;
  assign first_left = first_n_q - {2'd0, give};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_n_q <= 3'd0;
      second_n_q <= 3'd0;
    end else begin
      first_n_q <= first_left;
      if (give) first_q <= first_q + 4'd1;
      if (first_left == 3'd0) begin
        first_n_q <= second_n_q != 3'd0 ? second_n_q : push ? cmd_lines : 3'd0;
        first_q <= second_n_q != 3'd0 ? second_q : {cmd_line[6], cmd_line[2:0]};
        second_n_q <= 3'd0;
      end
      if (push && (second_n_q != 3'd0 || first_left != 3'd0)) begin
        second_n_q <= cmd_lines;
        second_q <= {cmd_line[6], cmd_line[2:0]};
      end
    end
  end

  // ---- Executed in order, one at a time or at once, as toe_sq_exec does
  logic [3:0] exec_qp_q;
  logic [1:0] exec_epoch_q;
  logic exec_busy_q, take;
  assign take = entry_valid && entry_ready_i;
  assign done_valid = exec_busy_q && done_i;
  assign done_qp = exec_qp_q;
  assign done_epoch = exec_epoch_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) exec_busy_q <= 1'b0;
    else if (take) exec_busy_q <= 1'b1;
    else if (done_valid) exec_busy_q <= 1'b0;
    if (take) begin
      exec_qp_q <= entry_qp;
      exec_epoch_q <= entry_epoch;
    end
  end

  logic [1:0] commits_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) commits_q <= 2'd0;
    else if (qp_we_i) commits_q <= commits_q + 2'd1;
  end

  // ---- What was shown and not taken
  logic entry_held_q, cmd_held_q, old_phase_q;
  logic [57:0] old_line_q;
  logic [2:0] old_lines_q;
  logic [4:0] old_tag_q, tag;
  logic [3:0] old_qp_q;
  assign tag = entry[4:0];
  always_ff @(posedge clk_i) begin
    entry_held_q <= rst_ni && entry_valid && !entry_ready_i && !qp_we_i;
    cmd_held_q <= rst_ni && cmd_valid && !cmd_ready && !qp_we_i;
    old_line_q <= cmd_line;
    old_lines_q <= cmd_lines;
    old_tag_q <= tag;
    old_qp_q <= entry_qp;
    old_phase_q <= entry_phase;
  end

  // ---- Inside, for induction
  (* hierconn *) logic \u_dut.line_ready ;
  (* hierconn *) logic [1:0] \u_dut.enabled_q ;
  (* hierconn *) logic [1:0] \u_dut.nonempty_q ;
  (* hierconn *) logic [5:0] \u_dut.line_credit_q ;
  (* hierconn *) logic [3:0] \u_dut.step_q ;
  (* hierconn *) logic \u_dut.sel_valid_q ;
  (* hierconn *) logic \u_dut.sel_ok ;
  (* hierconn *) logic [3:0] \u_dut.sel_q ;
  (* hierconn *) logic [15:0] \u_dut.sel_tail_q ;
  (* hierconn *) logic [51:0] \u_dut.page_q[0] ;
  (* hierconn *) logic [3:0] \u_dut.log2_q[0] ;
  (* hierconn *) logic [15:0] \u_dut.tail_q[0] ;
  (* hierconn *) logic [15:0] \u_dut.fetch_q[0] ;
  (* hierconn *) logic [15:0] \u_dut.exec_q[0] ;
  (* hierconn *) logic [5:0] \u_dut.fetched_q[0] ;
  (* hierconn *) logic [1:0] \u_dut.epoch_q[0] ;
  (* hierconn *) logic [51:0] \u_dut.page_q[1] ;
  (* hierconn *) logic [3:0] \u_dut.log2_q[1] ;
  (* hierconn *) logic [15:0] \u_dut.tail_q[1] ;
  (* hierconn *) logic [15:0] \u_dut.fetch_q[1] ;
  (* hierconn *) logic [15:0] \u_dut.exec_q[1] ;
  (* hierconn *) logic [5:0] \u_dut.fetched_q[1] ;
  (* hierconn *) logic [1:0] \u_dut.epoch_q[1] ;
  // the queue of commands under way
  (* hierconn *) logic [1:0] \u_dut.u_desc.count_q ;
  (* hierconn *) logic \u_dut.u_desc.full_q ;
  (* hierconn *) logic \u_dut.u_desc.rptr_q ;
  (* hierconn *) logic \u_dut.u_desc.wptr_q ;
  (* hierconn *) logic \u_dut.u_desc.g_small.valid_q ;
  (* hierconn *) logic [25:0] \u_dut.u_desc.g_small.mem[0] ;
  (* hierconn *) logic [25:0] \u_dut.u_desc.g_small.mem[1] ;
  // and of lines
  (* hierconn *) logic [3:0] \u_dut.u_lines.count_q ;
  (* hierconn *) logic \u_dut.u_lines.full_q ;
  (* hierconn *) logic [2:0] \u_dut.u_lines.rptr_q ;
  (* hierconn *) logic [2:0] \u_dut.u_lines.wptr_q ;
  (* hierconn *) logic \u_dut.u_lines.g_small.valid_q ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[0] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[1] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[2] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[3] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[4] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[5] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[6] ;
  (* hierconn *) logic [511:0] \u_dut.u_lines.g_small.mem[7] ;


  // Commands under way, oldest first: is it there, whose, which entries, which lines.
  logic [25:0] d0, d1;
  logic v0, v1;
  logic [1:0] commands, d0_now, d1_now;
  logic [2:0] n0, n1, used0, left0;
  logic [3:0] lines, base0, base1;
  assign commands = \u_dut.u_desc.count_q ;
  assign v0 = commands != 2'd0;
  assign v1 = commands == 2'd2;
  assign d0 = \u_dut.u_desc.rptr_q ? \u_dut.u_desc.g_small.mem[1] : \u_dut.u_desc.g_small.mem[0] ;
  assign d1 = \u_dut.u_desc.rptr_q ? \u_dut.u_desc.g_small.mem[0] : \u_dut.u_desc.g_small.mem[1] ;
  assign d0_now = d0[20] ? \u_dut.epoch_q[1] : \u_dut.epoch_q[0] ;
  assign d1_now = d1[20] ? \u_dut.epoch_q[1] : \u_dut.epoch_q[0] ;
  assign n0 = v0 ? 3'(({3'd0, d0[4]} + d0[3:0] + 4'd1) >> 1) : 3'd0;
  assign n1 = v1 ? 3'(({3'd0, d1[4]} + d1[3:0] + 4'd1) >> 1) : 3'd0;
  assign used0 = v0 ? 3'(({3'd0, d0[4]} + \u_dut.step_q ) >> 1) : 3'd0;
  assign left0 = n0 - used0;
  assign base0 = {d0[20], d0[7:5]} + {1'b0, used0};
  assign base1 = {d1[20], d1[7:5]};
  assign lines = \u_dut.u_lines.count_q ;

  // Line k of those not consumed, as the commands want it; and as it lies in the queue.
  function automatic logic [3:0] wanted(input logic [3:0] k, input logic [2:0] left,
                                        input logic [3:0] b0, input logic [3:0] b1);
    wanted = k < {1'b0, left} ? b0 + k : b1 + k - {1'b0, left};
  endfunction
  logic [31:0] stored;     // what the queue's lines say, place 0 lowest
  assign stored[3:0] = \u_dut.u_lines.g_small.mem[0] [4:1];
  assign stored[7:4] = \u_dut.u_lines.g_small.mem[1] [4:1];
  assign stored[11:8] = \u_dut.u_lines.g_small.mem[2] [4:1];
  assign stored[15:12] = \u_dut.u_lines.g_small.mem[3] [4:1];
  assign stored[19:16] = \u_dut.u_lines.g_small.mem[4] [4:1];
  assign stored[23:20] = \u_dut.u_lines.g_small.mem[5] [4:1];
  assign stored[27:24] = \u_dut.u_lines.g_small.mem[6] [4:1];
  assign stored[31:28] = \u_dut.u_lines.g_small.mem[7] [4:1];
  logic [7:0] whole;       // both halves say the same, but for the low bit
  assign whole[0] = !\u_dut.u_lines.g_small.mem[0] [0] && \u_dut.u_lines.g_small.mem[0] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[0] [4:1], 1'b1};
  assign whole[1] = !\u_dut.u_lines.g_small.mem[1] [0] && \u_dut.u_lines.g_small.mem[1] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[1] [4:1], 1'b1};
  assign whole[2] = !\u_dut.u_lines.g_small.mem[2] [0] && \u_dut.u_lines.g_small.mem[2] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[2] [4:1], 1'b1};
  assign whole[3] = !\u_dut.u_lines.g_small.mem[3] [0] && \u_dut.u_lines.g_small.mem[3] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[3] [4:1], 1'b1};
  assign whole[4] = !\u_dut.u_lines.g_small.mem[4] [0] && \u_dut.u_lines.g_small.mem[4] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[4] [4:1], 1'b1};
  assign whole[5] = !\u_dut.u_lines.g_small.mem[5] [0] && \u_dut.u_lines.g_small.mem[5] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[5] [4:1], 1'b1};
  assign whole[6] = !\u_dut.u_lines.g_small.mem[6] [0] && \u_dut.u_lines.g_small.mem[6] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[6] [4:1], 1'b1};
  assign whole[7] = !\u_dut.u_lines.g_small.mem[7] [0] && \u_dut.u_lines.g_small.mem[7] [260:256] ==
                    {\u_dut.u_lines.g_small.mem[7] [4:1], 1'b1};

  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    assume (qp_index_i < 4'd2 && bell_qp_i < 4'd2);
    assume (!(qp_we_i && commits_q == 2'd3));       // an epoch has two bits
    assume (!(exec_busy_q && entry_ready_i && !done_i));
    if (running_q) begin
      a_line_room: assert (!data_valid || \u_dut.line_ready );
      if (entry_held_q && !qp_we_i) begin
        a_entry: assert (entry_valid && tag == old_tag_q && entry_qp == old_qp_q &&
                         entry_phase == old_phase_q);
      end
      if (cmd_held_q && !qp_we_i) begin
        a_cmd: assert (cmd_valid && cmd_line == old_line_q && cmd_lines == old_lines_q);
      end
      // ---- invariants
      i_empty: assert (\u_dut.nonempty_q == {\u_dut.tail_q[1] != \u_dut.fetch_q[1] ,
                                             \u_dut.tail_q[0] != \u_dut.fetch_q[0] });
      i_page0: assert (!\u_dut.enabled_q [0] ||
                       (\u_dut.page_q[0] == 52'd0 && \u_dut.log2_q[0] == 4'd4));
      i_page1: assert (!\u_dut.enabled_q [1] ||
                       (\u_dut.page_q[1] == 52'd1 && \u_dut.log2_q[1] == 4'd4));
      i_epochs: assert (\u_dut.epoch_q[0] + {1'b0, \u_dut.epoch_q[1] } == {1'b0, commits_q});
      i_epoch0: assert (!v0 || (d0[25:24] <= d0_now && d0[23:21] == 3'd0));
      i_epoch1: assert (!v1 || (d1[25:24] <= d1_now && d1[23:21] == 3'd0));
      i_sel: assert (\u_dut.sel_q < 4'd2);
      if (\u_dut.sel_valid_q && \u_dut.sel_ok ) begin
        i_sel1: assert (!\u_dut.sel_q [0] ||
                        (16'(\u_dut.sel_tail_q - \u_dut.fetch_q[1] ) != 16'd0 &&
                         16'(\u_dut.sel_tail_q - \u_dut.fetch_q[1] ) <=
                         16'(\u_dut.tail_q[1] - \u_dut.fetch_q[1] )));
        i_sel0: assert (\u_dut.sel_q [0] ||
                        (16'(\u_dut.sel_tail_q - \u_dut.fetch_q[0] ) != 16'd0 &&
                         16'(\u_dut.sel_tail_q - \u_dut.fetch_q[0] ) <=
                         16'(\u_dut.tail_q[0] - \u_dut.fetch_q[0] )));
      end
      // the commands' entries lie in one block of eight
      i_block0: assert (!v0 || (d0[3:0] != 4'd0 && {2'd0, d0[6:4]} + {1'b0, d0[3:0]} <= 5'd8));
      i_block1: assert (!v1 || (d1[3:0] != 4'd0 && {2'd0, d1[6:4]} + {1'b0, d1[3:0]} <= 5'd8));
      i_step: assert (v0 ? \u_dut.step_q < d0[3:0] : \u_dut.step_q == 4'd0);
      // the two queues in themselves
      i_desc: assert (commands <= 2'd2 && \u_dut.u_desc.full_q == v1 &&
                      \u_dut.u_desc.g_small.valid_q == v0 &&
                      \u_dut.u_desc.wptr_q == (\u_dut.u_desc.rptr_q ^ commands[0]));
      i_lines_q: assert (lines <= 4'd8 && \u_dut.u_lines.full_q == lines[3] &&
                         \u_dut.u_lines.g_small.valid_q == (lines != 4'd0) &&
                         \u_dut.u_lines.wptr_q == \u_dut.u_lines.rptr_q + lines[2:0]);
      // lines in the queue and lines to come are those of the commands, in order
      i_total: assert ({1'b0, lines} + first_n_q + second_n_q == {2'd0, left0} + n1);
      i_credit: assert (\u_dut.line_credit_q == 6'd8 - {3'd0, left0} - {3'd0, n1});
      i_second: assert (first_n_q != 3'd0 || second_n_q == 3'd0);
      if (first_n_q != 3'd0) begin
        i_first: assert (first_q == wanted(lines, left0, base0, base1));
        if (lines < {1'b0, left0}) begin
          i_rest0: assert (lines + first_n_q == {1'b0, left0} && second_n_q == n1);
          i_next1: assert (second_n_q == 3'd0 || second_q == base1);
        end else begin
          i_rest1: assert (second_n_q == 3'd0);
        end
      end
      for (int k = 0; k < 8; k++) begin
        if (lines > k) begin
          assert (stored[4 * 3'(\u_dut.u_lines.rptr_q + k) +: 4] ==
                  wanted(k, left0, base0, base1));
          assert (whole[3'(\u_dut.u_lines.rptr_q + k)]);
        end
      end
      if (cmd_valid) a_lines: assert (cmd_lines != 3'd0 && cmd_lines <= 3'd4);
    end
  end

  // ---- The rings as they should be, one of each queue pair
  for (genvar w = 0; w < 2; w++) begin : g_ring
    localparam logic [3:0] Who = w;
    logic [15:0] next_q, tail_q, ahead, fetch, exec, tail, after0, after1;
    logic alive_q, mine, mine0, mine1;
    logic [5:0] got;
    logic [1:0] epoch;
    assign fetch = w == 1 ? \u_dut.fetch_q[1] : \u_dut.fetch_q[0] ;
    assign exec = w == 1 ? \u_dut.exec_q[1] : \u_dut.exec_q[0] ;
    assign tail = w == 1 ? \u_dut.tail_q[1] : \u_dut.tail_q[0] ;
    assign got = w == 1 ? \u_dut.fetched_q[1] : \u_dut.fetched_q[0] ;
    assign epoch = w == 1 ? \u_dut.epoch_q[1] : \u_dut.epoch_q[0] ;
    assign mine = take && entry_qp == Who;
    assign mine0 = v0 && d0[23:20] == Who && d0[25:24] == epoch;
    assign mine1 = v1 && d1[23:20] == Who && d1[25:24] == epoch;
    assign after0 = mine0 ? d0[19:4] + {12'd0, d0[3:0]} : next_q;
    assign after1 = mine1 ? d1[19:4] + {12'd0, d1[3:0]} : after0;
    assign ahead = tail_q - next_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        alive_q <= 1'b0;
        next_q <= 16'd0;
        tail_q <= 16'd0;
      end else if (qp_we_i && qp_index_i == Who) begin
        alive_q <= qp_enable_i;
        next_q <= 16'd0;
        tail_q <= 16'd0;
      end else begin
        if (mine) next_q <= next_q + 16'd1;
        if (bell_i && bell_qp_i == Who && !refused) tail_q <= bell_tail_i;
      end
    end
    always_comb begin
      if (running_q) begin
        if (entry_valid && entry_qp == Who) begin
          assert (tag == {Who[0], next_q[3:0]});
          assert (alive_q && ahead != 16'd0 && ahead <= 16'd16);
          assert (entry_phase == !next_q[4]);
        end
        // invariants
        assert (fetch == after1 && tail == tail_q);
        assert (!mine0 || d0[19:4] + {12'd0, \u_dut.step_q } == next_q);
        assert (!mine1 || d1[19:4] == after0);
        assert (exec + (exec_busy_q && exec_qp_q == Who && exec_epoch_q == epoch) ==
                        next_q);
        assert (16'(tail - exec) <= 16'd16 && 16'(fetch - exec) <= 16'(tail - exec) &&
                          16'(next_q - exec) <= 16'(fetch - exec));
        assert (got == 6'(fetch - exec));
        assert (\u_dut.enabled_q [w] == alive_q);
        assert (alive_q || (tail == 16'd0 && fetch == 16'd0 && exec == 16'd0));
        assert (!exec_busy_q || exec_qp_q != Who || exec_epoch_q <= epoch);
      end
    end
  end
endmodule
