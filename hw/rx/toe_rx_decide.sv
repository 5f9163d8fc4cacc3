// SPDX-License-Identifier: Apache-2.0
// Last stage of the receive engine: from an event, the record and the facts about both, the next
// record and the messages (RFC 9293 3.10.7, RFC 5961). Combinational. States are the phases of
// toe_rx_pkg; FIN of ours is the transmit half's and seen through facts.acks_fin and fin_sent.

module toe_rx_decide (
  input  logic                   valid_i,
  input  toe_pkg::rx_event_t  event_i,
  input  toe_rx_pkg::rx_record_t rec_i,
  input  toe_rx_pkg::rx_facts_t  facts_i,
  input  logic [3:0]             touch_i,
  input  logic [31:0]            union_start_i,
  input  logic [31:0]            union_end_i,

  output logic                   write_o,
  output toe_rx_pkg::rx_record_t rec_o,
  output logic                   job_valid_o,
  output toe_pkg::rx_job_t       job_o,
  output logic                   tx_valid_o,
  output toe_pkg::tx_rx_t        tx_o,
  output logic                   end_valid_o,
  output toe_pkg::end_t          end_o,
  output logic                   syn_valid_o,
  output logic                   rst_valid_o,
  output toe_pkg::tx_segment_t   rst_o,

  output logic                   cnt_rx_resets_o,
  output logic                   cnt_rx_out_of_order_o,
  output logic                   cnt_rx_gaps_exhausted_o,
  output logic                   cnt_rx_duplicates_o,
  output logic                   cnt_rx_outside_window_o,
  output logic                   cnt_rx_challenge_acks_o,
  output logic                   cnt_rx_no_connection_o,
  output logic                   cnt_conn_established_o
);

  logic syn, fin, rst, ack, seg_event, known, first;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign rst = event_i.seg.flags[toe_pkg::FlagRst];
  assign ack = event_i.seg.flags[toe_pkg::FlagAck];
  assign seg_event = valid_i && event_i.kind == toe_rx_pkg::KindSegment;
  assign known = event_i.hit && rec_i.phase != toe_rx_pkg::PhaseClosed &&
                 rec_i.phase != toe_rx_pkg::PhaseListen && rec_i.phase != toe_rx_pkg::PhaseDying;
  assign first = rec_i.phase == toe_rx_pkg::PhaseSynSent;

  // ---- What becomes of a segment, as one-hot-ish conditions ----------------------------------
  logic synced, receiving, handshake, bad_handshake_ack, accepted, unacceptable, rst_hit;
  // Simultaneous open: the peer's SYN-ACK repeats its SYN and acknowledges ours (RFC 9293
  // figure 8).
  logic crossed;
  assign crossed = known && rec_i.phase == toe_rx_pkg::PhaseSynRcvd && syn && ack && ~rst &&
                   event_i.seg.seq == rec_i.irs && facts_i.ack_new && ~facts_i.ack_future;
  logic challenge, active_ok, active_simultaneous, active_refused, active_bad_ack;
  assign synced = known && ~first;
  assign unacceptable = seg_event && synced && ~facts_i.in_window;
  assign rst_hit = seg_event && synced && facts_i.in_window && rst && facts_i.seq_exact;
  assign challenge = seg_event && synced && facts_i.in_window && ~rst_hit &&
      ((rst && facts_i.seq_inside) || (~rst && syn && ~crossed) ||
       (~rst && ~syn && ack && rec_i.phase != toe_rx_pkg::PhaseSynRcvd &&
        (facts_i.ack_future || facts_i.ack_stale)));
  assign receiving = seg_event && synced && facts_i.in_window && ~rst && (~syn || crossed) && ack;
  assign handshake = receiving && rec_i.phase == toe_rx_pkg::PhaseSynRcvd;
  assign bad_handshake_ack = handshake && (facts_i.ack_future || ~facts_i.ack_new);
  assign accepted = receiving && ~challenge && ~bad_handshake_ack;
  assign active_bad_ack = seg_event && known && first && ack &&
      (facts_i.ack_future || ~facts_i.ack_new);
  assign active_refused = seg_event && known && first && rst && ack && ~active_bad_ack;
  assign active_ok = seg_event && known && first && ~rst && syn && ack && ~active_bad_ack;
  assign active_simultaneous = seg_event && known && first && ~rst && syn && ~ack;

  // ---- Placement ------------------------------------------------------------------------------
  logic place, ahead, run_room, stored, new_bytes;
  logic [3:0] slot;  // the run record that takes the union: a touched one, else a free one
  logic [3:0] pick;
  assign new_bytes = accepted && ~syn && facts_i.text_len != 16'd0 &&
                     rec_i.phase != toe_rx_pkg::PhaseTimeWait;
  assign ahead = new_bytes && ~facts_i.in_order;
  assign pick = touch_i != 4'd0 ? touch_i : ~rec_i.run_valid;
  assign slot = pick & (~pick + 4'd1);
  assign run_room = slot != 4'd0;
  assign stored = ahead && run_room;
  assign place = new_bytes && (facts_i.in_order || run_room);

  // ---- FIN ------------------------------------------------------------------------------------
  logic [31:0] nxt_text;       // RCV.NXT after the payload
  logic fin_here, fin_known, fin_now, fin_rcvd, fin_acked, done, active_end;
  logic [31:0] fin_seq;
  assign nxt_text = new_bytes && facts_i.in_order ? union_end_i : rec_i.rcv_nxt;
  assign fin_here = accepted && facts_i.fin_fits && rec_i.phase != toe_rx_pkg::PhaseTimeWait;
  assign fin_known = fin_here || rec_i.fin_ahead;
  assign fin_seq = fin_here ? facts_i.fin_at : rec_i.fin_seq;
  assign fin_now = accepted && fin_known && ~rec_i.fin_rcvd && fin_seq == nxt_text;
  assign fin_rcvd = rec_i.fin_rcvd || fin_now;
  assign fin_acked = rec_i.fin_acked || (accepted && facts_i.acks_fin);
  assign active_end = fin_now ? facts_i.fin_sent : rec_i.close_first;
  assign done = accepted && fin_rcvd && fin_acked && rec_i.phase != toe_rx_pkg::PhaseTimeWait;

  logic ctl_event, host_event, host_ok, host_bad;
  assign ctl_event = valid_i && event_i.kind == toe_rx_pkg::KindCtl;
  assign host_event = valid_i && event_i.kind == toe_rx_pkg::KindHost &&
                      rec_i.phase != toe_rx_pkg::PhaseClosed &&
                      rec_i.phase != toe_rx_pkg::PhaseDying;
  logic host_open;
  assign host_open = rec_i.phase == toe_rx_pkg::PhaseSync ||
                     rec_i.phase == toe_rx_pkg::PhaseTimeWait ||
                     rec_i.phase == toe_rx_pkg::PhaseSynRcvd;
  // After the peer's FIN the window is of no use to anybody: it stays as it is.
  assign host_ok = host_event && host_open && facts_i.offset_new && ~facts_i.offset_bad &&
                   ~rec_i.fin_rcvd;
  assign host_bad = host_event && (host_open ? facts_i.offset_bad : event_i.offset != 32'd0);

  // ---- Next record ----------------------------------------------------------------------------
  logic [31:0] size;
  assign size = 32'd1 << rec_i.ring_log2;
  always_comb begin
    rec_o = rec_i;
    write_o = 1'b0;
    if (ctl_event) begin
      write_o = 1'b1;
      rec_o.fin_rcvd = 1'b0;
      rec_o.fin_acked = 1'b0;
      rec_o.close_first = 1'b0;
      rec_o.fin_ahead = 1'b0;
      rec_o.run_valid = 4'd0;
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
          rec_o.phase = toe_rx_pkg::PhaseSynRcvd;
          rec_o.irs = event_i.ctl.irs;
          rec_o.rcv_nxt = event_i.ctl.irs + 32'd1;
          rec_o.edge_seq = event_i.ctl.irs + 32'd1 + size;
        end
        toe_pkg::RxCtlRelisten: rec_o.phase = toe_rx_pkg::PhaseListen;
        default: rec_o.phase = toe_rx_pkg::PhaseClosed;
      endcase
    end else if (host_ok) begin
      write_o = 1'b1;
      rec_o.edge_seq = facts_i.offset_edge;
    end else if (active_ok || active_simultaneous) begin
      write_o = 1'b1;
      rec_o.phase = active_ok ? toe_rx_pkg::PhaseSync : toe_rx_pkg::PhaseSynRcvd;
      rec_o.irs = event_i.seg.seq;
      rec_o.rcv_nxt = event_i.seg.seq + 32'd1;
      rec_o.edge_seq = event_i.seg.seq + 32'd1 + size;
    end else if (active_refused || rst_hit) begin
      write_o = 1'b1;
      rec_o.phase = toe_rx_pkg::PhaseDying;
    end else if (accepted) begin
      write_o = 1'b1;
      if (handshake) rec_o.phase = toe_rx_pkg::PhaseSync;
      rec_o.rcv_nxt = nxt_text + {31'd0, fin_now};
      rec_o.fin_rcvd = fin_rcvd;
      rec_o.fin_acked = fin_acked;
      rec_o.close_first = active_end;
      rec_o.fin_ahead = fin_known && ~fin_rcvd;
      rec_o.fin_seq = fin_seq;
      if (new_bytes && facts_i.in_order) rec_o.run_valid = rec_i.run_valid & ~touch_i;
      if (stored) begin
        rec_o.run_valid = (rec_i.run_valid & ~touch_i) | slot;
        for (int i = 0; i < 4; i++) begin
          if (slot[i]) begin
            rec_o.run_start[32*i +: 32] = union_start_i;
            rec_o.run_end[32*i +: 32] = union_end_i;
          end
        end
      end
      if (done) rec_o.phase = active_end ? toe_rx_pkg::PhaseTimeWait : toe_rx_pkg::PhaseDying;
    end
  end

  // ---- Payload and report ---------------------------------------------------------------------
  logic kill, progress;
  assign kill = ctl_event && event_i.ctl.op == toe_pkg::RxCtlKill;
  assign progress = accepted && (rec_o.rcv_nxt != rec_i.rcv_nxt || handshake || done);
  assign job_valid_o = (seg_event && event_i.seg.len != 16'd0) || progress || active_ok || kill ||
                       host_bad;
  logic [31:0] place_offset;
  assign place_offset = facts_i.text_start - rec_i.irs - 32'd1;
  always_comb begin
    job_o.conn = event_i.conn;
    job_o.has_frame = seg_event && event_i.seg.len != 16'd0;
    job_o.frame_start = event_i.seg.payload_start;
    job_o.skip = place ? facts_i.skip : 16'd0;
    job_o.len = place ? facts_i.text_len : 16'd0;
    job_o.ring_page = rec_i.ring_page;
    job_o.ring_log2 = rec_i.ring_log2;
    job_o.ring_offset = place_offset[23:0] & (size[23:0] - 24'd1);
    job_o.report = progress || active_ok || kill || host_bad;
    job_o.received = rec_o.rcv_nxt - rec_o.irs - 32'd1 - {31'd0, rec_o.fin_rcvd};
    job_o.established = active_ok || (accepted && rec_i.phase != toe_rx_pkg::PhaseTimeWait);
    job_o.fin_received = rec_i.fin_rcvd || (accepted && fin_rcvd);
    job_o.bad_offset = host_bad;
    job_o.detach = done && active_end;
    job_o.final_report = kill;
    job_o.status = kill ? event_i.ctl.status : 8'd0;
    // The control path has already cleared fin_rcvd in rec_o.
    if (kill) job_o.received = rec_i.rcv_nxt - rec_i.irs - 32'd1 - {31'd0, rec_i.fin_rcvd};
  end

  // ---- To the transmit engine -----------------------------------------------------------------
  logic ack_at_once, text_seen;
  assign text_seen = facts_i.has_text;
  // Anything but new data in order that leaves no gap is acknowledged at once (RFC 5681 4.2).
  assign ack_at_once = (unacceptable && ~rst) || challenge || active_ok || active_simultaneous ||
      (accepted && ((text_seen && ~(new_bytes && facts_i.in_order)) || fin ||
                    rec_i.run_valid != 4'd0));
  assign tx_valid_o = accepted || ((unacceptable && ~rst) || challenge) || active_ok ||
                      active_simultaneous || host_ok;
  always_comb begin
    tx_o.conn = event_i.conn;
    tx_o.ack_valid = accepted || active_ok;
    tx_o.has_text = text_seen;
    tx_o.established = active_ok || (accepted && handshake);
    tx_o.syn_valid = active_ok || active_simultaneous;
    tx_o.mss_valid = event_i.seg.mss_valid;
    tx_o.mss = event_i.seg.mss;
    tx_o.ws_valid = event_i.seg.ws_valid;
    tx_o.ws = event_i.seg.ws;
    tx_o.seq = event_i.seg.seq;
    tx_o.ack = event_i.seg.ack;
    tx_o.wnd = event_i.seg.wnd;
    tx_o.want_ack = ack_at_once ? toe_pkg::AckNow
                  : (new_bytes ? toe_pkg::AckDelayed : toe_pkg::AckNone);
    tx_o.sack_ok = event_i.seg.sack_ok;
    tx_o.ts_valid = event_i.seg.ts_valid;
    tx_o.ts_val = event_i.seg.ts_val;
    tx_o.ts_ecr = event_i.seg.ts_ecr;
    tx_o.sack_count = event_i.seg.sack_count;
    tx_o.sack = event_i.seg.sack;
    tx_o.ece = event_i.seg.flags[toe_pkg::FlagEce];
    tx_o.cwr = event_i.seg.flags[toe_pkg::FlagCwr];
    tx_o.ce = event_i.seg.ce;
    tx_o.dsack_valid = 1'b0;
    tx_o.dsack_start = 32'd0;
    tx_o.dsack_end = 32'd0;
    tx_o.icmp = 1'b0;
    tx_o.icmp_hard = 1'b0;
  end

  // ---- To the connection manager --------------------------------------------------------------
  assign end_valid_o = active_refused || rst_hit || done;
  always_comb begin
    end_o.conn = event_i.conn;
    end_o.kind = toe_pkg::EndClosed;
    end_o.status = toe_contract_pkg::StatusOk;
    if (active_refused) end_o.status = toe_contract_pkg::StatusRefused;
    if (rst_hit) begin
      end_o.status = toe_contract_pkg::StatusReset;
      // RFC 9293 3.10.7.4: a passive open goes back to LISTEN, an active one is refused.
      if (rec_i.phase == toe_rx_pkg::PhaseSynRcvd) begin
        end_o.kind = toe_pkg::EndHandshake;
        end_o.status = toe_contract_pkg::StatusRefused;
      end
      if (rec_i.phase == toe_rx_pkg::PhaseTimeWait) end_o.status = toe_contract_pkg::StatusOk;
    end
    if (done && active_end) end_o.kind = toe_pkg::EndTimeWait;
  end
  assign syn_valid_o = seg_event && ~event_i.hit && syn && ~ack && ~rst;

  // ---- RST in answer (RFC 9293 3.10.7.1 and 3.5.2) ---------------------------------------------
  logic stray;
  assign stray = seg_event && ~event_i.hit && ~rst && ~(syn && ~ack);
  assign rst_valid_o = stray || ((active_bad_ack || bad_handshake_ack) && ~rst);
  always_comb begin
    rst_o.tuple = event_i.seg.tuple;
    rst_o.seq = ack ? event_i.seg.ack : 32'd0;
    rst_o.ack = ack ? 32'd0
        : event_i.seg.seq + {16'd0, event_i.seg.len} + {31'd0, syn} + {31'd0, fin};
    rst_o.wnd = 16'd0;
    rst_o.flags = ack ? 8'b0000_0100 : 8'b0001_0100;
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

  assign cnt_rx_resets_o = rst_hit || active_refused;
  assign cnt_rx_out_of_order_o = stored;
  assign cnt_rx_gaps_exhausted_o = ahead && ~run_room;
  assign cnt_rx_duplicates_o = (accepted || unacceptable) && event_i.seg.len != 16'd0 &&
                               facts_i.text_len == 16'd0;
  assign cnt_rx_outside_window_o = unacceptable;
  assign cnt_rx_challenge_acks_o = challenge;
  assign cnt_rx_no_connection_o = stray;
  assign cnt_conn_established_o = active_ok || (accepted && handshake);

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, place_offset};

endmodule
