// SPDX-License-Identifier: Apache-2.0
// First stage of toe_cc: sums and comparisons of an event with its connection's record.

module toe_cc_facts (
  input  toe_cc_pkg::event_t              event_i,
  input  logic [toe_cc_pkg::RecordW-1:0]  rec_i,
  input  logic [19:0]                     now_i,
  output toe_cc_pkg::facts_t              facts_o
);

  toe_cc_pkg::cubic_t cubic;
  toe_cc_pkg::dctcp_t dctcp;
  assign cubic = rec_i;
  assign dctcp = rec_i;

  logic [32:0] less;
  logic [25:0] after_recovery;
  logic [31:0] after_window;
  logic [26:0] reno, cubic_reno;
  assign less = cubic.prior * toe_cc_pkg::FastConvergence;
  assign after_recovery = event_i.una[25:0] - cubic.acked;
  assign after_window = dctcp.window_end - event_i.una;
  // W_est grows by alpha_cubic = 3 (1 - beta) / (1 + beta) = 9 / 17 MSS per window, by a whole one
  // once it is where the last congestion event found the window (RFC 9438 4.3). 121 / 64 is for
  // 17 / 9.
  assign reno = {2'd0, event_i.cwnd};
  assign cubic_reno = {1'b0, event_i.cwnd, 1'b0} - {5'd0, event_i.cwnd[24:3]} +
                      {8'd0, event_i.cwnd[24:6]};

  always_comb begin
    facts_o.same = cubic.cc == event_i.cc;
    facts_o.t = now_i - cubic.epoch;
    facts_o.prior_lt = cubic.prior < cubic.w_max;
    facts_o.w_less = less[32:12];
    facts_o.sum = {1'b0, event_i.cc == toe_cc_pkg::CcCubic ? cubic.acked : dctcp.acked} +
                  {1'b0, event_i.acked};
    facts_o.mark_sum = {1'b0, dctcp.marked} + {1'b0, event_i.ece ? event_i.acked : 26'd0};
    facts_o.threshold = cubic.w_est >= cubic.prior ? reno : cubic_reno;
    facts_o.recovering = after_recovery[25];
    facts_o.window_over = after_window[31];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, cubic, dctcp, less[11:0], after_recovery[24:0],
                       after_window[30:0]};

endmodule
