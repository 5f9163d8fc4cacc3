// SPDX-License-Identifier: Apache-2.0
// The receive engine: judges segments, control and host events of all connections, one event a
// clock for different connections. Owns the receive half of every connection
// (toe_rx_pkg::rx_record_t).
//
//   select -> 1 facts -> 2 judge, touch -> 3 union -> 4 decide and write back
//
// An event waits at the selector while one of its connection is in stage 1, or in stage 2 or 3 if
// that one changes more than RCV.NXT, the window's edge and TS.Recent. Those are known in stage 2
// already and handed on (toe_rx_next): data in order of one connection flows at a segment every
// second clock, everything else at one every fourth. An event enters only when every output queue
// that may lose nothing has room for all that is in flight, so the pipeline itself never stalls.

module toe_rx_engine #(
  parameter int unsigned Connections = 1024
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  toe_pkg::config_t      cfg_i,
  input  toe_pkg::time_t        now_i,
  input  logic                  stray_acks_i,    // ACKs of no connection go to syn_o: SYN cookies
  input  logic                  backlog_full_i,  // toe_conn_manager dropped a SYN for want of room

  // from toe_conn_lookup
  input  toe_pkg::rx_segment_t  seg_i,
  input  logic                  seg_valid_i,
  output logic                  seg_ready_o,
  // from toe_conn_manager
  input  toe_pkg::rx_ctl_t      ctl_i,
  input  logic                  ctl_valid_i,
  output logic                  ctl_ready_o,
  // from toe_sq_exec
  input  toe_pkg::rx_host_t     host_i,
  input  logic                  host_valid_i,
  output logic                  host_ready_o,

  // toe_tx_engine: its facts, one clock after the address; ours for it, likewise
  output logic [15:0]           tx_shadow_addr_o,
  output logic                  tx_shadow_en_o,
  input  toe_pkg::tx_shadow_t   tx_shadow_i,
  input  logic [15:0]           rx_shadow_addr_i,
  input  logic                  rx_shadow_en_i,
  output toe_pkg::rx_shadow_t   rx_shadow_o,
  output toe_pkg::tx_rx_t       tx_o,
  output logic                  tx_valid_o,
  output logic                  tx_urgent_o,  // more than one message waits
  input  logic                  tx_ready_i,

  // to toe_dma_write
  output toe_pkg::rx_job_t      job_o,
  output logic                  job_valid_o,
  input  logic                  job_ready_i,
  // to toe_conn_manager
  output toe_pkg::end_t         end_o,
  output logic                  end_valid_o,
  input  logic                  end_ready_i,
  output toe_pkg::segment_t     syn_o,
  output logic                  syn_valid_o,
  input  logic                  syn_ready_i,
  // to toe_wire: RST in answer to segments that belong nowhere
  output toe_pkg::tx_segment_t  rst_o,
  output logic                  rst_valid_o,
  input  logic                  rst_ready_i,

  output logic                  idle_o,
  output logic                  cnt_rx_resets_o,
  output logic                  cnt_rx_out_of_order_o,
  output logic                  cnt_rx_gaps_exhausted_o,
  output logic                  cnt_rx_duplicates_o,
  output logic                  cnt_rx_outside_window_o,
  output logic                  cnt_rx_challenge_acks_o,
  output logic                  cnt_rx_no_connection_o,
  output logic                  cnt_conn_established_o,
  output logic                  cnt_rx_paws_rejected_o,
  output logic                  cnt_rx_sack_blocks_o,
  output logic                  cnt_rx_ce_o,
  output logic                  cnt_rx_ece_o,
  output logic                  cnt_rx_challenge_limited_o,
  output logic                  cnt_rx_icmp_errors_o,
  output logic                  cnt_syn_backlog_full_o
);

  localparam int unsigned AddrW = $clog2(Connections);
  localparam int unsigned RecordW = toe_rx_pkg::RecordW;
  localparam int unsigned JobW = 16 + 1 + 8 + 16 + 16 + 52 + 5 + 24 + 1 + 32 + 5 + 8;
  localparam int unsigned TxRxW = toe_pkg::TxRxW;
  localparam int unsigned EndW = 2 + 16 + 8;
  localparam int unsigned SegW = toe_pkg::SegmentW;
  localparam int unsigned TxSegW = toe_pkg::TxSegmentW;

  // ---- Select ---------------------------------------------------------------------------------
  logic room, host_turn_q;
  logic take_seg, take_ctl, take_host, take;
  logic ctl_wait, seg_wait, host_wait;
  logic [3:0] ctl_same, seg_same, host_same, valid, pass;
  toe_pkg::rx_event_t event_d, e1_q, e2_q, e3_q, e4_q;

  toe_hazard #(.Queries(3), .Stages(4), .IdW(16)) u_hazard (
    .clk_i, .rst_ni, .take_i(take), .take_id_i(event_d.conn), .pass_i(pass), .valid_o(valid),
    .ask_id_i({ctl_i.conn, seg_i.conn, host_i.conn}), .same_o({ctl_same, seg_same, host_same}),
    .wait_o({ctl_wait, seg_wait, host_wait})
  );

  // A segment without a connection touches no record and never waits.
  logic seg_can, host_can;
  assign seg_can = seg_valid_i && ~(seg_i.hit && seg_wait);
  assign host_can = host_valid_i && ~host_wait;
  assign take_ctl = room && ctl_valid_i && ~ctl_wait;
  assign take_seg = room && ~take_ctl && seg_can && ~(host_turn_q && host_can);
  assign take_host = room && ~take_ctl && ~take_seg && host_can;
  assign take = take_ctl || take_seg || take_host;
  assign ctl_ready_o = take_ctl;
  assign seg_ready_o = take_seg;
  assign host_ready_o = take_host;

  always_comb begin
    event_d.kind = take_ctl ? toe_rx_pkg::KindCtl
                 : (take_seg ? toe_rx_pkg::KindSegment : toe_rx_pkg::KindHost);
    event_d.conn = take_ctl ? ctl_i.conn : (take_seg ? seg_i.conn : host_i.conn);
    event_d.hit = seg_i.hit || ~take_seg;
    event_d.ctl = ctl_i;
    event_d.seg = seg_i.seg;
    event_d.offset = host_i.offset;
  end
  assign tx_shadow_addr_o = event_d.conn;
  assign tx_shadow_en_o = take;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) host_turn_q <= 1'b0;
    else if (take_seg) host_turn_q <= 1'b1;
    else if (take_host) host_turn_q <= 1'b0;
  end

  // ---- State ----------------------------------------------------------------------------------
  logic write;
  toe_rx_pkg::rx_record_t rec_wr, rec_rd, r2_q, r3_q, r4_q;
  logic [RecordW-1:0] rec_rd_bits;
  toe_ram_fwd #(.Width(RecordW), .Depth(Connections)) u_records (
    .clk_i,
    .wr_en_i(write), .wr_addr_i(e4_q.conn[AddrW-1:0]), .wr_data_i(rec_wr),
    .rd_en_i(take), .rd_addr_i(event_d.conn[AddrW-1:0]), .rd_data_o(rec_rd_bits)
  );

  // The newest values of an event in stage 2 or 3, which the record will have only later.
  logic [3:0] same;
  toe_rx_pkg::rx_next_t next, n3_q, newer_q;
  logic newer_valid_q, simple, s3_q;
  assign same = take_ctl ? ctl_same : (take_seg ? seg_same : host_same);
  assign pass = {1'b1, s3_q, simple, ~e1_q.hit};
  always_comb begin
    rec_rd = rec_rd_bits;
    if (newer_valid_q) begin
      rec_rd.rcv_nxt = newer_q.rcv_nxt;
      rec_rd.edge_seq = newer_q.edge_seq;
      rec_rd.ts_recent = newer_q.ts_recent;
      rec_rd.ts_age = newer_q.ts_age;
      rec_rd.ts_ack = newer_q.ts_ack;
    end
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      newer_valid_q <= (same[1] && e2_q.hit) || (same[2] && e3_q.hit);
      if (same[2:1] != 2'd0) newer_q <= same[1] && e2_q.hit ? next : n3_q;
    end
  end

  logic [toe_pkg::RxShadowW-1:0] shadow_bits;
  toe_ram_1r1w #(.Width(toe_pkg::RxShadowW), .Depth(Connections)) u_shadow (
    .clk_i,
    .wr_en_i(write), .wr_addr_i(e4_q.conn[AddrW-1:0]),
    .wr_data_i({rec_wr.rcv_nxt, rec_wr.edge_seq, rec_wr.ts_recent, rec_wr.run_valid,
                 rec_wr.run_start, rec_wr.run_end}),
    .rd_en_i(rx_shadow_en_i), .rd_addr_i(rx_shadow_addr_i[AddrW-1:0]), .rd_data_o(shadow_bits)
  );
  assign rx_shadow_o = shadow_bits;

  // ---- Time: how often the ticks have wrapped, for the age of TS.Recent -------------------------
  logic [3:0] wraps_q;
  logic half_q;
  logic [toe_rx_pkg::AgeW-1:0] age_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wraps_q <= 4'd0;
      half_q <= 1'b0;
    end else begin
      half_q <= now_i.ticks[31];
      if (half_q && ~now_i.ticks[31]) wraps_q <= wraps_q + 4'd1;
    end
    age_q <= {wraps_q, now_i.ticks[31:16]};
  end

  // ---- Pipeline -------------------------------------------------------------------------------
  toe_rx_pkg::rx_facts_t facts, f2_q, f3_q, f4_q;
  toe_rx_pkg::rx_verdict_t verdict, v3_q, v4_q;
  toe_rx_pkg::rx_twice_t twice, d4_q;
  toe_rx_pkg::rx_touch_t touch, t3_q;
  logic [3:0] t4_q, rv4_q;
  logic [31:0] union_start, union_end, us4_q, ue4_q;
  logic [3:0] kept_valid;
  logic [127:0] kept_start, kept_end;

  toe_rx_facts u_facts (
    .event_i(e1_q), .rec_i(rec_rd), .tx_i(tx_shadow_i), .age_i(age_q), .facts_o(facts));

  toe_rx_judge u_judge (
    .event_i(e2_q), .rec_i(r2_q), .facts_i(f2_q), .stray_acks_i,
    .time_wait_reuse_i(cfg_i.time_wait_reuse),
    .verdict_o(verdict));

  toe_rx_runs u_runs (
    .valid_i(r2_q.run_valid), .start_i(r2_q.run_start), .end_i(r2_q.run_end),
    .text_start_i(f2_q.text_start), .text_end_i(f2_q.text_end), .touch_o(touch),
    .touch_q_i(t3_q), .keep_q_i(r3_q.run_valid & ~(t3_q.touch & {4{v3_q.new_bytes}})),
    .start_q_i(r3_q.run_start), .end_q_i(r3_q.run_end),
    .text_start_q_i(f3_q.text_start), .text_end_q_i(f3_q.text_end),
    .union_start_o(union_start), .union_end_o(union_end), .kept_valid_o(kept_valid),
    .kept_start_o(kept_start), .kept_end_o(kept_end)
  );

  toe_rx_dsack u_dsack (
    .touch_i(t3_q), .start_i(r3_q.run_start), .end_i(r3_q.run_end),
    .text_start_i(f3_q.text_start), .text_end_i(f3_q.text_end), .twice_o(twice)
  );

  toe_rx_next u_next (
    .event_i(e2_q), .rec_i(r2_q), .facts_i(f2_q), .simple_o(simple), .next_o(next));

  always_ff @(posedge clk_i) begin
    if (take) e1_q <= event_d;
    if (valid[0]) begin
      e2_q <= e1_q;
      r2_q <= rec_rd;
      f2_q <= facts;
    end
    if (valid[1]) begin
      e3_q <= e2_q;
      s3_q <= simple;
      n3_q <= next;
      r3_q <= r2_q;
      f3_q <= f2_q;
      v3_q <= verdict;
      t3_q <= touch;
    end
    if (valid[2]) begin
      e4_q <= e3_q;
      r4_q <= r3_q;
      r4_q.run_valid <= kept_valid;
      r4_q.run_start <= kept_start;
      r4_q.run_end <= kept_end;
      f4_q <= f3_q;
      v4_q <= v3_q;
      t4_q <= t3_q.touch;
      rv4_q <= r3_q.run_valid;
      us4_q <= union_start;
      ue4_q <= union_end;
      d4_q <= twice;
    end
  end

  logic job_push, tx_push, end_push, syn_push, rst_push, challenge, challenge_ok;
  toe_pkg::rx_job_t job;
  toe_pkg::tx_rx_t tx;
  toe_pkg::end_t ending;
  toe_pkg::segment_t syn;
  toe_pkg::tx_segment_t rst;
  toe_rx_decide u_decide (
    .valid_i(valid[3]), .event_i(e4_q), .rec_i(r4_q), .facts_i(f4_q), .verdict_i(v4_q),
    .touch_i(t4_q), .run_valid_i(rv4_q), .union_start_i(us4_q), .union_end_i(ue4_q),
    .twice_i(d4_q), .challenge_ok_i(challenge_ok), .use_ts_i(cfg_i.use_ts),
    .write_o(write), .rec_o(rec_wr),
    .job_valid_o(job_push), .job_o(job), .tx_valid_o(tx_push), .tx_o(tx),
    .end_valid_o(end_push), .end_o(ending), .syn_valid_o(syn_push), .syn_o(syn),
    .rst_valid_o(rst_push), .rst_o(rst), .challenge_o(challenge),
    .cnt_rx_resets_o, .cnt_rx_out_of_order_o, .cnt_rx_gaps_exhausted_o, .cnt_rx_duplicates_o,
    .cnt_rx_outside_window_o, .cnt_rx_no_connection_o, .cnt_conn_established_o,
    .cnt_rx_paws_rejected_o, .cnt_rx_sack_blocks_o, .cnt_rx_ce_o, .cnt_rx_ece_o,
    .cnt_rx_icmp_errors_o
  );

  toe_rx_challenge u_challenge (
    .clk_i, .rst_ni, .now_us_i(now_i.us), .rate_i(cfg_i.challenge_ack_rate),
    .secret_i(cfg_i.secret[31:0]), .ask_i(challenge), .ok_o(challenge_ok),
    .cnt_sent_o(cnt_rx_challenge_acks_o), .cnt_limited_o(cnt_rx_challenge_limited_o)
  );

  // ---- Output queues --------------------------------------------------------------------------
  logic [JobW-1:0] job_bits;
  logic [EndW-1:0] end_bits;
  logic [SegW-1:0] syn_bits;
  logic [TxSegW-1:0] rst_bits;
  logic job_room, tx_room, end_room, syn_room, rst_room, tx_idle;
  logic [4:0] syn_count, rst_count;
  toe_room_fifo #(.Width(JobW)) u_jobs (
    .clk_i, .rst_ni, .in_data_i(job), .in_valid_i(job_push), .room_o(job_room),
    .out_data_o(job_bits), .out_valid_o(job_valid_o), .out_ready_i(job_ready_i));
  toe_rx_merge #(.Width(TxRxW)) u_tx (
    .clk_i, .rst_ni, .in_i(tx), .in_valid_i(tx_push), .room_o(tx_room), .urgent_o(tx_urgent_o),
    .out_o(tx_o), .out_valid_o(tx_valid_o), .out_ready_i(tx_ready_i), .idle_o(tx_idle));
  toe_room_fifo #(.Width(EndW)) u_ends (
    .clk_i, .rst_ni, .in_data_i(ending), .in_valid_i(end_push), .room_o(end_room),
    .out_data_o(end_bits), .out_valid_o(end_valid_o), .out_ready_i(end_ready_i));
  // A flood of SYNs must not hold up connections that exist: what finds no room is dropped, for the
  // peer sends it again.
  toe_fifo #(.Width(SegW), .Depth(16)) u_syns (
    .clk_i, .rst_ni, .in_data_i(syn), .in_valid_i(syn_push), .in_ready_o(syn_room),
    .out_data_o(syn_bits), .out_valid_o(syn_valid_o), .out_ready_i(syn_ready_i),
    .count_o(syn_count));
  // A reset beyond its queue is dropped: strangers must not keep connections waiting.
  toe_fifo #(.Width(TxSegW), .Depth(16)) u_rsts (
    .clk_i, .rst_ni, .in_data_i(rst), .in_valid_i(rst_push), .in_ready_o(rst_room),
    .out_data_o(rst_bits), .out_valid_o(rst_valid_o), .out_ready_i(rst_ready_i),
    .count_o(rst_count));
  assign job_o = job_bits;
  assign end_o = end_bits;
  assign syn_o = syn_bits;
  assign rst_o = rst_bits;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) room <= 1'b0;
    else room <= job_room && tx_room && end_room;
  end

  // Drops here and in toe_conn_manager can meet in one clock; the pulses then follow each other.
  logic [3:0] lost, lost_q;
  assign lost = lost_q + {3'd0, syn_push && ~syn_room} + {3'd0, backlog_full_i};
  assign cnt_syn_backlog_full_o = lost != 4'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) lost_q <= 4'd0;
    else if (lost != 4'd0) lost_q <= lost > 4'd13 ? 4'd12 : lost - 4'd1;
  end

  assign idle_o = ~(seg_valid_i || ctl_valid_i || host_valid_i || valid != 4'd0 || job_valid_o ||
                    end_valid_o || syn_valid_o || rst_valid_o || lost_q != 4'd0) && tx_idle;

`ifndef YOSYS
  // What stage 2 promised of an event is what the last stage writes.
  logic s4_q;
  toe_rx_pkg::rx_next_t n4_q;
  toe_rx_pkg::rx_record_t promised;
  always_comb begin
    promised = r4_q;
    promised.rcv_nxt = n4_q.rcv_nxt;
    promised.edge_seq = n4_q.edge_seq;
    promised.ts_recent = n4_q.ts_recent;
    promised.ts_age = n4_q.ts_age;
    promised.ts_ack = n4_q.ts_ack;
    // Of no meaning without a gap or a FIN beyond one.
    promised.fin_seq = rec_wr.fin_seq;
  end
  always_ff @(posedge clk_i) begin
    if (valid[2]) begin
      s4_q <= s3_q;
      n4_q <= n3_q;
    end
    if (rst_ni && valid[3] && e4_q.hit && s4_q) begin
      assert (rec_wr == promised) else $error("toe_rx_next and toe_rx_decide disagree");
    end
    // No free slot of a run before a used one.
    if (rst_ni && write) assert ((rec_wr.run_valid & (rec_wr.run_valid + 4'd1)) == 4'd0);
  end
`endif

  logic unused_ok;
  assign unused_ok = &{1'b0, rx_shadow_addr_i, same[0], same[3], cfg_i, now_i, syn_count,
                       rst_count, rst_room};

endmodule
