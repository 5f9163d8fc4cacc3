// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: the congestion window. Combinational.
// RFC 5681, RFC 6582 3.2, RFC 6928, RFC 7661; CUBIC (RFC 9438) and DCTCP (RFC 8257) with the help
// of toe_cc, which says for how many acknowledged bytes the window grows by a segment, and how many
// were marked.

module toe_tx_cwnd (
  input  toe_pkg::tx_event_t    event_i,
  input  toe_tx_pkg::tx_cc_t    cc_i,
  input  toe_tx_pkg::tx_facts_t facts_i,
  input  toe_tx_pkg::tx_moves_t moves_i,
  input  toe_pkg::config_t      cfg_i,
  input  logic [13:0]           mss_i,       // new one, if this event sets it
  input  logic                  syn_lost_i,
  input  logic                  sack_on_i,
  input  logic                  first_i,     // no timeout before this one
  input  logic                  in_recovery_i,
  input  logic                  in_loss_i,
  input  logic                  failed_i,    // ... of a path MTU probe: that is no congestion
  input  logic                  start_i,     // the peer's SYN: initial window
  output toe_tx_pkg::tx_cc_t    cc_o
);

  // ---- Initial window (RFC 6928 2): n segments, as long as they are n * 1460 bytes at most -----
  logic [25:0] mss, two_mss, whole, segments, bound, initial_window;
  assign mss = {12'd0, mss_i};
  assign two_mss = {11'd0, mss_i, 1'b0};
  assign whole = 26'(cfg_i.initial_window) * mss;
  assign segments = 26'(cfg_i.initial_window) * 26'd1460;
  assign bound = segments > two_mss ? segments : two_mss;
  assign initial_window = syn_lost_i ? mss : (whole < bound ? whole : bound);

  // ---- After a loss or a mark. Segments of limited transmit do not count (RFC 5681 3.2) --------
  logic [25:0] base, half, most, cut, cut_loss, cut_mark;
  assign base = facts_i.flight < cc_i.cwnd ? facts_i.flight : cc_i.cwnd;
  assign half = {1'b0, base[25:1]};
  // 179/256 is RFC 9438's 0.7.
  assign most = half + {3'd0, base[25:3]} + {4'd0, base[25:4]} + {7'd0, base[25:7]} +
                {8'd0, base[25:8]};
  assign cut = cc_i.cc == toe_tx_pkg::CcCubic ? most : half;
  assign cut_loss = cut > two_mss ? cut : two_mss;
  assign cut_mark = cc_i.cc != toe_tx_pkg::CcDctcp ? cut_loss
                  : (facts_i.dctcp_cwnd > two_mss ? facts_i.dctcp_cwnd : two_mss);

  // ---- Growth ---------------------------------------------------------------------------------
  logic [25:0] grown, credit, step, rest;
  assign grown = facts_i.acked > mss ? mss : facts_i.acked;
  assign credit = cc_i.credit + facts_i.acked;
  assign step = cc_i.cc == toe_tx_pkg::CcCubic && cc_i.step != 26'd0 ? cc_i.step : cc_i.cwnd;

  assign rest = credit - step;

  logic [25:0] deflated;
  assign deflated = (cc_i.cwnd > facts_i.acked ? cc_i.cwnd - facts_i.acked : 26'd0) + mss;

  always_comb begin
    cc_o = cc_i;
    if (event_i.kind == toe_tx_pkg::KindCtl) begin
      cc_o.credit = 26'd0;
      cc_o.step = 26'd0;
      cc_o.alpha = 11'd1024;  // RFC 8257 3.3
      cc_o.ssthresh = 26'h1ff_ffff;
      cc_o.in_cwr = 1'b0;
      cc_o.cwr_due = 1'b0;
      if (event_i.ctl.op == toe_pkg::TxCtlListen || event_i.ctl.op == toe_pkg::TxCtlActive) begin
        cc_o.cc = event_i.ctl.cc;
      end
    end
    if (event_i.kind == toe_tx_pkg::KindHost && event_i.configure) begin
      cc_o.cc = event_i.cc;
      cc_o.step = 26'd0;
    end
    if (event_i.kind == toe_tx_pkg::KindCc) begin
      cc_o.step = event_i.offset[31:26] != 6'd0 ? 26'h3ff_ffff : event_i.offset[25:0];
      cc_o.alpha = event_i.alpha;
    end
    if (start_i) cc_o.cwnd = initial_window;
    if (moves_i.idle && cc_i.cwnd > initial_window) cc_o.cwnd = initial_window;
    if (cc_i.in_cwr && moves_i.new_ack && facts_i.ack_recovers) cc_o.in_cwr = 1'b0;

    if (moves_i.grow && ~cc_i.cwnd[24]) begin
      if (cc_i.cwnd < cc_i.ssthresh) begin
        cc_o.cwnd = cc_i.cwnd + grown;
      end else if (credit >= step) begin
        cc_o.cwnd = cc_i.cwnd + mss;
        cc_o.credit = rest < step ? rest : 26'd0;
      end else begin
        cc_o.credit = credit;
      end
    end
    // RFC 6582 3.2: without SACK the window stands for what left the network.
    if (moves_i.partial && ~sack_on_i) cc_o.cwnd = deflated;
    if (moves_i.dup && ~sack_on_i && in_recovery_i) cc_o.cwnd = cc_i.cwnd + mss;
    if (moves_i.leave && ~failed_i) begin
      cc_o.cwnd = cc_i.ssthresh;
      cc_o.credit = 26'd0;
    end
    if (moves_i.ece || moves_i.repaired) begin
      cc_o.ssthresh = moves_i.ece ? cut_mark : cut_loss;
      cc_o.cwnd = moves_i.ece ? cut_mark : cut_loss;
      cc_o.in_cwr = 1'b1;
      cc_o.cwr_due = moves_i.ece;
      cc_o.credit = 26'd0;
    end
    if (moves_i.enter && ~moves_i.spared) begin
      cc_o.prior_cwnd = cc_i.cwnd;
      cc_o.prior_ssthresh = cc_i.ssthresh;
      if (~cc_i.in_cwr) cc_o.ssthresh = cut_loss;
      cc_o.cwnd = (cc_i.in_cwr ? cc_i.ssthresh : cut_loss) +
                  (sack_on_i ? 26'd0 : two_mss + mss);
      cc_o.in_cwr = 1'b0;
      cc_o.credit = 26'd0;
    end
    if (moves_i.timeout) begin
      if (~in_recovery_i && ~in_loss_i) begin
        cc_o.prior_cwnd = cc_i.cwnd;
        cc_o.prior_ssthresh = cc_i.ssthresh;
      end
      if (first_i) cc_o.ssthresh = cut_loss;
      cc_o.cwnd = mss;
      cc_o.in_cwr = 1'b0;
      cc_o.credit = 26'd0;
    end
    if (moves_i.undo) begin
      cc_o.cwnd = cc_i.prior_cwnd;
      cc_o.ssthresh = cc_i.prior_ssthresh;
    end
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, moves_i, cfg_i, base};

endmodule
