// SPDX-License-Identifier: Apache-2.0
// Second stage of toe_cc: W_max of a congestion avoidance stage that would begin now, and whether
// the window of a Reno sender grows.

module toe_cc_choose (
  input  toe_cc_pkg::event_t              event_i,
  input  logic [toe_cc_pkg::RecordW-1:0]  rec_i,
  input  toe_cc_pkg::facts_t              facts_i,
  output toe_cc_pkg::choice_t             choice_o
);

  toe_cc_pkg::cubic_t cubic;
  assign cubic = rec_i;

  logic [20:0] window, w_fallen, w_max;
  logic [27:0] beyond;
  assign window = event_i.cwnd[24:4];
  // Fast convergence (RFC 9438 4.7): a window smaller than last time makes room for others.
  assign w_fallen = facts_i.prior_lt ? facts_i.w_less : cubic.prior;
  assign w_max = ~cubic.reduced ? cubic.w_max : cubic.timed_out ? window : w_fallen;
  assign beyond = {1'b0, facts_i.sum} - {1'b0, facts_i.threshold};

  always_comb begin
    choice_o.begins = ~cubic.started || cubic.reduced;
    choice_o.w_fallen = w_fallen;
    choice_o.w_max = w_max;
    choice_o.at_once = w_max <= window;
    choice_o.gap = w_max - window;
    choice_o.grows = ~beyond[27];
    choice_o.beyond = beyond[26] ? 26'h3ffffff : beyond[25:0];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, cubic};

endmodule
