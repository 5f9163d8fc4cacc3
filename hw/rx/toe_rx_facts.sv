// SPDX-License-Identifier: Apache-2.0
// First stage of the receive engine: compares a segment with its connection's record and trims its
// payload to the window (RFC 9293 3.10.7.4). Combinational.

module toe_rx_facts (
  input  toe_pkg::rx_event_t  event_i,
  input  toe_rx_pkg::rx_record_t rec_i,
  input  toe_pkg::tx_shadow_t    tx_i,
  output toe_rx_pkg::rx_facts_t  facts_o
);

  logic [31:0] seq, text, seg_end, all_end;
  logic [31:0] d_seq, d_edge, d_end, d_all, over, ack_d, ack_m;
  logic syn, fin;
  logic front_cut, back_cut, nothing;

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

  assign front_cut = d_seq[31];
  assign back_cut = ~over[31] && over != 32'd0;
  // No byte of the payload is new and inside the window, or the stream has already ended.
  assign nothing = d_end[31] || d_end == 32'd0 || (~d_edge[31]) || text == 32'd0 || rec_i.fin_rcvd;

  logic [31:0] size, new_edge, edge_d, used_d;
  assign size = 32'd1 << rec_i.ring_log2;
  assign new_edge = rec_i.irs + 32'd1 + event_i.offset + size;
  assign edge_d = new_edge - rec_i.edge_seq;
  assign used_d = rec_i.rcv_nxt + size - new_edge;

  always_comb begin
    facts_o.in_window = (d_edge[31] || d_edge == 32'd0) && ~d_all[31];
    facts_o.seq_exact = d_seq == 32'd0;
    facts_o.seq_inside = ~d_seq[31] && d_edge[31];
    facts_o.ack_new = ~ack_d[31] && ack_d != 32'd0;
    facts_o.ack_future = ~ack_m[31] && ack_m != 32'd0;
    facts_o.ack_stale = ack_d[31] && ack_d[30:24] != 7'h7f;
    facts_o.acks_fin = tx_i.fin_sent && ack_m == 32'd0;
    facts_o.fin_sent = tx_i.fin_sent;
    facts_o.in_order = front_cut || d_seq == 32'd0;
    facts_o.fin_fits = fin && (over[31] || over == 32'd0) && ~d_end[31] && ~rec_i.fin_rcvd;
    facts_o.has_text = text != 32'd0 || syn || fin;
    facts_o.text_start = front_cut ? rec_i.rcv_nxt : seq;
    facts_o.text_end = back_cut ? rec_i.edge_seq : seg_end;
    facts_o.skip = front_cut ? 16'd0 - d_seq[15:0] : 16'd0;
    facts_o.text_len = nothing ? 16'd0
        : event_i.seg.len - (front_cut ? 16'd0 - d_seq[15:0] : 16'd0) -
          (back_cut ? over[15:0] : 16'd0);
    facts_o.fin_at = seg_end;
    facts_o.offset_edge = new_edge;
    facts_o.offset_new = ~edge_d[31] && edge_d != 32'd0;
    facts_o.offset_bad = ~edge_d[31] && edge_d != 32'd0 && used_d[31];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, tx_i, rec_i, d_seq, d_all, used_d, ack_d};

endmodule
