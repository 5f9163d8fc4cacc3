// SPDX-License-Identifier: Apache-2.0
// Creates and ends connections: queues of requests, the records, the free list, the listeners
// and the TIME-WAIT queue around toe_conn_ctrl, which works on one request at a time.
//
// Requests are served in turn. The engines' and the reporter's requests are always accepted, so
// nobody ever waits for the manager but the host's commands. When no identifier is free, a command
// that needs one first ends the oldest connection in TIME-WAIT and waits up to RecycleClocks for
// its identifier, while everything else goes on.
module toe_conn_manager #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned RecycleClocks = 16384
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  toe_pkg::config_t      cfg_i,
  input  logic [31:0]           now_us_i,
  input  toe_pkg::time_t        now_i,
  input  logic [31:0]           iss_clock_i,

  input  toe_pkg::command_t     command_i,
  input  logic                  command_valid_i,
  output logic                  command_ready_o,
  input  toe_pkg::segment_t     syn_i,
  input  logic                  syn_valid_i,
  output logic                  syn_ready_o,
  input  toe_pkg::end_t         rx_end_i,
  input  logic                  rx_end_valid_i,
  output logic                  rx_end_ready_o,
  input  toe_pkg::end_t         tx_end_i,
  input  logic                  tx_end_valid_i,
  output logic                  tx_end_ready_o,
  input  logic [15:0]           freed_conn_i,
  input  logic                  freed_valid_i,
  output logic                  freed_ready_o,

  // toe_conn_lookup and toe_siphash
  output logic                  op_start_o,
  output logic [1:0]            op_o,
  output toe_pkg::tuple_t       op_tuple_o,
  output logic [15:0]           op_conn_o,
  input  logic                  op_done_i,
  input  logic                  op_hit_i,
  input  logic [15:0]           op_found_i,
  input  logic                  op_full_i,
  input  logic [3:0]            inflight_i,
  input  logic                  given_i,
  output logic                  hash_start_o,
  output logic [1:0]            hash_last_o,
  output logic [255:0]          hash_words_o,
  input  logic                  hash_valid_i,
  input  logic [47:0]           hash_i,
  input  logic                  hold_i,      // begins nothing
  output logic                  held_o,      // and works on nothing

  output toe_pkg::rx_ctl_t      rx_ctl_o,
  output logic                  rx_ctl_valid_o,
  input  logic                  rx_ctl_ready_i,
  output toe_pkg::tx_ctl_t      tx_ctl_o,
  output logic                  tx_ctl_valid_o,
  input  logic                  tx_ctl_ready_i,
  output toe_pkg::open_report_t open_report_o,
  output logic                  open_report_valid_o,
  input  logic                  open_report_ready_i,
  output toe_pkg::response_t    response_o,
  output logic                  response_valid_o,
  input  logic                  response_ready_i,
  output toe_pkg::tx_segment_t  rst_o,
  output logic                  rst_valid_o,
  input  logic                  rst_ready_i,

  input  logic [15:0]           owner_addr_i,
  output toe_pkg::owner_t       owner_o,
  input  logic [15:0]           tuple_addr_i,
  input  logic                  tuple_rd_en_i,
  output toe_pkg::tuple_t       tuple_o,

  output logic                  stray_acks_o,
  output logic [31:0]           free_count_o,
  output logic                  ready_o,
  output logic                  idle_o,
  output logic                  deadline_valid_o,
  output logic [31:0]           deadline_us_o,

  output logic                  cnt_conn_opened_active_o,
  output logic                  cnt_conn_opened_passive_o,
  output logic                  cnt_conn_closed_o,
  output logic                  cnt_syn_no_listener_o,
  output logic                  cnt_syn_backlog_full_o,
  output logic                  cnt_time_wait_recycled_o,
  output logic                  cnt_time_wait_reused_o,
  output logic                  cnt_syn_cookies_sent_o,
  output logic                  cnt_syn_cookies_taken_o
);

  localparam int unsigned IndexW = $clog2(Connections);
  localparam int unsigned CountW = $clog2(Connections + 1);
  localparam int unsigned RecycleW = $clog2(RecycleClocks + 1);

  // ---- queues of requests
  // Granted in this clock: rx end, tx end, SYN, command, TIME-WAIT, ACK, TIME-WAIT again.
  logic [6:0]  pick;
  logic        ctrl_idle, syn_in_ready, syn_valid, ack_in_ready, ack_valid, again_valid;
  logic        rx_end_valid, tx_end_valid;
  logic [5:0]  syn_count, ack_count;
  logic [4:0]  again_count;
  logic [CountW-1:0] rx_end_count, tx_end_count, wait_count;

  // A segment beyond its queue is dropped: the peer sends it again. ACKs, perhaps of cookies, have
  // a queue of their own, so that a flood of SYNs does not keep those out who answer.
  toe_conn_pkg::ask_t ask;
  logic [toe_conn_pkg::AskW-1:0] ask_in, syn_out, ack_out;
  logic                          syn_push, ack_push;
  assign ask.tuple = syn_i.tuple;
  assign ask.seq = syn_i.seq;
  assign ask.ack = syn_i.ack;
  assign ask.wnd = syn_i.wnd;
  assign ask.flags = syn_i.flags;
  assign ask.len = syn_i.len;
  assign ask.mss_valid = syn_i.mss_valid;
  assign ask.mss = syn_i.mss;
  assign ask.ws_valid = syn_i.ws_valid;
  assign ask.ws = syn_i.ws;
  assign ask.sack_ok = syn_i.sack_ok;
  assign ask.ts_valid = syn_i.ts_valid;
  assign ask.ts_val = syn_i.ts_val;
  assign ask.ts_ecr = syn_i.ts_ecr;
  assign ask_in = ask;
  assign syn_push = syn_valid_i && !syn_i.flags[toe_pkg::FlagRst] && !syn_i.flags[toe_pkg::FlagAck];
  assign ack_push = syn_valid_i && !syn_i.flags[toe_pkg::FlagRst] &&
                    syn_i.flags[toe_pkg::FlagAck] && !syn_i.flags[toe_pkg::FlagSyn];
  assign syn_ready_o = 1'b1;
  toe_fifo #(.Width(toe_conn_pkg::AskW), .Depth(32)) u_syns (
    .clk_i, .rst_ni,
    .in_data_i(ask_in), .in_valid_i(syn_push), .in_ready_o(syn_in_ready),
    .out_data_o(syn_out), .out_valid_o(syn_valid), .out_ready_i(pick[2]), .count_o(syn_count)
  );
  toe_fifo #(.Width(toe_conn_pkg::AskW), .Depth(32)) u_acks (
    .clk_i, .rst_ni,
    .in_data_i(ask_in), .in_valid_i(ack_push), .in_ready_o(ack_in_ready),
    .out_data_o(ack_out), .out_valid_o(ack_valid), .out_ready_i(pick[5]), .count_o(ack_count)
  );

  // A restart of TIME-WAIT may be lost; the other ends are at most one for each connection.
  logic [toe_conn_pkg::EndW-1:0] rx_end_in, rx_end_out, tx_end_in, tx_end_out;
  logic                          rx_end_ready, rx_again, again_in_ready;
  logic [15:0]                   again_conn;
  assign rx_end_in = rx_end_i;
  assign tx_end_in = tx_end_i;
  assign rx_again = rx_end_i.kind == toe_pkg::EndTimeWaitAgain;
  assign rx_end_ready_o = rx_end_ready || rx_again;
  toe_fifo #(.Width(16), .Depth(16)) u_agains (
    .clk_i, .rst_ni,
    .in_data_i(rx_end_i.conn), .in_valid_i(rx_end_valid_i && rx_again),
    .in_ready_o(again_in_ready),
    .out_data_o(again_conn), .out_valid_o(again_valid), .out_ready_i(pick[6]),
    .count_o(again_count)
  );
  toe_fifo #(.Width(toe_conn_pkg::EndW), .Depth(Connections)) u_rx_ends (
    .clk_i, .rst_ni,
    .in_data_i(rx_end_in), .in_valid_i(rx_end_valid_i && !rx_again), .in_ready_o(rx_end_ready),
    .out_data_o(rx_end_out), .out_valid_o(rx_end_valid), .out_ready_i(pick[0]),
    .count_o(rx_end_count)
  );
  toe_fifo #(.Width(toe_conn_pkg::EndW), .Depth(Connections)) u_tx_ends (
    .clk_i, .rst_ni,
    .in_data_i(tx_end_in), .in_valid_i(tx_end_valid_i), .in_ready_o(tx_end_ready_o),
    .out_data_o(tx_end_out), .out_valid_o(tx_end_valid), .out_ready_i(pick[1]),
    .count_o(tx_end_count)
  );

  // ---- TIME-WAIT: deadlines come in order, as all waits are equally long
  localparam int unsigned WaitW = 62;
  logic [WaitW-1:0] wait_in, wait_out;
  logic             wait_push, wait_in_ready, wait_valid, wait_pop, wait_due, wait_due_q;
  logic             wait_full_q, wait_half_q;
  logic [31:0]      wait_until, wait_age;
  toe_conn_pkg::meta_t meta;
  logic [15:0]      conn;

  assign wait_until = now_us_i + cfg_i.time_wait_us;
  assign wait_in = {wait_until, meta.wait_round, meta.generation, conn};
  toe_fifo #(.Width(WaitW), .Depth(Connections)) u_waits (
    .clk_i, .rst_ni,
    .in_data_i(wait_in), .in_valid_i(wait_push), .in_ready_o(wait_in_ready),
    .out_data_o(wait_out), .out_valid_o(wait_valid), .out_ready_i(wait_pop),
    .count_o(wait_count)
  );
  assign wait_age = now_us_i - wait_out[61:30];
  // A full queue gives up its oldest entry, which most often is stale.
  assign wait_due = wait_valid && (!wait_age[31] || wait_full_q);
  always_ff @(posedge clk_i) begin
    wait_due_q <= rst_ni && wait_due && !wait_pop;
    wait_full_q <= rst_ni && wait_count == CountW'(Connections) && !wait_pop;
    wait_half_q <= rst_ni && wait_count > CountW'(Connections / 2);
  end
  assign deadline_valid_o = wait_valid;
  assign deadline_us_o = wait_out[61:30];

  // ---- free identifiers
  logic [15:0] free_conn;
  logic        free_valid, free_take, free_busy, free_ready, freed;
  toe_conn_free #(.Connections(Connections)) u_free (
    .clk_i,
    .rst_ni,
    .freed_conn_i,
    .freed_valid_i,
    .freed_ready_o,
    .inflight_i,
    .given_i,
    .rx_ends_i   (17'(rx_end_count)),
    .rx_end_i    (pick[0]),
    .tx_ends_i   (17'(tx_end_count)),
    .tx_end_i    (pick[1]),
    .free_conn_o (free_conn),
    .free_valid_o(free_valid),
    .free_take_i (free_take),
    .free_count_o,
    .freed_o     (freed),
    .busy_o      (free_busy),
    .ready_o     (free_ready)
  );

  // ---- whose turn: the first request after the last one granted
  logic [6:0]          request_q, after, choice_q, turn_q;
  logic                needs, lacks, patient, coming_q, waits_q, recycle_q, recycled,
                       recycling_q;
  logic [RecycleW-1:0] recycle_left_q;
  assign needs = command_i.opcode == toe_contract_pkg::OpcodeConnect ||
                 command_i.opcode == toe_contract_pkg::OpcodeAccept;
  assign lacks = needs && !free_valid;
  // Worth waiting: an identifier is on its way, or the head of TIME-WAIT is.
  assign patient = coming_q || (recycling_q ? recycle_left_q != RecycleW'(0)
                                            : waits_q && !wait_valid);

  // Requests are seen a clock late, and chosen among in another. That is no matter: the sequencer
  // is busy for at least two clocks after each, and nobody else takes from the queues.
  assign after = request_q & turn_q;
  assign pick = choice_q & {7{ctrl_idle && !hold_i}};
  assign held_o = ctrl_idle;
  assign command_ready_o = pick[3] && !recycle_q;
  assign wait_pop = pick[4] || (pick[3] && recycle_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q <= 7'd0;
      recycling_q <= 1'b0;
    end else begin
      if (pick != 7'd0) turn_q <= ~(pick | (pick - 7'd1));
      if (recycled) recycling_q <= 1'b1;
      else if (command_ready_o && needs) recycling_q <= 1'b0;
    end
    coming_q <= free_count_o != 32'd0 || free_busy;
    waits_q <= wait_count != CountW'(0);
    choice_q <= ((after != 7'd0) ? after & (~after + 7'd1) : request_q & (~request_q + 7'd1)) &
                {7{rst_ni && ready_o}};
    request_q <= {again_valid, ack_valid, wait_due_q, command_valid_i && !(lacks && patient),
                  syn_valid, tx_end_valid, rx_end_valid} & {7{rst_ni}};
    recycle_q <= lacks && wait_valid && !recycling_q;
    if (recycled) recycle_left_q <= RecycleW'(RecycleClocks);
    else if (recycle_left_q != RecycleW'(0)) recycle_left_q <= recycle_left_q - 1'b1;
  end

  // ---- records: the manager's own, and copies for those who look them up
  logic              clearing_q, meta_read, meta_write, next_read, next_write;
  logic [IndexW-1:0] clear_q, meta_waddr;
  toe_conn_pkg::meta_t meta_out;
  logic [toe_conn_pkg::MetaW-1:0]  meta_rdata, meta_wdata;
  logic [toe_conn_pkg::OwnerW-1:0] owner_wdata, owner_rdata, owner_new_q;
  logic [toe_pkg::TupleW-1:0] tuple_rdata;
  logic [15:0]       next_raddr, next_waddr, next_rdata, next_wdata;
  logic              write, owner_fresh_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      clearing_q <= 1'b1;
      clear_q <= IndexW'(0);
    end else if (clearing_q) begin
      clear_q <= clear_q + 1'b1;
      clearing_q <= !(&clear_q);
    end
    if (write) owner_new_q <= owner_wdata;
    owner_fresh_q <= write && meta_waddr == owner_addr_i[IndexW-1:0];
  end
  assign write = clearing_q || meta_write;
  assign meta_waddr = clearing_q ? clear_q : conn[IndexW-1:0];
  assign meta_wdata = clearing_q ? toe_conn_pkg::MetaW'(0) : meta;
  // The host was told of the end when TIME-WAIT began: nobody may name the connection any more.
  assign owner_wdata = clearing_q ? toe_conn_pkg::OwnerW'(0)
                                  : {meta.alive && !meta.time_wait, meta.generation, meta.qp};
  assign meta_out = meta_rdata;
  assign owner_o = owner_fresh_q ? owner_new_q : owner_rdata;
  assign tuple_o = tuple_rdata;

  toe_ram_1r1w #(.Width(toe_conn_pkg::MetaW), .Depth(Connections)) u_meta (
    .clk_i, .wr_en_i(write), .wr_addr_i(meta_waddr), .wr_data_i(meta_wdata),
    .rd_en_i(meta_read), .rd_addr_i(conn[IndexW-1:0]), .rd_data_o(meta_rdata)
  );
  toe_ram_1r1w #(.Width(toe_conn_pkg::OwnerW), .Depth(Connections)) u_owner (
    .clk_i, .wr_en_i(write), .wr_addr_i(meta_waddr), .wr_data_i(owner_wdata),
    .rd_en_i(1'b1), .rd_addr_i(owner_addr_i[IndexW-1:0]), .rd_data_o(owner_rdata)
  );
  toe_ram_1r1w #(.Width(toe_pkg::TupleW), .Depth(Connections)) u_tuple (
    .clk_i, .wr_en_i(write), .wr_addr_i(meta_waddr), .wr_data_i(meta.tuple),
    .rd_en_i(tuple_rd_en_i), .rd_addr_i(tuple_addr_i[IndexW-1:0]), .rd_data_o(tuple_rdata)
  );
  toe_ram_1r1w #(.Width(16), .Depth(Connections)) u_next (
    .clk_i, .wr_en_i(next_write), .wr_addr_i(next_waddr[IndexW-1:0]), .wr_data_i(next_wdata),
    .rd_en_i(next_read), .rd_addr_i(next_raddr[IndexW-1:0]), .rd_data_o(next_rdata)
  );

  // ---- listeners
  logic        port_hit, listeners_full, list_read, list_valid, list_write, list_open, list_close;
  logic [5:0]  port_index, list_free, list_index;
  logic [15:0] list_port;
  toe_conn_pkg::listener_t list_rdata, list_wdata;
  toe_conn_listeners u_listeners (
    .clk_i,
    .rst_ni,
    .port_i      (op_tuple_o.local_port),
    .port_hit_o  (port_hit),
    .port_index_o(port_index),
    .full_o      (listeners_full),
    .free_index_o(list_free),
    .read_i      (list_read),
    .index_i     (list_index),
    .valid_o     (list_valid),
    .port_o      (list_port),
    .listener_o  (list_rdata),
    .write_i     (list_write),
    .listener_i  (list_wdata),
    .open_i      (list_open),
    .close_i     (list_close)
  );

  // ---- the sequencer
  toe_pkg::end_t      grant_end;
  toe_conn_pkg::ask_t grant_ask;
  logic               backlog_full;
  assign grant_end = pick[0] ? rx_end_out
                   : pick[1] ? tx_end_out : {toe_pkg::EndTimeWaitAgain, again_conn, 8'd0};
  assign grant_ask = pick[5] ? ack_out : syn_out;
  toe_conn_ctrl u_ctrl (
    .clk_i,
    .rst_ni,
    .cfg_i,
    .now_i,
    .iss_clock_i,
    .idle_o           (ctrl_idle),
    .grant_end_i      (pick[0] || pick[1] || pick[6]),
    .end_i            (grant_end),
    .grant_syn_i      (pick[2]),
    .grant_ack_i      (pick[5]),
    .ask_i            (grant_ask),
    .grant_command_i  (command_ready_o),
    .command_i,
    .grant_wait_i     (pick[4]),
    .grant_recycle_i  (pick[3] && recycle_q),
    .wait_conn_i      (wait_out[15:0]),
    .wait_name_i      (wait_out[29:16]),
    .wait_full_i      (wait_full_q),
    .wait_half_i      (wait_half_q),
    .wait_push_o      (wait_push),
    .recycled_o       (recycled),
    .free_conn_i      (free_conn),
    .free_valid_i     (free_valid),
    .free_take_o      (free_take),
    .conn_o           (conn),
    .meta_read_o      (meta_read),
    .meta_i           (meta_out),
    .meta_write_o     (meta_write),
    .meta_o           (meta),
    .next_read_o      (next_read),
    .next_raddr_o     (next_raddr),
    .next_i           (next_rdata),
    .next_write_o     (next_write),
    .next_waddr_o     (next_waddr),
    .next_o           (next_wdata),
    .op_start_o,
    .op_o,
    .tuple_o          (op_tuple_o),
    .op_done_i,
    .op_hit_i,
    .op_found_i,
    .op_full_i,
    .inflight_i,
    .given_i,
    .hash_start_o,
    .hash_last_o,
    .hash_words_o,
    .hash_valid_i,
    .hash_i,
    .port_hit_i       (port_hit),
    .port_index_i     (port_index),
    .listeners_full_i (listeners_full),
    .listener_free_i  (list_free),
    .listener_read_o  (list_read),
    .listener_index_o (list_index),
    .listener_valid_i (list_valid),
    .listener_port_i  (list_port),
    .listener_i       (list_rdata),
    .listener_write_o (list_write),
    .listener_o       (list_wdata),
    .listener_open_o  (list_open),
    .listener_close_o (list_close),
    .rx_ctl_o,
    .rx_ctl_valid_o,
    .rx_ctl_ready_i,
    .tx_ctl_o,
    .tx_ctl_valid_o,
    .tx_ctl_ready_i,
    .open_report_o,
    .open_report_valid_o,
    .open_report_ready_i,
    .response_o,
    .response_valid_o,
    .response_ready_i,
    .rst_o,
    .rst_valid_o,
    .rst_ready_i,
    .stray_acks_o,
    .cnt_conn_opened_active_o,
    .cnt_conn_opened_passive_o,
    .cnt_syn_no_listener_o,
    .cnt_syn_backlog_full_o(backlog_full),
    .cnt_time_wait_reused_o,
    .cnt_syn_cookies_sent_o,
    .cnt_syn_cookies_taken_o
  );
  assign op_conn_o = conn;

  // Drops at both ends of the queue can meet in one clock; the pulses then follow each other.
  logic       syn_lost, backlog_full_q;
  logic [3:0] lost_q, lost;
  assign syn_lost = (syn_push && !syn_in_ready) || (ack_push && !ack_in_ready);
  assign lost = lost_q + 4'(syn_lost) + 4'(backlog_full_q);
  assign cnt_syn_backlog_full_o = lost != 4'd0;
  always_ff @(posedge clk_i) begin
    backlog_full_q <= rst_ni && backlog_full;
    if (!rst_ni) lost_q <= 4'd0;
    else if (lost != 4'd0) lost_q <= (lost > 4'd13) ? 4'd12 : lost - 4'd1;
  end
  assign cnt_conn_closed_o = freed;
  assign cnt_time_wait_recycled_o = recycled;

  assign ready_o = free_ready && !clearing_q;
  assign idle_o = ready_o && ctrl_idle && !command_valid_i && syn_count == 6'd0 &&
                  ack_count == 6'd0 && again_count == 5'd0 && rx_end_count == CountW'(0) &&
                  tx_end_count == CountW'(0) && !free_busy && inflight_i == 4'd0 &&
                  lost_q == 4'd0 && !backlog_full_q &&
                  (wait_count == CountW'(0) || (wait_valid && !wait_due && !wait_due_q));

  logic unused;
  assign unused = ^{cfg_i, syn_i, wait_age, wait_in_ready, again_in_ready, owner_addr_i,
                    tuple_addr_i, next_raddr, next_waddr};

`ifndef SYNTHESIS
`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (rx_end_ready_o && tx_end_ready_o && freed_ready_o)
        else $error("toe_conn_manager: an end or a freed connection had to wait");
      assert (wait_in_ready || !wait_push) else $error("toe_conn_manager: TIME-WAIT lost");
      assert (!free_take || free_valid) else $error("toe_conn_manager: took what is not free");
    end
  end
`endif
`endif

endmodule
