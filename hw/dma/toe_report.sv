// SPDX-License-Identifier: Apache-2.0
// What the host is to be told. One record for each connection merges the messages of both engines
// and of the connection manager; a record with news is in its queue pair's list exactly once, so
// nothing overflows, and a writer takes records off the lists while their completion ring has room.
//
// Pipeline (one operation a clock, of the same connection too: a record on its way to the memory is
// forwarded): choose and read, merge, write back. An operation that ends a connection gives its
// identifier back (freed_o) only when nothing of the record is left to be told. After the report of
// TIME-WAIT (detach) a record is silent until it ends. A passive connection's first report that
// says established waits for another turn of its record, after the one that names the peer.

module toe_report #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  toe_pkg::rx_report_t   rx_report_i,
  input  logic         rx_report_valid_i,
  output logic         rx_report_ready_o,
  input  toe_pkg::tx_report_t   tx_report_i,
  input  logic         tx_report_valid_i,
  output logic         tx_report_ready_o,
  input  toe_pkg::open_report_t open_report_i,
  input  logic         open_report_valid_i,
  output logic         open_report_ready_o,
  // completion entries (without phase and sq_head), to toe_cq_write
  input  logic [QueuePairs-1:0] room_i,
  output logic         take_o,          // pulse: an entry for take_qp_o will come
  output logic [3:0]   take_qp_o,
  output logic [3:0]   entry_qp_o,
  output logic [255:0] entry_o,
  output logic         entry_valid_o,
  input  logic         entry_ready_i,
  // identifiers that may be used again
  output logic [15:0]  freed_conn_o,
  output logic         freed_valid_o,
  input  logic         freed_ready_i,
  output logic         stall_o,         // pulse: a list began to wait for its ring
  output logic         idle_o
);

  localparam int unsigned ConnW = $clog2(Connections);
  localparam int unsigned RecW = 132 + 162;

  typedef struct packed {
    logic [7:0]  generation;
    logic [3:0]  qp;
    logic [31:0] cookie;
    logic [31:0] received;
    logic [31:0] acked;
    logic [161:0] tuple;  // toe_pkg::tuple_t
    logic [3:0]  state;         // until the handshake has completed
    logic [7:0]  status;
    logic        established;
    logic        fin_sent;
    logic        fin_acked;
    logic        fin_received;
    logic        recv_first;    // the peer's FIN came before ours was sent
    logic        bad_offset;
    logic        detached;
    logic        closed;
    logic        queued;        // in the list, or taken off it and not yet read
    logic        free_pending;  // give the identifier back after the next report
    logic        passive;
    logic        peer_told;     // the host knows who took a passive connection
  } record_t;

  // ---- choose
  localparam logic [1:0] SrcOpen = 2'd0;
  localparam logic [1:0] SrcRx = 2'd1;
  localparam logic [1:0] SrcTx = 2'd2;
  localparam logic [1:0] SrcPop = 2'd3;

  logic             b_valid_q, c_valid_q;
  logic [1:0]       b_src_q;
  logic [ConnW-1:0] b_conn_q, c_conn_q, a_conn, open_conn, rx_conn, tx_conn;
  logic             sel_valid_q;
  logic [ConnW-1:0] sel_conn_q;
  logic             ok_open, ok_rx, ok_tx, ok_pop, a_valid;
  logic [1:0]       a_src;
  logic             freed_room, entry_room;

  assign open_conn = open_report_i.conn[ConnW-1:0];
  assign rx_conn = rx_report_i.conn[ConnW-1:0];
  assign tx_conn = tx_report_i.conn[ConnW-1:0];

  assign ok_open = open_report_valid_i;
  assign ok_rx = rx_report_valid_i && freed_room;
  assign ok_tx = tx_report_valid_i;
  assign ok_pop = sel_valid_q && freed_room && entry_room;

  // Opens first (they are rare and must precede what follows them). The engines' reports in turn,
  // for they come at the speed of the wire; while they do, a record leaves every eighth clock at
  // least, and tells the more.
  logic pop_now, tx_turn_q;
  logic [2:0] pop_wait_q;
  assign pop_now = ok_pop && ((!ok_rx && !ok_tx) || pop_wait_q == 3'd7);
  always_comb begin
    a_valid = ok_open || ok_rx || ok_tx || ok_pop;
    a_src = SrcOpen;
    if (!ok_open) begin
      if (pop_now) a_src = SrcPop;
      else a_src = ok_tx && (tx_turn_q || !ok_rx) ? SrcTx : SrcRx;
    end
  end

  logic get_open, get_rx, get_tx, get_pop;
  assign get_open = ok_open;
  assign get_rx = a_valid && a_src == SrcRx;
  assign get_tx = a_valid && a_src == SrcTx;
  assign get_pop = a_valid && a_src == SrcPop;
  assign open_report_ready_o = get_open;
  assign rx_report_ready_o = get_rx;
  assign tx_report_ready_o = get_tx;
  assign a_conn = get_open ? open_conn : get_rx ? rx_conn : get_tx ? tx_conn : sel_conn_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tx_turn_q <= 1'b0;
      pop_wait_q <= 3'd0;
    end else begin
      if (get_rx || get_tx) tx_turn_q <= get_rx;
      if (get_pop || !ok_pop) pop_wait_q <= 3'd0;
      else if (pop_wait_q != 3'd7) pop_wait_q <= pop_wait_q + 3'd1;
    end
  end

  // ---- read
  logic [RecW-1:0] read, c_rec_q;
  logic            follows_q;  // the operation before is of the same connection
  toe_pkg::rx_report_t   b_rx_q;
  toe_pkg::tx_report_t   b_tx_q;
  toe_pkg::open_report_t b_open_q;

  toe_ram_fwd #(.Width(RecW), .Depth(Connections)) u_records (
    .clk_i,
    .wr_en_i(c_valid_q), .wr_addr_i(c_conn_q), .wr_data_i(c_rec_q),
    .rd_en_i(a_valid), .rd_addr_i(a_conn), .rd_data_o(read)
  );

  always_ff @(posedge clk_i) begin
    if (a_valid) begin
      follows_q <= b_valid_q && b_conn_q == a_conn;
      b_conn_q <= a_conn;
      b_src_q <= a_src;
    end
    if (get_open) b_open_q <= open_report_i;
    if (get_rx) b_rx_q <= rx_report_i;
    if (get_tx) b_tx_q <= tx_report_i;
  end

  // ---- merge
  record_t old, rec;
  logic    news, free_now, pop, again, alive, names_peer;
  assign old = follows_q ? c_rec_q : read;
  assign alive = !old.closed && !old.detached;
  assign names_peer = old.passive && old.established && !old.peer_told;

  always_comb begin
    rec = old;
    news = 1'b0;
    free_now = 1'b0;
    pop = 1'b0;
    again = 1'b0;
    case (b_src_q)
      SrcOpen: begin
        if (b_open_q.fresh) begin
          rec = '0;
          rec.generation = b_open_q.generation;
          rec.qp = b_open_q.qp;
          rec.cookie = b_open_q.cookie;
          rec.passive = b_open_q.state == toe_contract_pkg::TcpStateListen;
        end
        if (b_open_q.fresh || alive) begin
          rec.tuple = b_open_q.tuple;
          rec.state = b_open_q.state;
          news = b_open_q.notify;
        end
      end
      SrcRx: begin
        if (alive) begin
          rec.received = b_rx_q.received;
          rec.established = old.established || b_rx_q.established;
          rec.fin_received = old.fin_received || b_rx_q.fin_received;
          rec.recv_first = old.recv_first ||
                           (b_rx_q.fin_received && !old.fin_received && !old.fin_sent);
          rec.bad_offset = old.bad_offset || b_rx_q.bad_offset;
          rec.detached = b_rx_q.detach;
          rec.closed = b_rx_q.final_report;
          rec.free_pending = b_rx_q.final_report;
          rec.status = b_rx_q.status;
          // An orderly end means that our FIN was acknowledged, whichever engine's news is first.
          if ((b_rx_q.detach || b_rx_q.final_report) && old.established &&
              b_rx_q.status == toe_contract_pkg::StatusOk) begin
            rec.fin_acked = 1'b1;
          end
          news = b_rx_q.received != old.received || (b_rx_q.established && !old.established) ||
                 (b_rx_q.fin_received && !old.fin_received) || b_rx_q.bad_offset || b_rx_q.detach ||
                 b_rx_q.final_report;
        end else if (b_rx_q.final_report && !old.closed) begin
          rec.closed = 1'b1;
          rec.free_pending = old.queued;
          free_now = !old.queued;
        end
      end
      SrcTx: begin
        if (alive) begin
          rec.acked = b_tx_q.acked;
          rec.fin_sent = old.fin_sent || b_tx_q.fin_sent;
          rec.fin_acked = old.fin_acked || b_tx_q.fin_acked;
          rec.bad_offset = old.bad_offset || b_tx_q.bad_offset;
          news = b_tx_q.acked != old.acked || (b_tx_q.fin_acked && !old.fin_acked) ||
                 b_tx_q.bad_offset;
        end
      end
      default: if (names_peer) begin
        pop = 1'b1;
        again = 1'b1;
        rec.peer_told = 1'b1;
      end else begin
        pop = 1'b1;
        free_now = old.free_pending;
        rec.queued = 1'b0;
        rec.bad_offset = 1'b0;
        rec.free_pending = 1'b0;
      end
    endcase
    if (news) rec.queued = 1'b1;
  end

  // The state's name follows from facts (RFC 9293 3.3.2).
  logic [3:0] state;
  always_comb begin
    if (old.detached) state = toe_contract_pkg::TcpStateTimeWait;
    else if (old.closed) state = toe_contract_pkg::TcpStateClosed;
    else if (old.fin_received) begin
      if (!old.fin_sent) state = toe_contract_pkg::TcpStateCloseWait;
      else if (old.recv_first) state = toe_contract_pkg::TcpStateLastAck;
      else if (!old.fin_acked) state = toe_contract_pkg::TcpStateClosing;
      else state = toe_contract_pkg::TcpStateTimeWait;
    end else if (old.fin_sent) begin
      state = old.fin_acked ? toe_contract_pkg::TcpStateFinWait2 :
              toe_contract_pkg::TcpStateFinWait1;
    end else if (old.established) state = toe_contract_pkg::TcpStateEstablished;
    else state = old.state;
  end

  toe_pkg::tuple_t old_tuple;
  logic            on_ipv4;
  assign old_tuple = old.tuple;
  assign on_ipv4 = old_tuple.local_kind == toe_pkg::LocalIpv4;
  toe_contract_pkg::completion_entry_t entry;
  always_comb begin
    entry.kind = toe_contract_pkg::CompletionKindReport;
    entry.flags = {3'd0, old.bad_offset, old.closed || old.detached, old.fin_acked,
                  old.fin_received,
                   old.established};
    entry.state = {4'd0, state};
    entry.status = old.status;
    entry.connection_id = {old.generation, 8'd0, {(16 - ConnW){1'b0}}, b_conn_q};
    entry.cookie = old.cookie;
    entry.received_up_to = old.received;
    entry.acked_up_to = old.acked;
    entry.remote_ip = on_ipv4 ? old_tuple.remote_ip[31:0] : 32'd0;
    entry.remote_port = old_tuple.remote_port;
    entry.local_port = old_tuple.local_port;
    entry.sq_head = 16'd0;
    entry.detail = 16'd0;
  end

  toe_contract_pkg::peer_entry_t peer;
  always_comb begin
    peer.kind = toe_contract_pkg::CompletionKindPeer;
    peer.flags = 8'd0;
    peer.family = on_ipv4 ? 8'd4 : 8'd6;
    peer.reserved0 = 8'd0;
    peer.remote_port = old_tuple.remote_port;
    peer.local_port = old_tuple.local_port;
    peer.cookie = old.cookie;
    peer.address_3 = old_tuple.remote_ip[31:0];
    peer.address_2 = old_tuple.remote_ip[63:32];
    peer.address_1 = old_tuple.remote_ip[95:64];
    peer.address_0 = old_tuple.remote_ip[127:96];
    peer.sq_head = 16'd0;
    peer.reserved1 = 16'd0;
  end

  // ---- write back
  logic         c_push_q, c_free_q, c_pop_q;
  logic [3:0]   c_qp_q;
  logic [255:0] c_entry_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      b_valid_q <= 1'b0;
      c_valid_q <= 1'b0;
      c_push_q <= 1'b0;
      c_free_q <= 1'b0;
      c_pop_q <= 1'b0;
    end else begin
      b_valid_q <= a_valid;
      c_valid_q <= b_valid_q;
      c_push_q <= b_valid_q && (again || (news && (!old.queued || (b_src_q == SrcOpen &&
                                                                   b_open_q.fresh))));
      c_free_q <= b_valid_q && free_now;
      c_pop_q <= b_valid_q && pop;
    end
  end

  always_ff @(posedge clk_i) begin
    if (b_valid_q) begin
      c_conn_q <= b_conn_q;
      c_rec_q <= rec;
      c_qp_q <= rec.qp;
      if (pop) c_entry_q <= names_peer ? peer : entry;
    end
  end

  logic [2:0] entry_used;
  logic       entry_in_ready;
  logic [3:0] entry_count;
  toe_fifo #(.Width(260), .Depth(8)) u_entries (
    .clk_i, .rst_ni,
    .in_data_i({c_qp_q, c_entry_q}), .in_valid_i(c_pop_q), .in_ready_o(entry_in_ready),
    .out_data_o({entry_qp_o, entry_o}), .out_valid_o(entry_valid_o), .out_ready_i(entry_ready_i),
    .count_o(entry_count));
  assign entry_used = entry_count[2:0];
  assign entry_room = entry_count < 4'd5;

  logic             freed_in_ready;
  logic [6:0]       freed_count;
  logic [ConnW-1:0] freed_conn;
  toe_fifo #(.Width(ConnW), .Depth(64)) u_freed (
    .clk_i, .rst_ni,
    .in_data_i(c_conn_q), .in_valid_i(c_free_q), .in_ready_o(freed_in_ready),
    .out_data_o(freed_conn), .out_valid_o(freed_valid_o), .out_ready_i(freed_ready_i),
    .count_o(freed_count));
  assign freed_room = freed_count < 7'd60;
  assign freed_conn_o = {{(16 - ConnW){1'b0}}, freed_conn};

  // ---- lists: head and tail for each queue pair, links in a RAM
  logic [QueuePairs-1:0] nonempty_q;
  logic [ConnW-1:0] head_q [0:QueuePairs-1];
  logic [ConnW-1:0] tail_q [0:QueuePairs-1];
  logic [ConnW-1:0] links [0:Connections-1];
  logic [ConnW-1:0] link_q, push_tail, pick_head, next_head;
  logic             push_linked;
  logic             linked_q;
  logic [ConnW-1:0] linked_at_q, linked_to_q;

  always_comb begin
    push_tail = '0;
    push_linked = 1'b0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (c_qp_q == 4'(q)) begin
        push_tail = tail_q[q];
        push_linked = c_push_q && nonempty_q[q];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_linked) links[push_tail] <= c_conn_q;
  end

  logic       pick_any, pick, sel_new_q;
  logic [3:0] pick_qp, sel_qp_q;

  toe_rr_pick #(.Width(QueuePairs)) u_pick (
    .want_i(nonempty_q & room_i), .last_i(sel_qp_q), .any_o(pick_any), .index_o(pick_qp));

  assign pick = pick_any && !sel_valid_q;
  assign take_o = pick;
  assign take_qp_o = pick_qp;

  always_comb begin
    pick_head = '0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (pick_qp == 4'(q)) pick_head = head_q[q];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sel_valid_q <= 1'b0;
      sel_new_q <= 1'b0;
      sel_qp_q <= 4'd0;
      linked_q <= 1'b0;
    end else begin
      sel_new_q <= pick;
      linked_q <= push_linked;
      if (pick) begin
        sel_valid_q <= 1'b1;
        sel_qp_q <= pick_qp;
      end else if (get_pop) begin
        sel_valid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (pick) begin
      sel_conn_q <= pick_head;
      link_q <= links[pick_head];
    end
    if (push_linked) begin
      linked_at_q <= push_tail;
      linked_to_q <= c_conn_q;
    end
  end

  // The link may have been written in the very clock in which it was read.
  assign next_head = (linked_q && linked_at_q == sel_conn_q) ? linked_to_q : link_q;

  logic [QueuePairs-1:0] list_pop, list_push, list_single;
  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      list_pop[q] = sel_new_q && sel_qp_q == 4'(q);
      list_push[q] = c_push_q && c_qp_q == 4'(q);
      list_single[q] = head_q[q] == tail_q[q];
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (!rst_ni) nonempty_q[q] <= 1'b0;
      else if (list_push[q]) nonempty_q[q] <= 1'b1;
      else if (list_pop[q] && list_single[q]) nonempty_q[q] <= 1'b0;
      if (list_push[q]) tail_q[q] <= c_conn_q;
      if (list_push[q] && (!nonempty_q[q] || (list_pop[q] && list_single[q]))) begin
        head_q[q] <= c_conn_q;
      end else if (list_pop[q]) begin
        head_q[q] <= next_head;
      end
    end
  end

  // ---- stalls
  logic [QueuePairs-1:0] blocked, blocked_q;
  assign blocked = nonempty_q & ~room_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) blocked_q <= '0;
    else blocked_q <= blocked;
  end
  assign stall_o = (blocked & ~blocked_q) != '0;

  assign idle_o = !b_valid_q && !c_valid_q && !sel_valid_q && (nonempty_q & room_i) == '0 &&
                  !entry_valid_o && !freed_valid_o && entry_count == 4'd0 && freed_count == 7'd0 &&
                  !rx_report_valid_i && !tx_report_valid_i && !open_report_valid_i;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{entry_in_ready, freed_in_ready, entry_used, rx_report_i, tx_report_i,
                  open_report_i,
                    old_tuple, b_rx_q, b_tx_q, b_open_q};
  /* verilator lint_on UNUSED */

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!c_pop_q || entry_in_ready);
      assert (!c_free_q || freed_in_ready);
      assert (!(b_valid_q && pop) || old.queued);
    end
  end
`endif
`endif

endmodule
