// SPDX-License-Identifier: Apache-2.0
// CUBIC's K (RFC 9438 4.2): cube root of (W_max - cwnd_epoch) / (C * MSS), one at a time, in about
// 100 clocks: a restoring division, then a digit-by-digit root, no multiplier but the constant's.

module toe_cc_root (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [15:0] conn_i,
  input  logic [20:0] gap_i,     // W_max - cwnd_epoch in units of 16 bytes
  input  logic [13:0] mss_i,
  input  logic        valid_i,
  output logic        ready_o,
  output logic [15:0] conn_o,
  output logic [17:0] k_o,       // in units of 1,024 us
  output logic        valid_o,
  input  logic        ready_i
);

  typedef enum logic [2:0] {Idle, Scale, Divide, Middle, Bound, Digit, Done} state_e;
  state_e state_q;
  logic [5:0]  count_q;
  logic [27:0] scaled_q;         // MSS * C; its upper 18 bits divide
  logic [39:0] shift_q;          // dividend above, quotient below
  logic [17:0] part_q;           // remainder of the division
  logic [53:0] radicand_q;
  logic [17:0] root_q;
  logic [35:0] square_q;         // root_q ^ 2
  logic [38:0] rest_q, middle_q, bound_q;
  logic [15:0] conn_q;

  assign ready_o = state_q == Idle;
  assign valid_o = state_q == Done;
  assign conn_o = conn_q;
  assign k_o = root_q;

  logic [18:0] part_next, part_less;
  logic part_ge, digit;
  assign part_next = {part_q, shift_q[39]};
  assign part_less = part_next - {1'b0, scaled_q[27:10]};
  assign part_ge = part_next >= {1'b0, scaled_q[27:10]};
  assign digit = rest_q >= bound_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Idle;
    end else begin
      case (state_q)
        Idle: if (valid_i) state_q <= Scale;
        Scale: state_q <= Divide;
        Divide: if (count_q == 6'd0) state_q <= Middle;
        Middle: state_q <= Bound;
        Bound: state_q <= Digit;
        Digit: state_q <= count_q == 6'd0 ? Done : Middle;
        default: if (ready_i) state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      Idle: if (valid_i) begin
        conn_q <= conn_i;
        shift_q <= {gap_i, 19'd0};
        scaled_q <= mss_i * toe_cc_pkg::CubicC;
        part_q <= 18'd0;
        count_q <= 6'd39;
      end
      Divide: begin
        part_q <= part_ge ? part_less[17:0] : part_next[17:0];
        shift_q <= {shift_q[38:0], part_ge};
        count_q <= count_q == 6'd0 ? 6'd17 : count_q - 6'd1;
        root_q <= 18'd0;
        square_q <= 36'd0;
        rest_q <= 39'd0;
        radicand_q <= {shift_q[32:0], part_ge, 20'd0};
      end
      Middle: begin
        middle_q <= {2'd0, square_q, 1'b0} + {21'd0, root_q};
        rest_q <= {rest_q[35:0], radicand_q[53:51]};
        radicand_q <= {radicand_q[50:0], 3'd0};
      end
      // A one in the next place takes 3 (2 r)^2 + 3 (2 r) + 1 away.
      Bound: bound_q <= {middle_q[36:0], 2'd1} + {middle_q[37:0], 1'b0};
      Digit: begin
        if (digit) rest_q <= rest_q - bound_q;
        root_q <= {root_q[16:0], digit};
        square_q <= {square_q[33:0], 2'd0} + (digit ? {16'd0, root_q, 2'd1} : 36'd0);
        count_q <= count_q - 6'd1;
      end
      default: ;
    endcase
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, scaled_q[9:0], middle_q[38], part_less[18]};

endmodule
