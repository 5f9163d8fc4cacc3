// SPDX-License-Identifier: Apache-2.0
// Third stage of toe_cc: what an event does to its connection's record, and what is to be computed
// for it. CUBIC, RFC 9438: a fall of the window only leaves a note; the record changes when the
// next congestion avoidance stage begins, so that an undo finds everything as it was (RFC 9438
// 4.9).
// DCTCP, RFC 8257 3.3: bytes acknowledged and bytes marked per window of data.

module toe_cc_apply (
  input  toe_cc_pkg::event_t              event_i,
  input  logic [toe_cc_pkg::RecordW-1:0]  rec_i,
  input  toe_cc_pkg::facts_t              facts_i,
  input  toe_cc_pkg::choice_t             choice_i,
  input  logic [19:0]                     now_i,
  input  logic                            root_free_i,
  output logic [toe_cc_pkg::RecordW-1:0]  rec_o,
  output logic [1:0]                      ask_o,
  output logic [19:0]                     t_o,
  output logic                            root_o,      // K is to be computed
  output logic [20:0]                     root_gap_o
);

  toe_cc_pkg::cubic_t cubic, cubic_new, cubic_fresh;
  toe_cc_pkg::dctcp_t dctcp, dctcp_new, dctcp_fresh;
  assign cubic = rec_i;
  assign dctcp = rec_i;
  always_comb begin
    cubic_fresh = '0;
    cubic_fresh.cc = event_i.cc;
    dctcp_fresh = '0;
    dctcp_fresh.cc = event_i.cc;
  end

  logic [20:0] window, w_est_grown;
  assign window = event_i.cwnd[24:4];
  assign w_est_grown = cubic.w_est + {11'd0, event_i.mss[13:4]};
  assign root_gap_o = choice_i.gap;

  always_comb begin
    cubic_new = cubic;
    ask_o = toe_cc_pkg::AskNone;
    t_o = facts_i.t;
    root_o = 1'b0;
    dctcp_new = dctcp;

    case (event_i.op)
      toe_pkg::CcReset: begin
        cubic_new = cubic_fresh;
        dctcp_new = dctcp_fresh;
        ask_o = toe_cc_pkg::AskReset;
      end

      toe_pkg::CcAck: if (~facts_i.same) begin
        cubic_new = cubic_fresh;
        dctcp_new = dctcp_fresh;
      end else if (event_i.cc == toe_cc_pkg::CcDctcp) begin
        dctcp_new.acked = facts_i.sum[26] ? 26'h3ffffff : facts_i.sum[25:0];
        dctcp_new.marked = facts_i.mark_sum[26] ? 26'h3ffffff : facts_i.mark_sum[25:0];
        if (~dctcp.started || facts_i.window_over) begin
          dctcp_new.started = 1'b1;
          dctcp_new.window_end = event_i.nxt;
          dctcp_new.acked = 26'd0;
          dctcp_new.marked = 26'd0;
          if (dctcp.started) ask_o = toe_cc_pkg::AskAlpha;
        end
      end else if (event_i.cc == toe_cc_pkg::CcCubic) begin
        if (event_i.slow) begin
          cubic_new.started = 1'b0;
        end else if (cubic.reduced && facts_i.recovering) begin
          ask_o = toe_cc_pkg::AskNone;
        end else if (choice_i.begins) begin
          if (choice_i.at_once || root_free_i) begin
            cubic_new.started = 1'b1;
            cubic_new.reduced = 1'b0;
            cubic_new.timed_out = 1'b0;
            cubic_new.epoch = now_i;
            cubic_new.w_est = window;
            cubic_new.w_max = choice_i.at_once ? window : choice_i.w_max;
            cubic_new.k = 18'd0;
            cubic_new.acked = 26'd0;
            cubic_new.rooting = ~choice_i.at_once;
            root_o = ~choice_i.at_once;
            t_o = 20'd0;
            if (choice_i.at_once) ask_o = toe_cc_pkg::AskStep;
          end
        end else begin
          if (event_i.limited) begin
            cubic_new.acked = choice_i.grows ? choice_i.beyond : facts_i.sum[25:0];
            if (choice_i.grows && ~&cubic.w_est[20:10]) cubic_new.w_est = w_est_grown;
          end
          // Time stands still after nine minutes, lest it begin anew.
          if (facts_i.t[19]) begin
            cubic_new.epoch = {~now_i[19], now_i[18:0]};
            t_o = 20'h80000;
          end
          if (~cubic.rooting) ask_o = toe_cc_pkg::AskStep;
        end
      end

      toe_pkg::CcLoss: begin
        if (cubic.reduced && ~cubic.timed_out) cubic_new.w_max = choice_i.w_fallen;
        cubic_new.prior = window;
        cubic_new.reduced = 1'b1;
        cubic_new.timed_out = 1'b0;
        cubic_new.acked = event_i.nxt[25:0];
      end

      toe_pkg::CcTimeout: begin
        if (~cubic.reduced) cubic_new.prior = window;
        cubic_new.reduced = 1'b1;
        cubic_new.timed_out = 1'b1;
        cubic_new.acked = event_i.nxt[25:0];
      end

      toe_pkg::CcUndo: begin
        cubic_new.reduced = 1'b0;
        cubic_new.timed_out = 1'b0;
        cubic_new.acked = 26'd0;
        if (~cubic.reduced) begin  // too late: a new stage from there
          cubic_new.started = 1'b0;
          cubic_new.w_max = cubic.prior;
        end
      end

      toe_cc_pkg::OpRoot: if (cubic.rooting) begin
        cubic_new.k = event_i.una[17:0];
        cubic_new.rooting = 1'b0;
      end

      default: cubic_new.started = 1'b0;  // CcIdle (RFC 9438 5.8: time without data does not count)
    endcase

    if (event_i.op == toe_cc_pkg::OpRoot) rec_o = cubic_new;
    else if (event_i.cc == toe_cc_pkg::CcDctcp) rec_o = dctcp_new;
    else rec_o = cubic_new;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, choice_i};

endmodule
