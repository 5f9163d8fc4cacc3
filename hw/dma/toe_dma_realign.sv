// SPDX-License-Identifier: Apache-2.0
// Cuts a job's payload out of its frame and turns it to the byte lanes of its destination: one beat
// of destination-aligned data with byte strobes a clock. Beats of the frame before and after are
// dropped, so a job of length 0 drops its whole frame. A frame that ends early leaves the missing
// bytes undefined but does not hang.
//
// Every beat is first rotated right by R bytes; an output beat then takes its low 64 - R lanes from
// the rotated beat before and the others from the present one. R = 64 stands for no rotation,
// present beat only. An output beat that remains after the frame's last beat (the tail) leaves
// while the next job's first beat comes, if that one gives no output yet: so frames of two beats
// follow each other every second clock wherever they go.

module toe_dma_realign (
  input  logic         clk_i,
  input  logic         rst_ni,
  // job: source offset in the frame, destination lane, bytes
  input  logic [16:0]  job_start_i,
  input  logic [5:0]   job_lane_i,
  input  logic [15:0]  job_len_i,
  input  logic         job_valid_i,
  output logic         job_ready_o,
  // frame beats
  input  logic [511:0] fb_data_i,
  input  logic         fb_last_i,
  input  logic         fb_valid_i,
  output logic         fb_ready_o,
  // destination beats
  output logic [511:0] data_o,
  output logic [63:0]  strb_o,
  output logic         valid_o,
  input  logic         ready_i,
  output logic         idle_o
);

  // ---- job, prepared one clock before it is needed
  logic        job_q, drop_q, primed_q;
  logic [10:0] skip_q, first_q, final_q;  // steps: skipped beats, first and last step with output
  logic [5:0]  rot_amount_q, lane_q, end_lane_q;
  logic        full_rot_q;                // R = 64
  logic        job_end;
  logic [10:0] out_beats;
  logic [16:0] span;
  logic        primed;

  assign span = {11'd0, job_lane_i} + {1'b0, job_len_i} + 17'd63;
  assign out_beats = span[16:6];
  assign primed = job_start_i[5:0] > job_lane_i;
  assign job_ready_o = !job_q || job_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) job_q <= 1'b0;
    else if (job_ready_o) job_q <= job_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (job_ready_o && job_valid_i) begin
      drop_q <= job_len_i == 16'd0;
      primed_q <= primed;
      skip_q <= job_start_i[16:6];
      first_q <= job_start_i[16:6] + {10'd0, primed};
      final_q <= job_start_i[16:6] + {10'd0, primed} + out_beats - 11'd1;
      rot_amount_q <= job_start_i[5:0] - job_lane_i;
      full_rot_q <= job_start_i[5:0] == job_lane_i;
      lane_q <= job_lane_i;
      end_lane_q <= job_lane_i + job_len_i[5:0] - 6'd1;
    end
  end

  // ---- steps: one beat each, or none when the frame has ended early and output is still to come
  logic [10:0] step_q;
  logic        ended_q, rest_q;  // frame's last beat taken; all output made, rest is dropped
  logic        out_free, have, fire, wants, emits, is_final, last_beat, tail_make, tail_q, tail_go;

  assign have = ended_q || fb_valid_i;
  assign wants = !drop_q && !rest_q && step_q >= skip_q;  // the beat goes to the rotator
  assign emits = step_q >= first_q;
  assign is_final = step_q == final_q;
  assign last_beat = ended_q || fb_last_i;
  assign fire = job_q && have && (!wants || (out_free && !(tail_q && emits)));
  assign fb_ready_o = job_q && !ended_q && (!wants || (out_free && !(tail_q && emits)));
  assign tail_make = wants && last_beat && step_q + 11'd1 == final_q;
  assign tail_go = tail_q && out_free;
  assign job_end = fire && last_beat && (drop_q || rest_q || (wants && is_final) || tail_make);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      step_q <= 11'd0;
      ended_q <= 1'b0;
      rest_q <= 1'b0;
    end else if (fire) begin
      if (job_end) begin
        step_q <= 11'd0;
        ended_q <= 1'b0;
        rest_q <= 1'b0;
      end else begin
        step_q <= step_q + 11'd1;
        if (fb_last_i && !ended_q) ended_q <= 1'b1;
        if (wants && is_final) rest_q <= 1'b1;
      end
    end
  end

  // ---- rotate, three stages of 4:1; a function, so that simulation pays for beats that move only
  function automatic logic [511:0] rotated(input logic [511:0] data, input logic [5:0] amount);
    logic [511:0] rot16, rot4;
    case (amount[5:4])
      2'd0: rot16 = data;
      2'd1: rot16 = {data[127:0], data[511:128]};
      2'd2: rot16 = {data[255:0], data[511:256]};
      default: rot16 = {data[383:0], data[511:384]};
    endcase
    case (amount[3:2])
      2'd0: rot4 = rot16;
      2'd1: rot4 = {rot16[31:0], rot16[511:32]};
      2'd2: rot4 = {rot16[63:0], rot16[511:64]};
      default: rot4 = {rot16[95:0], rot16[511:96]};
    endcase
    case (amount[1:0])
      2'd0: rotated = rot4;
      2'd1: rotated = {rot4[7:0], rot4[511:8]};
      2'd2: rotated = {rot4[15:0], rot4[511:16]};
      default: rotated = {rot4[23:0], rot4[511:24]};
    endcase
  endfunction

  // The low 64 - amount lanes of the beat before, the others of the present one.
  function automatic logic [511:0] merged(input logic [511:0] old, input logic [511:0] now,
                                          input logic [5:0] amount, input logic full);
    for (int unsigned i = 0; i < 64; i++) begin
      merged[8*i +: 8] = (!full && {1'b0, 6'(i)} + {1'b0, amount} < 7'd64) ? old[8*i +: 8] :
                                                                           now[8*i +: 8];
    end
  endfunction

  function automatic logic [63:0] lanes(input logic first, input logic final_step,
                                        input logic [5:0] from, input logic [5:0] upto);
    for (int unsigned i = 0; i < 64; i++) begin
      lanes[i] = !(first && 6'(i) < from) && !(final_step && 6'(i) > upto);
    end
  endfunction

  // ---- rotated beat, and the destination beat made of it and the one before; the tail's own job
  logic         rot_load, emit, out_valid_q, tail_first_q;
  logic [5:0]   tail_amount_q, tail_from_q, tail_upto_q;
  logic [511:0] rot_q, out_q, rot_d;
  logic [63:0]  strb_q;

  assign out_free = !out_valid_q || ready_i;
  assign rot_load = fire && wants;
  assign emit = tail_go || (rot_load && emits);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      tail_q <= 1'b0;
    end else begin
      if (out_free) out_valid_q <= emit;
      if (rot_load && tail_make) tail_q <= 1'b1;
      else if (tail_go) tail_q <= 1'b0;
    end
  end

  always_comb rot_d = rot_load ? rotated(fb_data_i, rot_amount_q) : rot_q;
  always_ff @(posedge clk_i) begin
    if (rot_load) rot_q <= rot_d;
    if (emit) begin
      out_q <= tail_q ? merged(rot_q, rot_q, tail_amount_q, 1'b0)
                      : merged(rot_q, rot_d, rot_amount_q, full_rot_q);
      strb_q <= tail_q ? lanes(tail_first_q, 1'b1, tail_from_q, tail_upto_q)
                       : lanes(step_q == first_q, is_final, lane_q, end_lane_q);
    end
    if (rot_load && tail_make) begin
      tail_amount_q <= rot_amount_q;
      tail_first_q <= step_q + 11'd1 == first_q;
      tail_from_q <= lane_q;
      tail_upto_q <= end_lane_q;
    end
  end

  assign data_o = out_q;
  assign strb_o = strb_q;
  assign valid_o = out_valid_q;
  assign idle_o = !job_q && !tail_q && !out_valid_q;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{primed_q, span[5:0]};
  /* verilator lint_on UNUSED */

endmodule
