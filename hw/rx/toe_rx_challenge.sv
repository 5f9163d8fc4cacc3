// SPDX-License-Identifier: Apache-2.0
// Limits the challenge ACKs of the whole card (RFC 5961 7): `rate_i` of them in a second, 0 means
// no limit.
//
// A budget that all connections share and that can be counted tells an attacker off the path
// whether his guess at another's connection was right. So a large rate loses a part, chosen anew
// every second, of up to a quarter, by a shift register and the card's secret; a rate
// below 32 is kept exactly.

module toe_rx_challenge (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] now_us_i,
  input  logic [31:0] rate_i,
  input  logic [31:0] secret_i,
  input  logic        ask_i,
  output logic        ok_o,        // in the same clock
  output logic        cnt_sent_o,
  output logic        cnt_limited_o
);

  localparam logic [31:0] Second = 32'd1_000_000;

  // ---- The budget -----------------------------------------------------------------------------
  logic [31:0] began_q, left_q, age, noise_q;
  logic [31:0] rate_q;
  logic [2:0] changed_q;  // the rate, so many clocks ago: noise_q needs two to follow
  logic limited_q, refill_q;
  assign age = now_us_i - began_q;
  assign ok_o = ~limited_q || left_q != 32'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      limited_q <= 1'b0;
      changed_q <= 3'd1;
      refill_q <= 1'b0;
    end else begin
      limited_q <= rate_i != 32'd0;
      changed_q <= {changed_q[1:0], rate_i != rate_q};
      refill_q <= changed_q[2] || (age >= Second && ~refill_q);
    end
    rate_q <= rate_i;
    if (refill_q) began_q <= now_us_i;
    if (refill_q) left_q <= rate_i - noise_q;
    else if (ask_i && left_q != 32'd0) left_q <= left_q - 32'd1;
  end

  // ---- The part that is lost ------------------------------------------------------------------
  logic [31:0] shift_q;
  logic [23:0] mask_q;  // ones below the highest one of rate / 4
  logic [26:0] r;
  assign r = rate_i[31:5];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) shift_q <= 32'd1;
    else if (ask_i || refill_q) begin
      shift_q <= {shift_q[30:0], shift_q[31] ^ shift_q[21] ^ shift_q[1] ^ shift_q[0]};
    end
    for (int i = 0; i < 24; i++) mask_q[i] <= (r >> (i > 2 ? i - 2 : 0)) != 27'd0;
    noise_q <= (shift_q ^ secret_i) & {8'd0, mask_q};
  end

  assign cnt_sent_o = ask_i && ok_o;
  assign cnt_limited_o = ask_i && ~ok_o;

endmodule
