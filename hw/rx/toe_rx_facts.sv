// SPDX-License-Identifier: Apache-2.0
// First stage of the receive engine: compares an event with its connection's record and trims the
// payload to the window (RFC 9293 3.10.7.4). Combinational.
//
// A segment is acceptable if it begins at or below the window's edge and ends at or above RCV.NXT.
// That is RFC 9293's test, stretched by one number on both sides, so that acknowledgements on a
// segment sent again, and on one sent behind a full window, count; no text is taken from either.

module toe_rx_facts (
  input  toe_pkg::rx_event_t     event_i,
  input  toe_rx_pkg::rx_record_t rec_i,
  input  toe_pkg::tx_shadow_t    tx_i,
  input  logic [toe_rx_pkg::AgeW-1:0] age_i,
  output toe_rx_pkg::rx_facts_t  facts_o
);

  logic [31:0] seq, text, seg_end, all_end;
  logic [31:0] d_seq, d_edge, d_end, d_all, over, ack_d, ack_m, ack_w, una_d, max_d;
  logic syn, fin, front_cut, back_cut, nothing, in_order, seq_after;

  assign seq = event_i.seg.seq;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign text = {16'd0, event_i.seg.len};
  assign seg_end = seq + text;
  assign all_end = seg_end + {31'd0, syn} + {31'd0, fin};

  assign d_seq = seq - rec_i.rcv_nxt;
  assign d_edge = seq - rec_i.edge_seq;
  assign d_end = seg_end - rec_i.rcv_nxt;
  assign d_all = all_end - rec_i.rcv_nxt;
  assign over = seg_end - rec_i.edge_seq;
  assign ack_d = event_i.seg.ack - tx_i.snd_una;
  assign ack_m = event_i.seg.ack - tx_i.snd_max;
  assign ack_w = event_i.seg.ack - tx_i.snd_una + tx_i.max_wnd;
  assign una_d = seq - tx_i.snd_una;
  assign max_d = seq - tx_i.snd_max;

  assign front_cut = d_seq[31];
  assign back_cut = ~over[31] && over != 32'd0;
  assign in_order = front_cut || d_seq == 32'd0;
  assign seq_after = ~d_seq[31] && d_seq != 32'd0;
  // No byte of the payload is new and inside the window, or the stream has already ended.
  assign nothing = d_end[31] || d_end == 32'd0 || (~d_edge[31]) || text == 32'd0 || rec_i.fin_rcvd;

  // Text of a SYN follows it. It is only looked at while nothing but the SYN has been received, so
  // that it begins at RCV.NXT and the whole ring is free.
  logic [31:0] size, syn_text;
  logic syn_cut;
  assign size = 32'd1 << rec_i.ring_log2;
  assign syn_cut = text > size;
  assign syn_text = syn_cut ? size : text;

  logic [31:0] new_edge, edge_d, used_d;
  assign new_edge = rec_i.irs + 32'd1 + event_i.offset + size;
  assign edge_d = new_edge - rec_i.edge_seq;
  assign used_d = rec_i.rcv_nxt + size - new_edge;

  logic ts_absent, ts_reject, ts_update, ts_reuse;
  toe_rx_paws u_paws (
    .seg_i(event_i.seg), .rec_i, .last_ack_i(tx_i.last_ack), .age_i, .in_order_i(in_order),
    .seq_after_i(seq_after), .absent_o(ts_absent), .reject_o(ts_reject), .update_o(ts_update),
    .reuse_o(ts_reuse)
  );

  always_comb begin
    facts_o.in_window = (d_edge[31] || d_edge == 32'd0) && ~d_all[31];
    facts_o.seq_exact = d_seq == 32'd0;
    facts_o.seq_inside = ~d_seq[31] && d_edge[31];
    facts_o.seq_after = seq_after;
    facts_o.seq_reaches = ~d_all[31] && d_all != 32'd0;
    facts_o.ack_new = ~ack_d[31] && ack_d != 32'd0;
    facts_o.ack_future = ~ack_m[31] && ack_m != 32'd0;
    facts_o.ack_stale = ack_d[31] && ack_w[31];
    facts_o.acks_fin = tx_i.fin_sent && ack_m == 32'd0;
    facts_o.fin_sent = tx_i.fin_sent;
    facts_o.snd_max = tx_i.snd_max;
    facts_o.in_order = in_order;
    facts_o.fin_fits = fin && (over[31] || over == 32'd0) && ~d_end[31] && ~rec_i.fin_rcvd;
    facts_o.has_text = text != 32'd0 || syn || fin;
    facts_o.old = front_cut && text != 32'd0 && ~syn;
    facts_o.old_end = d_end[31] ? seg_end : rec_i.rcv_nxt;
    facts_o.text_start = front_cut ? rec_i.rcv_nxt : seq;
    facts_o.text_end = back_cut ? rec_i.edge_seq : seg_end;
    facts_o.skip = front_cut ? 16'd0 - d_seq[15:0] : 16'd0;
    facts_o.text_len = nothing ? 16'd0
        : event_i.seg.len - (front_cut ? 16'd0 - d_seq[15:0] : 16'd0) -
          (back_cut ? over[15:0] : 16'd0);
    facts_o.fin_at = seg_end;
    if (syn) begin
      facts_o.in_order = 1'b1;
      facts_o.fin_fits = fin && ~syn_cut;
      facts_o.text_start = seq + 32'd1;
      facts_o.text_end = seq + 32'd1 + syn_text;
      facts_o.skip = 16'd0;
      facts_o.text_len = syn_text[15:0];
      facts_o.fin_at = seg_end + 32'd1;
    end
    facts_o.ts_absent = ts_absent;
    facts_o.ts_reject = ts_reject;
    facts_o.ts_update = ts_update;
    facts_o.ts_reuse = ts_reuse;
    facts_o.ts_age = age_i;
    facts_o.ts_ack = tx_i.last_ack[15:0];
    facts_o.in_flight = ~una_d[31] && max_d[31];
    facts_o.offset_edge = new_edge;
    facts_o.offset_new = ~edge_d[31] && edge_d != 32'd0;
    facts_o.offset_bad = ~edge_d[31] && edge_d != 32'd0 && used_d[31];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, tx_i, rec_i, d_seq, d_all, used_d, ack_d, ack_w, una_d, max_d,
                       syn_text};

endmodule
