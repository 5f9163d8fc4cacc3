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

  // x < y is the sign of x - y, x <= y that of y - x: no comparison with zero behind a carry chain.
  logic [31:0] seq, text, seg_end, all_end, nxt, edge_seq, una, max, seg_ack;
  logic [31:0] seq_nxt, nxt_seq, seq_edge, edge_seg, nxt_end, end_nxt, all_nxt, nxt_all, edge_end;
  logic [31:0] over, una_ack, ack_una, max_ack, ack_low, seq_una, seq_max;
  logic syn, fin, front_cut, back_cut, nothing, in_order, seq_after;

  assign seq = event_i.seg.seq;
  assign seg_ack = event_i.seg.ack;
  assign nxt = rec_i.rcv_nxt;
  assign edge_seq = rec_i.edge_seq;
  assign una = tx_i.snd_una;
  assign max = tx_i.snd_max;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign text = {16'd0, event_i.seg.len};
  assign seg_end = seq + text;
  assign all_end = seq + text + {31'd0, syn} + {31'd0, fin};

  assign seq_nxt = seq - nxt;
  assign nxt_seq = nxt - seq;
  assign seq_edge = seq - edge_seq;
  assign edge_seg = edge_seq - seq;
  assign end_nxt = seg_end - nxt;
  assign nxt_end = nxt - seg_end;
  assign all_nxt = all_end - nxt;
  assign nxt_all = nxt - all_end;
  assign over = seg_end - edge_seq;
  assign edge_end = edge_seq - seg_end;
  assign una_ack = una - seg_ack;
  assign ack_una = seg_ack - una;
  assign max_ack = max - seg_ack;
  assign ack_low = seg_ack - una + tx_i.max_wnd;
  assign seq_una = seq - una;
  assign seq_max = seq - max;

  assign front_cut = seq_nxt[31];
  assign back_cut = edge_end[31];
  assign in_order = ~nxt_seq[31];
  assign seq_after = nxt_seq[31];
  // No byte of the payload is new and inside the window, or the stream has already ended.
  assign nothing = ~nxt_end[31] || ~seq_edge[31] || event_i.seg.len == 16'd0 || rec_i.fin_rcvd;

  // Text of a SYN follows it. It is only looked at while nothing but the SYN has been received, so
  // that it begins at RCV.NXT and the whole ring is free.
  // Rings have 4 KiB at least (contract).
  logic [31:0] size, syn_end, syn_edge;
  logic syn_fills;
  assign size = 32'd1 << rec_i.ring_log2;
  assign syn_end = seq + 32'd1 + text;
  assign syn_edge = seq + 32'd1 + size;
  assign syn_fills = (event_i.seg.len[15] && rec_i.ring_log2 <= 5'd15) ||
                     (event_i.seg.len[14] && rec_i.ring_log2 <= 5'd14) ||
                     (event_i.seg.len[13] && rec_i.ring_log2 <= 5'd13) ||
                     (event_i.seg.len[12] && rec_i.ring_log2 <= 5'd12);

  // The host frees the ring up to event_i.offset; to free more than was received is an error.
  logic [31:0] new_edge, old_new, used;
  assign new_edge = rec_i.irs + 32'd1 + event_i.offset + size;
  assign old_new = rec_i.edge_seq - rec_i.irs - 32'd1 - event_i.offset - size;
  assign used = rec_i.rcv_nxt - rec_i.irs - 32'd1 - event_i.offset;

  logic ts_absent, ts_reject, ts_update, ts_reuse;
  toe_rx_paws u_paws (
    .seg_i(event_i.seg), .rec_i, .last_ack_i(tx_i.last_ack), .age_i, .in_order_i(in_order),
    .seq_after_i(seq_after), .absent_o(ts_absent), .reject_o(ts_reject), .update_o(ts_update),
    .reuse_o(ts_reuse)
  );

  always_comb begin
    facts_o.in_window = ~edge_seg[31] && ~all_nxt[31];
    facts_o.seq_exact = seq == nxt;
    facts_o.seq_inside = ~seq_nxt[31] && seq_edge[31];
    facts_o.seq_after = seq_after;
    facts_o.seq_reaches = nxt_all[31];
    facts_o.ack_new = una_ack[31];
    facts_o.ack_future = max_ack[31];
    facts_o.ack_stale = ack_una[31] && ack_low[31];
    facts_o.acks_fin = tx_i.fin_sent && seg_ack == max;
    facts_o.fin_sent = tx_i.fin_sent;
    facts_o.snd_max = max;
    facts_o.in_order = in_order;
    facts_o.fin_fits = fin && ~edge_end[31] && ~end_nxt[31] && ~rec_i.fin_rcvd;
    facts_o.has_text = event_i.seg.len != 16'd0 || syn || fin;
    facts_o.old = front_cut && event_i.seg.len != 16'd0 && ~syn;
    facts_o.old_end = end_nxt[31] ? seg_end : nxt;
    facts_o.text_start = front_cut ? nxt : seq;
    facts_o.text_end = back_cut ? edge_seq : seg_end;
    facts_o.skip = front_cut ? nxt_seq[15:0] : 16'd0;
    facts_o.text_len = event_i.seg.len - (front_cut ? nxt_seq[15:0] : 16'd0) -
                       (back_cut ? over[15:0] : 16'd0);
    if (nothing) facts_o.text_len = 16'd0;
    facts_o.fin_at = seg_end;
    if (syn) begin
      facts_o.in_order = 1'b1;
      facts_o.fin_fits = fin && (~syn_fills || text == size);
      facts_o.text_start = seq + 32'd1;
      facts_o.text_end = syn_fills ? syn_edge : syn_end;
      facts_o.skip = 16'd0;
      facts_o.text_len = syn_fills ? size[15:0] : event_i.seg.len;
      facts_o.fin_at = syn_end;
    end
    facts_o.ts_absent = ts_absent;
    facts_o.ts_reject = ts_reject;
    facts_o.ts_update = ts_update;
    facts_o.ts_reuse = ts_reuse;
    facts_o.ts_age = age_i;
    facts_o.ts_ack = tx_i.last_ack[15:0];
    facts_o.in_flight = ~seq_una[31] && seq_max[31];
    facts_o.offset_edge = new_edge;
    facts_o.offset_new = old_new[31];
    facts_o.offset_bad = old_new[31] && used[31];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, tx_i, rec_i, seq_nxt, nxt_seq, seq_edge, edge_seg, nxt_end,
                       end_nxt, all_nxt, nxt_all, edge_end, over, una_ack, ack_una, max_ack,
                       ack_low, seq_una, seq_max, old_new, used};

endmodule
