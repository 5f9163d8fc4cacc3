// SPDX-License-Identifier: Apache-2.0
// The transmit engine: acknowledgements, host progress, timeouts and turns to send of all
// connections, one event a clock for different connections. Owns the transmit half of every
// connection (toe_tx_pkg::tx_record_t) and the ready queue, in which each connection is at most
// once.
//
//   select -> 1 facts -> 2 apply -> 3 plan -> 4 emit and write back -> 5 build
//
// At most one segment leaves with an event: any event may send if the segment queue had room when
// it entered, and its connection keeps its place in the ready queue if it has one; else sending
// waits for the turn. With only turns sending, news and turns of 8 busy connections would be more
// events than the wire has clocks for their small segments. A turn comes before news when there is
// room again, so with large segments connections go in turn.
// An event waits at the selector while one of its connection is in the first three stages; it
// enters only when the output queues have room. The fifth stage holds nobody back.

module toe_tx_engine #(
  parameter int unsigned Connections = 1024
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  toe_pkg::config_t      cfg_i,
  input  toe_pkg::time_t        now_i,
  output logic                  ready_o,

  // from toe_conn_manager
  input  toe_pkg::tx_ctl_t      ctl_i,
  input  logic                  ctl_valid_i,
  output logic                  ctl_ready_o,
  output logic [15:0]           tuple_addr_o,
  output logic                  tuple_en_o,
  input  toe_pkg::tuple_t       tuple_i,
  // from toe_rx_engine
  input  toe_pkg::tx_rx_t       rx_i,
  input  logic                  rx_valid_i,
  input  logic                  rx_urgent_i,  // more messages wait behind it
  output logic                  rx_ready_o,
  output logic [15:0]           rx_shadow_addr_o,
  output logic                  rx_shadow_en_o,
  input  toe_pkg::rx_shadow_t   rx_shadow_i,
  input  logic [15:0]           tx_shadow_addr_i,
  input  logic                  tx_shadow_en_i,
  output toe_pkg::tx_shadow_t   tx_shadow_o,
  // from toe_sq_exec
  input  toe_pkg::tx_host_t     host_i,
  input  logic                  host_valid_i,
  output logic                  host_ready_o,
  // toe_timers
  input  logic [15:0]           fire_conn_i,
  input  logic                  fire_valid_i,
  output logic                  fire_ready_o,
  output logic                  set_valid_o,
  output logic [15:0]           set_conn_o,
  output logic                  set_armed_o,
  output logic [31:0]           set_deadline_us_o,

  // to toe_wire
  output toe_pkg::tx_segment_t  seg_o,
  output logic                  seg_valid_o,
  input  logic                  seg_ready_i,
  // to toe_report
  output toe_pkg::tx_report_t   report_o,
  output logic                  report_valid_o,
  input  logic                  report_ready_i,
  // to toe_conn_manager
  output toe_pkg::end_t         end_o,
  output logic                  end_valid_o,
  input  logic                  end_ready_i,

  // congestion control beside the engine
  output toe_pkg::cc_event_t    cc_event_o,
  output logic                  cc_event_valid_o,
  input  toe_pkg::cc_answer_t   cc_answer_i,
  input  logic                  cc_answer_valid_i,
  output logic                  cc_answer_ready_o,

  output logic                  idle_o,
  output logic                  cnt_tx_retransmits_o,
  output logic                  cnt_tx_rto_o,
  output logic                  cnt_tx_fast_retransmits_o,
  output logic                  cnt_tx_window_probes_o,
  output logic                  cnt_rx_duplicate_acks_o,
  output logic                  cnt_conn_timed_out_o,
  output logic                  cnt_rx_dsack_o,
  output logic                  cnt_tx_dsack_o,
  output logic                  cnt_tx_sack_retransmits_o,
  output logic                  cnt_tx_loss_probes_o,
  output logic                  cnt_tx_undone_o,
  output logic                  cnt_tx_idle_restarts_o,
  output logic                  cnt_tx_keepalives_o,
  output logic                  cnt_conn_user_timeout_o,
  output logic                  cnt_pmtu_reduced_o
);

  localparam int unsigned AddrW = $clog2(Connections);
  localparam int unsigned RecordW = toe_tx_pkg::RecordW;
  localparam int unsigned SegW = toe_pkg::TxSegmentW;
  localparam int unsigned ReportW = 16 + 32 + 3;
  localparam int unsigned EndW = 2 + 16 + 8;
  localparam int unsigned Reserve = 7;  // five stages and two that enter before room_o falls

  // ---- Clearing after reset -------------------------------------------------------------------
  logic [AddrW:0] clear_q;
  logic clearing;
  assign clearing = ~clear_q[AddrW];
  assign ready_o = ~clearing;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) clear_q <= '0;
    else if (clearing) clear_q <= clear_q + 1'b1;
  end

  // ---- Select ---------------------------------------------------------------------------------
  logic room, seg_room, entry_room;  // seg_room: also in bytes
  logic [4:0] valid;
  logic [5:0] waits;
  toe_pkg::tx_event_t event_d, e1_q, e2_q, e3_q, e4_q;
  logic [15:0] turn_conn, conn5_q;
  logic turn_valid;

  logic take_ctl, take_fire, take_turn, take_rx, take_host, take_cc, take;
  logic [29:0] same;
  // The record of an event in the fourth stage is forwarded by the RAM.
  toe_hazard #(.Queries(6), .Stages(5), .IdW(16)) u_hazard (
    .clk_i, .rst_ni, .take_i(take), .take_id_i(event_d.conn), .pass_i(5'b11000), .valid_o(valid),
    .ask_id_i({cc_answer_i.conn, ctl_i.conn, rx_i.conn, host_i.conn, fire_conn_i, turn_conn}),
    .same_o(same), .wait_o(waits)
  );

  logic ctl_can, rx_can, host_can, fire_can, turn_can, cc_can;
  assign cc_can = cc_answer_valid_i && room && ~waits[5];
  assign ctl_can = ctl_valid_i && room && entry_room && ~waits[4];
  assign rx_can = rx_valid_i && room && ~waits[3];
  assign host_can = host_valid_i && room && ~waits[2];
  assign fire_can = fire_valid_i && room && ~waits[1];
  assign turn_can = turn_valid && room && seg_room && ~waits[0];

  // Control and timers are rare and go first; turns alternate with news, host with receive engine.
  // News of the connection whose turn is next takes the turn along: one event, one segment. When
  // messages of the receive engine pile up nothing may come between, for each turn or word of the
  // host could keep the next message waiting, and the wire waits for nobody. toe_cc's answers are
  // advice and fill what the others leave.
  logic prefer_turn_q, prefer_host_q;
  logic pick_rx, pick_host, along, take_news;
  assign pick_host = host_can && ~rx_urgent_i && (prefer_host_q || ~rx_can);
  assign pick_rx = rx_can && ~pick_host;
  assign along = turn_valid && seg_room && ((pick_rx && rx_i.conn == turn_conn) ||
                                            (pick_host && host_i.conn == turn_conn));
  assign take_ctl = ctl_can && ~clearing;
  assign take_fire = fire_can && ~clearing && ~take_ctl;
  assign take_turn = turn_can && ~clearing && ~take_ctl && ~take_fire && ~along && ~rx_urgent_i &&
                     (prefer_turn_q || ~(rx_can || host_can));
  assign take_news = ~clearing && ~take_ctl && ~take_fire && ~take_turn;
  assign take_rx = take_news && pick_rx;
  assign take_host = take_news && pick_host;
  assign take_cc = take_news && ~pick_rx && ~pick_host && cc_can;
  assign take = take_ctl || take_fire || take_turn || take_rx || take_host || take_cc;
  assign ctl_ready_o = take_ctl;
  assign fire_ready_o = take_fire;
  assign rx_ready_o = take_rx;
  assign host_ready_o = take_host;
  assign cc_answer_ready_o = take_cc;
  // The fourth stage would queue the connection whose news enters now, and nobody else waits: the
  // turn goes over without the queue.
  logic turn_ready, inherit, ready_push;
  assign turn_ready = take_turn || (take_news && along);
  assign inherit = ready_push && seg_room && ~turn_valid &&
                   ((take_rx && same[5*3 + 3]) || (take_host && same[5*2 + 3]));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      prefer_turn_q <= 1'b0;
      prefer_host_q <= 1'b0;
    end else begin
      if (turn_ready) prefer_turn_q <= 1'b0;
      else if (take_rx || take_host) prefer_turn_q <= 1'b1;
      if (take_rx) prefer_host_q <= 1'b1;
      else if (take_host) prefer_host_q <= 1'b0;
    end
  end

  always_comb begin
    event_d.kind = toe_tx_pkg::KindTurn;
    event_d.conn = turn_conn;
    event_d.turn = turn_ready || inherit;
    event_d.may_send = seg_room;
    if (take_ctl) begin
      event_d.kind = toe_tx_pkg::KindCtl;
      event_d.conn = ctl_i.conn;
    end else if (take_fire) begin
      event_d.kind = toe_tx_pkg::KindTimer;
      event_d.conn = fire_conn_i;
    end else if (take_rx) begin
      event_d.kind = toe_tx_pkg::KindRx;
      event_d.conn = rx_i.conn;
    end else if (take_host) begin
      event_d.kind = toe_tx_pkg::KindHost;
      event_d.conn = host_i.conn;
    end else if (take_cc) begin
      event_d.kind = toe_tx_pkg::KindCc;
      event_d.conn = cc_answer_i.conn;
    end
    event_d.ctl = ctl_i;
    event_d.rx = rx_i;
    event_d.offset = take_cc ? cc_answer_i.step
                   : (host_i.configure ? host_i.user_timeout : host_i.offset);
    event_d.fin = host_i.fin;
    event_d.configure = host_i.configure;
    event_d.options = host_i.options;
    event_d.cc = host_i.cc;
    event_d.alpha = cc_answer_i.alpha;
  end
  assign tuple_addr_o = event_d.conn;
  assign tuple_en_o = take;
  assign rx_shadow_addr_o = event_d.conn;
  assign rx_shadow_en_o = take;

  // ---- State ----------------------------------------------------------------------------------
  toe_tx_pkg::tx_record_t rec_rd, r2_q, r3_q, r4_q, r5_q, applied, rec_wr;
  logic [RecordW-1:0] rec_rd_bits;
  toe_ram_fwd #(.Width(RecordW), .Depth(Connections)) u_records (
    .clk_i,
    .wr_en_i(clearing || valid[3]),
    .wr_addr_i(clearing ? clear_q[AddrW-1:0] : e4_q.conn[AddrW-1:0]),
    .wr_data_i(clearing ? '0 : rec_wr),
    .rd_en_i(take), .rd_addr_i(event_d.conn[AddrW-1:0]), .rd_data_o(rec_rd_bits)
  );
  assign rec_rd = rec_rd_bits;

  logic [toe_pkg::TxShadowW-1:0] shadow_bits;
  toe_ram_1r1w #(.Width(toe_pkg::TxShadowW), .Depth(Connections)) u_shadow (
    .clk_i,
    .wr_en_i(valid[3]), .wr_addr_i(e4_q.conn[AddrW-1:0]),
    .wr_data_i({rec_wr.snd_una, rec_wr.snd_max, rec_wr.fin_sent, rec_wr.owed.last, 2'd0,
                 rec_wr.max_wnd}),
    .rd_en_i(tx_shadow_en_i), .rd_addr_i(tx_shadow_addr_i[AddrW-1:0]), .rd_data_o(shadow_bits)
  );
  assign tx_shadow_o = shadow_bits;

  // ---- Pipeline -------------------------------------------------------------------------------
  toe_tx_pkg::tx_facts_t facts, f2_q;
  toe_tx_pkg::tx_sack_t sack, s2_q;
  toe_tx_pkg::tx_notes_t notes, n3_q, n4_q, n5_q;
  toe_tx_pkg::tx_plan_t plan, p4_q;
  toe_tx_pkg::tx_out_t out, o5_q;
  toe_pkg::rx_shadow_t x2_q, x3_q, x4_q, x5_q;
  toe_pkg::tuple_t t2_q, t3_q, t4_q, t5_q;
  logic [25:0] lost_edge;
  logic restart;

  toe_tx_facts u_facts (.event_i(e1_q), .rec_i(rec_rd), .tuple_i, .cfg_i, .now_i, .facts_o(facts));
  toe_tx_sack_facts u_sack (.event_i(e1_q), .rec_i(rec_rd), .sack_o(sack));
  toe_tx_apply u_apply (
    .event_i(e2_q), .rec_i(r2_q), .facts_i(f2_q), .sack_i(s2_q), .cfg_i, .now_i, .rec_o(applied),
    .notes_o(notes));
  toe_tx_plan u_plan (
    .rec_i(r3_q), .first_hole_i(n3_q.first_hole), .rx_i(x3_q), .cfg_i,
    .ticks_i(now_i.ticks[27:0]), .lost_edge_o(lost_edge),
    .restart_o(restart), .plan_o(plan));

  always_ff @(posedge clk_i) begin
    if (take) e1_q <= event_d;
    if (valid[0]) begin
      e2_q <= e1_q;
      r2_q <= rec_rd;
      f2_q <= facts;
      s2_q <= sack;
      x2_q <= rx_shadow_i;
      t2_q <= tuple_i;
    end
    if (valid[1]) begin
      e3_q <= e2_q;
      r3_q <= applied;
      n3_q <= notes;
      x3_q <= x2_q;
      t3_q <= t2_q;
    end
    if (valid[2]) begin
      e4_q <= e3_q;
      r4_q <= r3_q;
      r4_q.loss.lost_edge <= lost_edge;
      if (restart) r4_q.loss.high_rxt <= r3_q.snd_una[25:0];
      n4_q <= n3_q;
      p4_q <= plan;
      x4_q <= x3_q;
      t4_q <= t3_q;
    end
    if (valid[3]) begin
      conn5_q <= e4_q.conn;
      r5_q <= rec_wr;
      o5_q <= out;
      n5_q <= n4_q;
      x5_q <= x4_q;
      t5_q <= t4_q;
    end
  end

  toe_tx_emit u_emit (
    .valid_i(valid[3]), .event_i(e4_q), .rec_i(r4_q), .plan_i(p4_q), .notes_i(n4_q),
    .rcv_nxt_i(x4_q.rcv_nxt), .cfg_i, .now_i, .rec_o(rec_wr), .out_o(out),
    .ready_push_o(ready_push), .retransmit_o(cnt_tx_retransmits_o),
    .sack_retransmit_o(cnt_tx_sack_retransmits_o), .loss_probe_o(cnt_tx_loss_probes_o),
    .probe_o(cnt_tx_window_probes_o), .dsack_o(cnt_tx_dsack_o)
  );

  logic seg_push, report_push, end_push;
  toe_pkg::tx_segment_t seg;
  toe_pkg::tx_report_t report;
  toe_pkg::end_t ending;
  toe_tx_build u_build (
    .valid_i(valid[4]), .conn_i(conn5_q), .rec_i(r5_q), .out_i(o5_q), .notes_i(n5_q), .rx_i(x5_q),
    .tuple_i(t5_q), .cfg_i, .now_i, .seg_valid_o(seg_push), .seg_o(seg),
    .report_valid_o(report_push), .report_o(report), .end_valid_o(end_push), .end_o(ending),
    .timer_armed_o(set_armed_o), .timer_at_o(set_deadline_us_o),
    .cc_valid_o(cc_event_valid_o), .cc_o(cc_event_o)
  );
  assign set_valid_o = valid[4];
  assign set_conn_o = conn5_q;
  assign cnt_tx_rto_o = valid[4] && n5_q.rto_fired;
  assign cnt_tx_fast_retransmits_o = valid[4] && n5_q.fast;
  assign cnt_rx_duplicate_acks_o = valid[4] && n5_q.dup;
  assign cnt_conn_timed_out_o = valid[4] && n5_q.timed_out;
  assign cnt_rx_dsack_o = valid[4] && n5_q.dsack;
  assign cnt_tx_undone_o = valid[4] && n5_q.undone;
  assign cnt_tx_idle_restarts_o = valid[4] && n5_q.idle;
  assign cnt_tx_keepalives_o = valid[4] && n5_q.keepalive;
  assign cnt_conn_user_timeout_o = valid[4] && n5_q.too_long;
  assign cnt_pmtu_reduced_o = valid[4] && n5_q.path;

  // ---- Queues ---------------------------------------------------------------------------------
  logic [SegW-1:0] seg_bits;
  logic [ReportW-1:0] report_bits;
  logic [EndW-1:0] end_bits;
  logic seg_queue_room, report_room, end_room, ready_in_ready;
  logic [$clog2(Connections + 1)-1:0] ready_n;
  toe_room_fifo #(.Width(SegW), .Depth(32), .Reserve(Reserve)) u_segments (
    .clk_i, .rst_ni, .in_data_i(seg), .in_valid_i(seg_push), .room_o(seg_queue_room),
    .out_data_o(seg_bits), .out_valid_o(seg_valid_o), .out_ready_i(seg_ready_i));
  toe_room_fifo #(.Width(ReportW), .Depth(32), .Reserve(Reserve)) u_reports (
    .clk_i, .rst_ni, .in_data_i(report), .in_valid_i(report_push), .room_o(report_room),
    .out_data_o(report_bits), .out_valid_o(report_valid_o), .out_ready_i(report_ready_i));
  toe_room_fifo #(.Width(EndW), .Reserve(Reserve)) u_ends (
    .clk_i, .rst_ni, .in_data_i(ending), .in_valid_i(end_push), .room_o(end_room),
    .out_data_o(end_bits), .out_valid_o(end_valid_o), .out_ready_i(end_ready_i));
  toe_fifo #(.Width(16), .Depth(Connections)) u_ready (
    .clk_i, .rst_ni, .in_data_i(e4_q.conn), .in_valid_i(ready_push && ~inherit),
    .in_ready_o(ready_in_ready),
    .out_data_o(turn_conn), .out_valid_o(turn_valid), .out_ready_i(turn_ready),
    .count_o(ready_n));
  assign seg_o = seg_bits;
  assign report_o = report_bits;
  assign end_o = end_bits;

  // Payload that waits in the segment queue: an acknowledgement is as old as what waits before it,
  // so there should be what keeps toe_wire busy and no more.
  localparam int unsigned QueueBytesLog2 = 10;
  logic [18:0] queued_q;
  logic seg_pop;
  assign seg_pop = seg_valid_o && seg_ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      room <= 1'b0;
      seg_room <= 1'b0;
      entry_room <= 1'b0;
      queued_q <= 19'd0;
    end else begin
      room <= report_room && end_room;
      entry_room <= seg_queue_room;
      seg_room <= seg_queue_room && queued_q[18:QueueBytesLog2] == '0;
      if (seg_push || seg_pop) begin
        queued_q <= queued_q + (seg_push ? {3'd0, seg.len} : 19'd0) -
                    (seg_pop ? {3'd0, seg_o.len} : 19'd0);
      end
    end
  end

  // A turn that waits only for the wire is not idle: the wire has work then.
  assign idle_o = ~(ctl_valid_i || rx_valid_i || host_valid_i || fire_valid_i || turn_valid ||
                    valid != 5'd0 || cc_answer_valid_i || seg_valid_o || report_valid_o ||
                    end_valid_o ||
                    clearing);

`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(ready_push && !ready_in_ready)) else $error("ready queue overflow");
    // The scoreboard is packed towards its last place, ascending, disjoint and above SND.UNA.
    for (int i = 0; i < toe_tx_pkg::Ranges; i++) begin
      if (rst_ni && valid[3] && r4_q.board.valid[i]) begin
        assert (i == toe_tx_pkg::Ranges - 1 ||
                (r4_q.board.valid[(i + 1) % toe_tx_pkg::Ranges] &&
                 r4_q.board.past[26*i +: 26] - r4_q.snd_una[25:0] <
                     r4_q.board.first[26*((i + 1) % toe_tx_pkg::Ranges) +: 26] -
                     r4_q.snd_una[25:0]))
            else $error("scoreboard out of order");
        assert (r4_q.board.first[26*i +: 26] - r4_q.snd_una[25:0] <
                r4_q.board.past[26*i +: 26] - r4_q.snd_una[25:0] &&
                r4_q.board.past[26*i +: 26] - r4_q.snd_una[25:0] <=
                r4_q.snd_max[25:0] - r4_q.snd_una[25:0])
            else $error("scoreboard beyond SND.MAX");
      end
    end
  end
`endif

  logic unused_ok;
  assign unused_ok = &{1'b0, host_i, ready_n, tx_shadow_addr_i, same, ready_in_ready, e4_q};

endmodule
