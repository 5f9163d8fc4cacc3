// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: what the peer is owed: acknowledgements (RFC 9293 3.8.6.3),
// the echo of congestion (RFC 3168 6.1.3) and reports of data received twice (RFC 2883).
// Combinational.

module toe_tx_owed (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [31:0]            now_us_i,
  input  logic                   sent_phase_i,
  output toe_tx_pkg::tx_owed_t   owed_o
);

  logic rx, text, exact, turns;
  assign rx = event_i.kind == toe_tx_pkg::KindRx && sent_phase_i;
  assign text = rx && rec_i.ecn_on && event_i.rx.want_ack != toe_pkg::AckNone;
  // DCTCP counts marked bytes: each acknowledgement is for marked or for unmarked segments alone.
  assign exact = rec_i.cc.cc == toe_tx_pkg::CcDctcp;
  assign turns = text && exact && event_i.rx.has_text && event_i.rx.ce != rec_i.owed.ece;

  always_comb begin
    owed_o = rec_i.owed;
    if (event_i.kind == toe_tx_pkg::KindCtl) begin
      owed_o.now = 1'b0;
      owed_o.owed = 1'b0;
      owed_o.ece = 1'b0;
      owed_o.split = 1'b0;
      owed_o.dsack_valid = 1'b0;
      // As if the whole ring had been announced, so that no window update follows at once.
      if (event_i.ctl.op == toe_pkg::TxCtlSyn) begin
        owed_o.adv_edge = event_i.ctl.irs[25:0] + 26'd1 + (26'd1 << rec_i.rx_ring_log2);
      end
    end
    if (rx && event_i.rx.syn_valid) begin
      owed_o.adv_edge = event_i.rx.seq[25:0] + 26'd1 + (26'd1 << rec_i.rx_ring_log2);
    end
    if (rx && event_i.rx.want_ack == toe_pkg::AckNow) owed_o.now = 1'b1;
    if (rx && event_i.rx.want_ack == toe_pkg::AckDelayed) begin
      if ((rec_i.owed.owed && ~turns) || rec_i.quickack || cfg_i.delayed_ack_us == 20'd0) begin
        owed_o.now = 1'b1;
      end else begin
        owed_o.owed = 1'b1;
        owed_o.at = now_us_i[25:0] + {6'd0, cfg_i.delayed_ack_us};
      end
    end
    if (turns) begin
      owed_o.ece = event_i.rx.ce;
      owed_o.split = rec_i.owed.owed || rec_i.owed.now;
      owed_o.split_at = event_i.rx.seq[25:0];
    end
    if (text && ~exact) begin
      if (event_i.rx.cwr) owed_o.ece = 1'b0;
      if (event_i.rx.ce) owed_o.ece = 1'b1;
    end
    if (rx && event_i.rx.dsack_valid && rec_i.sack_on) begin
      owed_o.dsack_valid = 1'b1;
      owed_o.dsack_first = event_i.rx.dsack_start[25:0];
      owed_o.dsack_past = event_i.rx.dsack_end[25:0];
    end
    if (event_i.kind == toe_tx_pkg::KindTimer && sent_phase_i && facts_i.ack_due) begin
      owed_o.now = 1'b1;
      owed_o.owed = 1'b0;
    end
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, facts_i, cfg_i, now_us_i};

endmodule
