// SPDX-License-Identifier: Apache-2.0
// Moves payload from where it lies in 64-byte lines of host memory to where it lies in the frame,
// one line per clock, and sums it. Bytes of a frame's first beat in front of the payload, and of
// its last beat behind it, are zero. A frame's sum is at sum_o not before its beats are in the body
// queue.
//
//  a0 which bytes  a1 line  a2 turned by 8s  a3 turned by 1s, masks  a4 merged beat  +3 sum

module toe_tx_align (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [41:0]  part_i,         // of toe_tx_read
  input  logic         part_valid_i,
  output logic         part_ready_o,
  input  logic [511:0] line_i,
  input  logic         line_valid_i,
  output logic         line_ready_o,
  output logic [511:0] body_o,
  output logic         body_last_o,
  output logic         body_valid_o,
  input  logic         body_ready_i,
  output logic [31:0]  sum_o,          // little-endian words, not folded
  output logic         sum_valid_o,
  input  logic         sum_ready_i
);

  localparam int unsigned BodyDepth = 512;
  localparam int unsigned SumDepth = 64;
  localparam int unsigned Slack = 16;  // more than the stages between a line and the queues

  logic [9:0] body_count;
  logic [6:0] sum_count;
  logic room_q;

  // ---- a0: a line fills the beat from lo to hi, and the next beat with what is beyond 64 --------
  logic [8:0] part_lines, left_q;
  logic [6:0] part_first_end, part_last_end, hi;
  logic [5:0] part_at, part_later, part_turn, lo;
  logic part_last, one_q, started_q, flush_q, go, ends, seg_end;

  assign {part_last, part_lines, part_at, part_first_end, part_later, part_last_end, part_turn} =
      part_i;
  assign lo = started_q ? part_later : part_at;
  assign ends = started_q ? one_q : (part_lines == 9'd1);
  assign seg_end = ends && part_last;
  always_comb begin
    if (!started_q) hi = part_first_end;
    else hi = one_q ? part_last_end : {1'b1, part_later};
  end
  assign line_ready_o = part_valid_i && room_q && !flush_q;
  assign go = line_ready_o && line_valid_i;
  assign part_ready_o = go && ends;

  always_ff @(posedge clk_i) begin
    if (go) begin
      left_q <= (started_q ? left_q : part_lines) - 9'd1;
      one_q <= (started_q ? left_q : part_lines) == 9'd2;
    end
    if (!rst_ni) begin
      started_q <= 1'b0;
      flush_q <= 1'b0;
      room_q <= 1'b0;
    end else begin
      if (go) started_q <= !ends;
      flush_q <= go && seg_end && hi[6] && (hi[5:0] != '0);
      room_q <= (body_count < 10'(BodyDepth - Slack)) && (sum_count < 7'(SumDepth - Slack));
    end
  end

  // ---- a1..a3 -----------------------------------------------------------------------------------
  logic [511:0] a1_line_q, a2_line_q, a3_line_q;
  logic [1023:0] a1_twice, a2_twice;
  logic [5:0] a1_turn_q, a1_lo_q, a2_lo_q;
  logic [2:0] a2_turn_q;
  logic [6:0] a1_hi_q, a2_hi_q;
  logic [3:1] v_q, emit_q, last_q, flush_pipe_q;
  logic [63:0] a3_mask_d, a3_wrap_d, a3_mask_q, a3_wrap_q;

  assign a1_twice = {a1_line_q, a1_line_q};
  assign a2_twice = {a2_line_q, a2_line_q};
  always_comb begin
    a3_mask_d = 'x;
    a3_wrap_d = 'x;
    if (v_q[2]) begin
      for (int i = 0; i < 64; i++) begin
        a3_mask_d[i] = (7'(a2_lo_q) < 7'(i + 1)) && (a2_hi_q > 7'(i));
        a3_wrap_d[i] = a2_hi_q > 7'(i + 64);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (go) begin
      a1_line_q <= line_i;
      a1_turn_q <= part_turn;
      a1_lo_q <= lo;
      a1_hi_q <= hi;
    end
    if (v_q[1]) begin
      a2_line_q <= a1_twice[{1'b0, a1_turn_q[5:3], 6'd0} +: 512];
      a2_turn_q <= a1_turn_q[2:0];
      a2_lo_q <= a1_lo_q;
      a2_hi_q <= a1_hi_q;
    end
    if (v_q[2]) begin
      a3_line_q <= a2_twice[{4'd0, a2_turn_q, 3'd0} +: 512];
      a3_mask_q <= a3_mask_d;
      a3_wrap_q <= a3_wrap_d;
    end
    emit_q <= {emit_q[2:1], hi[6] || seg_end};
    last_q <= {last_q[2:1], seg_end && (!hi[6] || (hi[5:0] == '0))};
    if (!rst_ni) begin
      v_q <= '0;
      flush_pipe_q <= '0;
    end else begin
      v_q <= {v_q[2:1], go};
      flush_pipe_q <= {flush_pipe_q[2:1], flush_q};
    end
  end

  // ---- a4: merge; bytes of acc_q not yet filled are zero ----------------------------------------
  logic [511:0] acc_q, a3_here, a3_wrap, beat_q;
  logic beat_valid_q, beat_last_q, acc_clear_q;

  logic [511:0] merged;
  always_comb begin
    a3_here = 'x;
    a3_wrap = 'x;
    merged = 'x;
    if (v_q[3] || flush_pipe_q[3]) begin
      for (int i = 0; i < 64; i++) begin
        a3_here[8*i +: 8] = (a3_mask_q[i] && v_q[3]) ? a3_line_q[8*i +: 8] : 8'd0;
        a3_wrap[8*i +: 8] = a3_wrap_q[i] ? a3_line_q[8*i +: 8] : 8'd0;
      end
      merged = (acc_clear_q ? 512'd0 : acc_q) | a3_here;
    end
  end

  always_ff @(posedge clk_i) begin
    if (v_q[3]) acc_q <= emit_q[3] ? a3_wrap : merged;
    if ((v_q[3] && emit_q[3]) || flush_pipe_q[3]) begin
      beat_q <= merged;
      beat_last_q <= flush_pipe_q[3] || last_q[3];
    end
    if (!rst_ni) begin
      acc_clear_q <= 1'b1;
      beat_valid_q <= 1'b0;
    end else begin
      if (v_q[3] || flush_pipe_q[3]) acc_clear_q <= flush_pipe_q[3] || last_q[3];
      beat_valid_q <= (v_q[3] && emit_q[3]) || flush_pipe_q[3];
    end
  end

  logic body_in_ready, sum_in_ready;
  toe_fifo #(.Width(513), .Depth(BodyDepth)) u_body (
    .clk_i, .rst_ni,
    .in_data_i({beat_last_q, beat_q}), .in_valid_i(beat_valid_q), .in_ready_o(body_in_ready),
    .out_data_o({body_last_o, body_o}), .out_valid_o(body_valid_o), .out_ready_i(body_ready_i),
    .count_o(body_count)
  );

  // ---- sum --------------------------------------------------------------------------------------
  logic [20:0] beat_sum;
  logic [31:0] sum_q, sum_next;
  logic [2:1] sum_v_q, sum_last_q;
  logic sum_first_q;

  toe_checksum u_checksum (
    .clk_i, .valid_i(beat_valid_q), .data_i(beat_q), .keep_i('1), .sum_o(beat_sum)
  );
  assign sum_next = (sum_first_q ? 32'd0 : sum_q) + 32'(beat_sum);

  always_ff @(posedge clk_i) begin
    if (beat_valid_q) sum_last_q[1] <= beat_last_q;
    if (sum_v_q[1]) sum_last_q[2] <= sum_last_q[1];
    if (sum_v_q[2]) sum_q <= sum_next;
    if (!rst_ni) begin
      sum_v_q <= '0;
      sum_first_q <= 1'b1;
    end else begin
      sum_v_q <= {sum_v_q[1], beat_valid_q};
      if (sum_v_q[2]) sum_first_q <= sum_last_q[2];
    end
  end

  toe_fifo #(.Width(32), .Depth(SumDepth)) u_sums (
    .clk_i, .rst_ni,
    .in_data_i(sum_next), .in_valid_i(sum_v_q[2] && sum_last_q[2]), .in_ready_o(sum_in_ready),
    .out_data_o(sum_o), .out_valid_o(sum_valid_o), .out_ready_i(sum_ready_i),
    .count_o(sum_count)
  );

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(beat_valid_q && !body_in_ready));
      assert (!(sum_v_q[2] && sum_last_q[2] && !sum_in_ready));
      assert (!(part_valid_i && part_lines == '0));
      assert (!go || hi > 7'(lo));
    end
  end
`endif
`endif

endmodule
