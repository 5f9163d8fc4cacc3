// SPDX-License-Identifier: Apache-2.0
// Last stage of the receive engine: from an event, the record, the facts about both and the verdict
// on it, the next record and the messages (RFC 9293 3.10.7). Combinational. The runs of rec_i are
// those that the event leaves alone.

module toe_rx_decide (
  input  logic                    valid_i,
  input  toe_pkg::rx_event_t      event_i,
  input  toe_rx_pkg::rx_record_t  rec_i,
  input  toe_rx_pkg::rx_facts_t   facts_i,
  input  toe_rx_pkg::rx_verdict_t verdict_i,
  input  logic [3:0]              touch_i,        // runs that the payload touches
  input  logic [3:0]              run_valid_i,    // as in the record
  input  logic [31:0]             union_start_i,
  input  logic [31:0]             union_end_i,
  input  toe_rx_pkg::rx_twice_t   twice_i,
  input  logic                    challenge_ok_i, // the rate of challenge ACKs allows one
  input  logic                    use_ts_i,

  output logic                    write_o,
  output toe_rx_pkg::rx_record_t  rec_o,
  output logic                    job_valid_o,
  output toe_pkg::rx_job_t        job_o,
  output logic                    tx_valid_o,
  output toe_pkg::tx_rx_t         tx_o,
  output logic                    end_valid_o,
  output toe_pkg::end_t           end_o,
  output logic                    syn_valid_o,
  output toe_pkg::segment_t       syn_o,
  output logic                    rst_valid_o,
  output toe_pkg::tx_segment_t    rst_o,

  output logic                    challenge_o,    // one is asked for, if the rate allows it
  output logic                    cnt_rx_resets_o,
  output logic                    cnt_rx_out_of_order_o,
  output logic                    cnt_rx_gaps_exhausted_o,
  output logic                    cnt_rx_duplicates_o,
  output logic                    cnt_rx_outside_window_o,
  output logic                    cnt_rx_no_connection_o,
  output logic                    cnt_conn_established_o,
  output logic                    cnt_rx_paws_rejected_o,
  output logic                    cnt_rx_sack_blocks_o,
  output logic                    cnt_rx_ce_o,
  output logic                    cnt_rx_ece_o,
  output logic                    cnt_rx_icmp_errors_o
);

  logic syn, fin, rst, segment, seg_event, waits;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign rst = event_i.seg.flags[toe_pkg::FlagRst];
  assign segment = valid_i && event_i.kind == toe_rx_pkg::KindSegment;
  assign seg_event = segment && ~event_i.seg.icmp;
  assign waits = rec_i.phase == toe_rx_pkg::PhaseTimeWait;

  toe_rx_pkg::rx_verdict_t v;
  assign v = valid_i ? verdict_i : '0;
  logic taken, ctl_syn;
  assign taken = v.accepted || v.active_ok;
  assign ctl_syn = v.ctl && event_i.ctl.op == toe_pkg::RxCtlSyn;

  // ---- Placement ------------------------------------------------------------------------------
  logic place, ahead, run_room, stored;
  assign ahead = v.new_bytes && ~facts_i.in_order;
  assign run_room = touch_i != 4'd0 || run_valid_i != 4'b1111;
  assign stored = ahead && run_room;
  assign place = v.new_bytes && (facts_i.in_order || run_room);

  // ---- FIN ------------------------------------------------------------------------------------
  logic [31:0] nxt_base, nxt_text, fin_seq;  // RCV.NXT before and after the payload
  logic fin_known, fin_now, fin_rcvd, fin_acked, done, active_end;
  assign nxt_base = v.active_ok ? facts_i.text_start : rec_i.rcv_nxt;
  assign nxt_text = v.new_bytes && facts_i.in_order ? union_end_i : nxt_base;
  assign fin_known = v.fin_here || rec_i.fin_ahead;
  assign fin_seq = v.fin_here ? facts_i.fin_at : rec_i.fin_seq;
  assign fin_now = taken && fin_known && ~rec_i.fin_rcvd && fin_seq == nxt_text;
  assign fin_rcvd = rec_i.fin_rcvd || fin_now;
  assign fin_acked = rec_i.fin_acked || (v.accepted && facts_i.acks_fin);
  assign active_end = fin_now ? facts_i.fin_sent : rec_i.close_first;
  assign done = v.accepted && fin_rcvd && fin_acked && ~waits;

  // ---- Next record ----------------------------------------------------------------------------
  logic [31:0] size;
  assign size = 32'd1 << rec_i.ring_log2;
  always_comb begin
    rec_o = rec_i;
    write_o = 1'b0;
    if (v.ctl) begin
      write_o = 1'b1;
      rec_o.fin_rcvd = 1'b0;
      rec_o.fin_acked = 1'b0;
      rec_o.close_first = 1'b0;
      rec_o.fin_ahead = 1'b0;
      rec_o.run_valid = 4'd0;
      rec_o.ts_on = 1'b0;
      rec_o.ts_recent = 32'd0;
      unique case (event_i.ctl.op)
        toe_pkg::RxCtlListen, toe_pkg::RxCtlActive: begin
          rec_o.phase = event_i.ctl.op == toe_pkg::RxCtlListen ? toe_rx_pkg::PhaseListen
                                                               : toe_rx_pkg::PhaseSynSent;
          rec_o.ring_page = event_i.ctl.ring_page;
          rec_o.ring_log2 = event_i.ctl.ring_log2;
          rec_o.irs = 32'd0;
          rec_o.rcv_nxt = 32'd1;  // nothing received: RCV.NXT = IRS + 1
          rec_o.edge_seq = 32'd0;
        end
        toe_pkg::RxCtlSyn: begin
          // A SYN cookie that came back completes the handshake at once.
          rec_o.phase = event_i.ctl.open ? toe_rx_pkg::PhaseSync : toe_rx_pkg::PhaseSynRcvd;
          rec_o.irs = event_i.ctl.irs;
          rec_o.rcv_nxt = event_i.ctl.irs + 32'd1;
          rec_o.edge_seq = event_i.ctl.irs + 32'd1 + size;
          rec_o.ts_on = use_ts_i && event_i.ctl.ts_on;
          rec_o.ts_recent = event_i.ctl.ts_val;
          rec_o.ts_age = facts_i.ts_age;
          rec_o.ts_ack = event_i.ctl.irs[15:0];
        end
        toe_pkg::RxCtlRelisten: rec_o.phase = toe_rx_pkg::PhaseListen;
        default: rec_o.phase = toe_rx_pkg::PhaseClosed;
      endcase
    end else if (v.host_ok) begin
      write_o = 1'b1;
      rec_o.edge_seq = facts_i.offset_edge;
    end else if (v.active_refused || v.rst_hit || v.icmp_end) begin
      write_o = 1'b1;
      rec_o.phase = toe_rx_pkg::PhaseDying;
    end else if (taken || v.active_crossed) begin
      write_o = 1'b1;
      if (v.active_ok || v.handshake) rec_o.phase = toe_rx_pkg::PhaseSync;
      if (v.active_crossed) rec_o.phase = toe_rx_pkg::PhaseSynRcvd;
      rec_o.rcv_nxt = fin_now ? fin_seq + 32'd1 : nxt_text;
      // A FIN right at the window's edge is taken, for it needs no room; the edge goes with it.
      if (fin_now && fin_seq == rec_i.edge_seq) rec_o.edge_seq = rec_i.edge_seq + 32'd1;
      rec_o.fin_rcvd = fin_rcvd;
      rec_o.fin_acked = fin_acked;
      rec_o.close_first = active_end;
      rec_o.fin_ahead = fin_known && ~fin_rcvd;
      rec_o.fin_seq = fin_seq;
      if (facts_i.ts_update) begin
        rec_o.ts_recent = event_i.seg.ts_val;
        rec_o.ts_age = facts_i.ts_age;
        rec_o.ts_ack = facts_i.ts_ack;
      end
      if (v.active_ok || v.active_crossed) begin
        rec_o.irs = event_i.seg.seq;
        if (v.active_crossed) rec_o.rcv_nxt = facts_i.text_start;
        rec_o.edge_seq = facts_i.text_start + size;
        if (fin_now && facts_i.text_len == size[15:0] && size[31:16] == 16'd0) begin
          rec_o.edge_seq = facts_i.text_start + size + 32'd1;
        end
        rec_o.ts_on = use_ts_i && event_i.seg.ts_valid;
        rec_o.ts_recent = event_i.seg.ts_val;
        rec_o.ts_age = facts_i.ts_age;
        rec_o.ts_ack = event_i.seg.seq[15:0];
      end
      if (stored) begin
        rec_o.run_valid = {rec_i.run_valid[2:0], 1'b1};
        rec_o.run_start = {rec_i.run_start[95:0], union_start_i};
        rec_o.run_end = {rec_i.run_end[95:0], union_end_i};
      end
      if (done) rec_o.phase = active_end ? toe_rx_pkg::PhaseTimeWait : toe_rx_pkg::PhaseDying;
    end
  end

  // ---- Payload and report ---------------------------------------------------------------------
  logic kill, opened, progress;
  assign kill = v.ctl && event_i.ctl.op == toe_pkg::RxCtlKill;
  assign opened = ctl_syn && event_i.ctl.open;
  assign progress = (v.new_bytes && facts_i.in_order) || fin_now || v.handshake || done ||
                    v.active_ok || opened;
  assign job_valid_o = (segment && event_i.seg.len != 16'd0) || progress || kill || v.host_bad;
  // What was received does not depend on a FIN that comes with it.
  logic [31:0] place_offset, received;
  assign received = nxt_text - (v.active_ok ? event_i.seg.seq : rec_i.irs) - 32'd1 -
                    {31'd0, rec_i.fin_rcvd};
  assign place_offset = facts_i.text_start - rec_i.irs - 32'd1;
  always_comb begin
    job_o.conn = event_i.conn;
    job_o.has_frame = segment && event_i.seg.len != 16'd0;
    job_o.frame_start = event_i.seg.payload_start;
    job_o.skip = place ? facts_i.skip : 16'd0;
    job_o.len = place ? facts_i.text_len : 16'd0;
    job_o.ring_page = rec_i.ring_page;
    job_o.ring_log2 = rec_i.ring_log2;
    // Text of a SYN is the stream's first.
    job_o.ring_offset = syn ? 24'd0 : place_offset[23:0] & (size[23:0] - 24'd1);
    job_o.report = progress || kill || v.host_bad;
    job_o.received = opened ? 32'd0 : received;
    job_o.established = v.active_ok || opened || (v.accepted && ~waits);
    job_o.fin_received = rec_i.fin_rcvd || (taken && fin_rcvd);
    job_o.bad_offset = v.host_bad;
    job_o.detach = done && active_end;
    job_o.final_report = kill;
    job_o.status = kill ? event_i.ctl.status : 8'd0;
    if (opened) job_o.fin_received = 1'b0;
  end

  // ---- Data received twice (RFC 2883) ---------------------------------------------------------
  logic old, twice, low_first;
  logic [31:0] twice_d;
  assign old = facts_i.old && ~rst && (v.accepted || (v.unacceptable && ~v.paws && ~syn));
  assign twice = v.new_bytes && (twice_i.low_valid || twice_i.high_valid);
  assign twice_d = twice_i.low_start - twice_i.high_start;
  assign low_first = twice_i.low_valid && (~twice_i.high_valid || twice_d[31]);

  // ---- To the transmit engine -----------------------------------------------------------------
  logic answer, ack_at_once;
  assign answer = (v.unacceptable && ~rst) || (v.challenge && challenge_ok_i);
  // Anything but new data in order that leaves no gap is acknowledged at once (RFC 5681 4.2), but a
  // segment without text never is.
  assign ack_at_once = answer || v.active_ok || v.active_crossed || v.crossed || old ||
      (v.accepted && facts_i.has_text &&
       (~(v.new_bytes && facts_i.in_order) || fin || run_valid_i != 4'd0));
  assign tx_valid_o = taken || answer || v.active_crossed || v.host_ok || v.icmp_soft;
  always_comb begin
    tx_o.conn = event_i.conn;
    tx_o.ack_valid = taken;
    tx_o.has_text = facts_i.has_text;
    tx_o.established = v.active_ok || v.handshake;
    tx_o.syn_valid = v.active_ok || v.active_crossed || v.crossed;
    tx_o.mss_valid = event_i.seg.mss_valid;
    tx_o.mss = event_i.seg.mss;
    tx_o.ws_valid = event_i.seg.ws_valid;
    tx_o.ws = event_i.seg.ws;
    tx_o.seq = event_i.seg.seq;
    tx_o.ack = event_i.seg.ack;
    tx_o.wnd = event_i.seg.wnd;
    tx_o.want_ack = ack_at_once ? toe_pkg::AckNow
                  : (v.new_bytes ? toe_pkg::AckDelayed : toe_pkg::AckNone);
    tx_o.sack_ok = event_i.seg.sack_ok;
    tx_o.ts_valid = event_i.seg.ts_valid;
    tx_o.ts_val = event_i.seg.ts_val;
    tx_o.ts_ecr = event_i.seg.ts_ecr;
    tx_o.sack_count = taken ? event_i.seg.sack_count : 3'd0;
    tx_o.sack = event_i.seg.sack;
    tx_o.ece = (taken || v.active_crossed) && event_i.seg.flags[toe_pkg::FlagEce];
    tx_o.cwr = (taken || v.active_crossed) && event_i.seg.flags[toe_pkg::FlagCwr];
    tx_o.ce = v.new_bytes && event_i.seg.ce;
    tx_o.dsack_valid = old || twice;
    tx_o.dsack_start = old ? event_i.seg.seq
                     : (low_first ? twice_i.low_start : twice_i.high_start);
    tx_o.dsack_end = old ? facts_i.old_end : (low_first ? twice_i.low_end : twice_i.high_end);
    tx_o.icmp = v.icmp_soft;
    tx_o.icmp_hard = v.icmp_soft && event_i.seg.icmp_hard;
  end

  // ---- To the connection manager --------------------------------------------------------------
  logic fin_again;  // TIME-WAIT begins anew (RFC 9293 3.10.7.4, eighth)
  assign fin_again = v.accepted && waits && fin;
  assign end_valid_o = v.active_refused || v.rst_hit || v.icmp_end || done || fin_again;
  always_comb begin
    end_o.conn = event_i.conn;
    end_o.kind = toe_pkg::EndClosed;
    end_o.status = toe_contract_pkg::StatusOk;
    if (v.active_refused) end_o.status = toe_contract_pkg::StatusRefused;
    if (v.rst_hit || v.icmp_end) begin
      end_o.status = toe_contract_pkg::StatusReset;
      // RFC 9293 3.10.7.4: a passive open goes back to LISTEN, an active one is refused.
      if (rec_i.phase == toe_rx_pkg::PhaseSynRcvd) begin
        end_o.kind = toe_pkg::EndHandshake;
        end_o.status = toe_contract_pkg::StatusRefused;
      end
      if (waits) end_o.status = toe_contract_pkg::StatusOk;
      if (v.icmp_end) end_o.status = toe_contract_pkg::StatusUnreachable;
    end
    if (done && active_end) end_o.kind = toe_pkg::EndTimeWait;
    if (fin_again) end_o.kind = toe_pkg::EndTimeWaitAgain;
  end
  assign syn_valid_o = v.to_manager || v.reuse;
  always_comb begin
    syn_o = event_i.seg;
    if (v.reuse) syn_o.ack = facts_i.snd_max;
  end

  // ---- RST in answer to a segment with ACK (RFC 9293 3.10.7.1 and 3.5.2) ----------------------
  assign rst_valid_o = v.stray || v.bad_ack;
  always_comb begin
    rst_o.tuple = event_i.seg.tuple;
    rst_o.seq = event_i.seg.ack;
    rst_o.ack = 32'd0;
    rst_o.wnd = 16'd0;
    rst_o.flags = 8'd0;
    rst_o.flags[toe_pkg::FlagRst] = 1'b1;
    rst_o.mss_valid = 1'b0;
    rst_o.mss = 16'd0;
    rst_o.ws_valid = 1'b0;
    rst_o.ws = 4'd0;
    rst_o.sack_ok = 1'b0;
    rst_o.ts_valid = 1'b0;
    rst_o.ts_val = 32'd0;
    rst_o.ts_ecr = 32'd0;
    rst_o.sack_count = 3'd0;
    rst_o.sack = 256'd0;
    rst_o.ecn = toe_pkg::EcnNotEct;
    rst_o.ring_page = 52'd0;
    rst_o.ring_log2 = 5'd0;
    rst_o.ring_offset = 24'd0;
    rst_o.len = 16'd0;
  end

  assign challenge_o = v.challenge;
  assign cnt_rx_resets_o = v.rst_hit || v.active_refused;
  assign cnt_rx_out_of_order_o = stored;
  assign cnt_rx_gaps_exhausted_o = ahead && ~run_room;
  assign cnt_rx_duplicates_o = (v.accepted || (v.unacceptable && ~v.paws)) &&
                               event_i.seg.len != 16'd0 && facts_i.text_len == 16'd0;
  assign cnt_rx_outside_window_o = v.unacceptable && ~v.paws;
  assign cnt_rx_no_connection_o = v.stray;
  assign cnt_conn_established_o = v.active_ok || v.handshake || opened;
  assign cnt_rx_paws_rejected_o = v.paws;
  assign cnt_rx_sack_blocks_o = taken && event_i.seg.sack_count != 3'd0;
  assign cnt_rx_ce_o = seg_event && event_i.seg.ce;
  assign cnt_rx_ece_o = v.accepted && ~syn && event_i.seg.flags[toe_pkg::FlagEce];
  assign cnt_rx_icmp_errors_o = segment && event_i.seg.icmp && event_i.hit;

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, v, place_offset, twice_d, verdict_i};

endmodule
