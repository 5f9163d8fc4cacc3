// SPDX-License-Identifier: Apache-2.0
// The sequencer that opens and ends connections: one request at a time, at most 32 clocks each
// when the outputs are taken at once (walks of a listener's list take longer).
//
// toe_conn_manager grants a request while idle_o is high; everything here follows from it:
//   ended by an engine or by time -> read the record -> close, relisten or wait in TIME-WAIT
//   SYN     -> look it up again -> listener -> its first connection in LISTEN -> insert
//              or, without one, -> cookie -> SYN-ACK
//              or, in TIME-WAIT, -> close the old connection -> as above
//   ACK     -> look it up again -> listener -> cookie good -> as a SYN, but open at once
//   connect -> choose a port -> insert;  accept -> into the listener's list
// The host hears of a new connection (open report) before the engines do, the receive engine
// before the transmit engine. alive ends before the first engine is told to kill.
module toe_conn_ctrl (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  toe_pkg::config_t        cfg_i,
  input  toe_pkg::time_t          now_i,
  input  logic [31:0]             iss_clock_i,

  // Grants, at most one, and what they are about.
  output logic                    idle_o,
  input  logic                    grant_end_i,
  input  toe_pkg::end_t           end_i,
  input  logic                    grant_syn_i,      // SYN, or a segment without SYN and ACK
  input  logic                    grant_ack_i,      // ACK without SYN
  input  toe_conn_pkg::ask_t      ask_i,
  input  logic                    grant_command_i,
  input  toe_pkg::command_t       command_i,
  input  logic                    grant_wait_i,     // head of the TIME-WAIT queue: kill if alive
  input  logic                    grant_recycle_i,  // the same, because no identifier is free
  input  logic [15:0]             wait_conn_i,
  input  logic [13:0]             wait_name_i,      // wait_round and generation
  input  logic                    wait_full_i,      // stale entries: TIME-WAIT is skipped
  input  logic                    wait_half_i,      // a restart of TIME-WAIT is
  output logic                    wait_push_o,      // conn_o, with meta's round and generation
  output logic                    recycled_o,       // a recycled connection is on its way out

  input  logic [15:0]             free_conn_i,
  input  logic                    free_valid_i,
  output logic                    free_take_o,

  // Record memory: data the clock after read.
  output logic [15:0]             conn_o,
  output logic                    meta_read_o,
  input  toe_conn_pkg::meta_t     meta_i,
  output logic                    meta_write_o,
  output toe_conn_pkg::meta_t     meta_o,
  output logic                    next_read_o,
  output logic [15:0]             next_raddr_o,
  input  logic [15:0]             next_i,
  output logic                    next_write_o,
  output logic [15:0]             next_waddr_o,
  output logic [15:0]             next_o,

  // toe_conn_lookup
  output logic                    op_start_o,
  output logic [1:0]              op_o,
  output toe_pkg::tuple_t         tuple_o,
  input  logic                    op_done_i,
  input  logic                    op_hit_i,
  input  logic [15:0]             op_found_i,
  input  logic                    op_full_i,
  input  logic [3:0]              inflight_i,
  input  logic                    given_i,

  // toe_siphash
  output logic                    hash_start_o,
  output logic [1:0]              hash_last_o,
  output logic [255:0]            hash_words_o,
  input  logic                    hash_valid_i,
  input  logic [47:0]             hash_i,

  // toe_conn_listeners; the port searched is tuple_o.local_port
  input  logic                    port_hit_i,
  input  logic [5:0]              port_index_i,
  input  logic                    listeners_full_i,
  input  logic [5:0]              listener_free_i,
  output logic                    listener_read_o,
  output logic [5:0]              listener_index_o,
  input  logic                    listener_valid_i,
  input  logic [15:0]             listener_port_i,
  input  toe_conn_pkg::listener_t listener_i,
  output logic                    listener_write_o,
  output toe_conn_pkg::listener_t listener_o,
  output logic                    listener_open_o,
  output logic                    listener_close_o,

  output toe_pkg::rx_ctl_t        rx_ctl_o,
  output logic                    rx_ctl_valid_o,
  input  logic                    rx_ctl_ready_i,
  output toe_pkg::tx_ctl_t        tx_ctl_o,
  output logic                    tx_ctl_valid_o,
  input  logic                    tx_ctl_ready_i,
  output toe_pkg::open_report_t   open_report_o,
  output logic                    open_report_valid_o,
  input  logic                    open_report_ready_i,
  output toe_pkg::response_t      response_o,
  output logic                    response_valid_o,
  input  logic                    response_ready_i,
  output toe_pkg::tx_segment_t    rst_o,
  output logic                    rst_valid_o,
  input  logic                    rst_ready_i,

  output logic                    stray_acks_o,
  output logic                    cnt_conn_opened_active_o,
  output logic                    cnt_conn_opened_passive_o,
  output logic                    cnt_syn_no_listener_o,
  output logic                    cnt_syn_backlog_full_o,
  output logic                    cnt_time_wait_reused_o,
  output logic                    cnt_syn_cookies_sent_o,
  output logic                    cnt_syn_cookies_taken_o
);


  toe_conn_pkg::ctrl_t  q;
  toe_pkg::command_t    command;
  logic                 list_mine, list_owned, answer_cookie, ports_tried, cookie_good, cookie_used;
  logic [15:0]          port, minute;
  logic [3:0]           facts;
  logic [31:0]          irs;
  toe_conn_pkg::ask_t   opened;
  toe_pkg::tx_segment_t syn_ack;

  // Ports without a connection here go by their names.
  toe_conn_steps u_steps (
    .clk_i, .rst_ni, .cfg_i, .iss_clock_i,
    .grant_end_i, .end_i, .grant_syn_i, .grant_ack_i, .ask_i, .grant_command_i, .command_i,
    .grant_wait_i, .grant_recycle_i, .wait_conn_i, .wait_name_i, .wait_full_i, .free_conn_i,
    .free_valid_i, .meta_i, .next_i, .op_done_i, .op_hit_i, .op_found_i, .op_full_i, .inflight_i,
    .given_i, .hash_valid_i, .hash_i, .port_hit_i, .port_index_i, .listeners_full_i,
    .listener_free_i, .listener_valid_i, .listener_port_i, .listener_i, .rx_ctl_ready_i,
    .tx_ctl_ready_i, .open_report_ready_i, .response_ready_i, .rst_ready_i,
    .port_i         (port),
    .ports_tried_i  (ports_tried),
    .cookie_good_i  (cookie_good),
    .cookie_used_i  (cookie_used),
    .opened_i       (opened),
    .q_o            (q),
    .tuple_o,
    .command_o      (command),
    .list_mine_o    (list_mine),
    .list_owned_o   (list_owned),
    .answer_cookie_o(answer_cookie)
  );
  assign idle_o = q.state == toe_conn_pkg::StIdle;
  assign conn_o = q.conn;
  assign next_raddr_o = q.cur;

  toe_conn_ports u_ports (
    .clk_i, .rst_ni,
    .begin_i(q.state == toe_conn_pkg::StPortBase),
    .base_i (hash_i[14:0]),
    .next_i (q.state == toe_conn_pkg::StPortTry),
    .port_o (port),
    .tried_o(ports_tried)
  );

  toe_conn_cookie u_cookie (
    .clk_i, .rst_ni, .cfg_i, .now_i,
    .load_i     (idle_o),
    .mark_i     (q.state == toe_conn_pkg::StCookieHash && !q.again),
    .is_ack_i   (q.job == toe_conn_pkg::JobAck),
    .seg_i      (q.seg),
    .ring_log2_i(q.listener.ring_log2),
    .ts_off_i   (q.ts_off),
    .hash_i     (hash_i[27:0]),
    .facts_o    (facts),
    .minute_o   (minute),
    .irs_o      (irs),
    .good_o     (cookie_good),
    .used_o     (cookie_used),
    .take_i     (cnt_syn_cookies_taken_o),
    .opened_o   (opened),
    .syn_ack_o  (syn_ack),
    .sent_i     (cnt_syn_cookies_sent_o),
    .stray_acks_o
  );

  // Everything else that follows from the state.
  toe_conn_outputs u_outputs (
    .q_i            (q),
    .command_i      (command),
    .tuple_i        (tuple_o),
    .list_mine_i    (list_mine),
    .list_owned_i   (list_owned),
    .answer_cookie_i(answer_cookie),
    .facts_i        (facts),
    .minute_i       (minute),
    .irs_i          (irs),
    .syn_ack_i      (syn_ack),
    .use_ts_i       (cfg_i.use_ts),
    .wait_full_i, .wait_half_i, .rst_ready_i, .next_i, .op_done_i, .op_hit_i, .op_full_i,
    .port_hit_i, .listeners_full_i, .listener_free_i,
    .wait_push_o, .recycled_o, .free_take_o, .meta_read_o, .meta_write_o, .meta_o, .next_read_o,
    .next_write_o, .next_waddr_o, .next_o, .op_start_o, .op_o, .hash_start_o, .hash_last_o,
    .hash_words_o, .listener_read_o, .listener_index_o, .listener_write_o, .listener_o,
    .listener_open_o, .listener_close_o, .rx_ctl_o, .rx_ctl_valid_o, .tx_ctl_o, .tx_ctl_valid_o,
    .open_report_o, .open_report_valid_o, .response_o, .response_valid_o, .rst_o, .rst_valid_o,
    .cnt_conn_opened_active_o, .cnt_conn_opened_passive_o, .cnt_syn_no_listener_o,
    .cnt_syn_backlog_full_o, .cnt_time_wait_reused_o, .cnt_syn_cookies_sent_o,
    .cnt_syn_cookies_taken_o
  );

endmodule
