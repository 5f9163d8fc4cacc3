// SPDX-License-Identifier: Apache-2.0
// What toe_conn_ctrl says and does in each of its states: reads and writes of records and lists,
// work for the lookup and the hash, words to the engines, the host and the wire, counts.
// Combinational.
module toe_conn_outputs (
  // What the sequencer has in hand, and the listener's relation to it.
  input  toe_conn_pkg::ctrl_t     q_i,
  input  toe_pkg::command_t       command_i,
  input  toe_pkg::tuple_t         tuple_i,
  input  logic                    list_mine_i,
  input  logic                    list_owned_i,

  // SYN cookies
  input  logic                    answer_cookie_i,
  input  logic [3:0]              facts_i,
  input  logic [15:0]             minute_i,
  input  logic [31:0]             irs_i,
  input  toe_pkg::tx_segment_t    syn_ack_i,

  // What is around it, as in toe_conn_ctrl.
  input  logic                    use_ts_i,
  input  logic                    wait_full_i,
  input  logic                    wait_half_i,
  input  logic                    rst_ready_i,
  input  logic [15:0]             next_i,
  input  logic                    op_done_i,
  input  logic                    op_hit_i,
  input  logic                    op_full_i,
  input  logic                    port_hit_i,
  input  logic                    listeners_full_i,
  input  logic [5:0]              listener_free_i,

  // What it says and does in this state, as in toe_conn_ctrl.
  output logic                    wait_push_o,
  output logic                    recycled_o,
  output logic                    free_take_o,
  output logic                    meta_read_o,
  output logic                    meta_write_o,
  output toe_conn_pkg::meta_t     meta_o,
  output logic                    next_read_o,
  output logic                    next_write_o,
  output logic [15:0]             next_waddr_o,
  output logic [15:0]             next_o,
  output logic                    op_start_o,
  output logic [1:0]              op_o,
  output logic                    hash_start_o,
  output logic [1:0]              hash_last_o,
  output logic [255:0]            hash_words_o,
  output logic                    listener_read_o,
  output logic [5:0]              listener_index_o,
  output logic                    listener_write_o,
  output toe_conn_pkg::listener_t listener_o,
  output logic                    listener_open_o,
  output logic                    listener_close_o,
  output toe_pkg::rx_ctl_t        rx_ctl_o,
  output logic                    rx_ctl_valid_o,
  output toe_pkg::tx_ctl_t        tx_ctl_o,
  output logic                    tx_ctl_valid_o,
  output toe_pkg::open_report_t   open_report_o,
  output logic                    open_report_valid_o,
  output toe_pkg::response_t      response_o,
  output logic                    response_valid_o,
  output toe_pkg::tx_segment_t    rst_o,
  output logic                    rst_valid_o,
  output logic                    cnt_conn_opened_active_o,
  output logic                    cnt_conn_opened_passive_o,
  output logic                    cnt_syn_no_listener_o,
  output logic                    cnt_syn_backlog_full_o,
  output logic                    cnt_time_wait_reused_o,
  output logic                    cnt_syn_cookies_sent_o,
  output logic                    cnt_syn_cookies_taken_o
);

  assign free_take_o = q_i.state == toe_conn_pkg::StCommit &&
                       (q_i.act == toe_conn_pkg::ActActive || q_i.act == toe_conn_pkg::ActListen);
  assign recycled_o = q_i.state == toe_conn_pkg::StClose && q_i.job == toe_conn_pkg::JobRecycle;

  // ---- records and lists
  logic ended, waits, waits_again;
  assign ended = q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobEnd &&
                 q_i.meta.alive && !q_i.meta.listed;
  assign waits = ended && q_i.end_kind == toe_pkg::EndTimeWait && !q_i.meta.time_wait &&
                 !wait_full_i;
  assign waits_again = ended && q_i.end_kind == toe_pkg::EndTimeWaitAgain && q_i.meta.time_wait &&
                       !wait_half_i;
  assign wait_push_o = waits || waits_again;

  assign meta_read_o = q_i.state == toe_conn_pkg::StRead || q_i.state == toe_conn_pkg::StInsert ||
                       (q_i.state == toe_conn_pkg::StWalkLatch && !q_i.again);
  assign meta_write_o = q_i.state == toe_conn_pkg::StClose ||
                        q_i.state == toe_conn_pkg::StCommit || wait_push_o;
  always_comb begin
    meta_o = q_i.meta;
    if (q_i.state == toe_conn_pkg::StClose) meta_o.alive = 1'b0;
    if (waits) meta_o.time_wait = 1'b1;
    if (waits_again) meta_o.wait_round = q_i.meta.wait_round + 6'd1;
  end

  logic append;
  toe_conn_lists u_lists (
    .open_i        (listener_open_o),
    .append_i      (append),
    .fresh_i       (q_i.act == toe_conn_pkg::ActListen),
    .ring_log2_i   (command_i.rx_ring_log2),
    .unlink_i      (q_i.state == toe_conn_pkg::StUnlinkCheck && q_i.cur == q_i.conn),
    .pop_i         (q_i.state == toe_conn_pkg::StCommit && q_i.act == toe_conn_pkg::ActSyn),
    .conn_i        (q_i.conn),
    .qp_i          (command_i.qp),
    .first_i       (q_i.first),
    .cur_i         (q_i.cur),
    .prev_i        (q_i.prev),
    .data_i        (q_i.listener),
    .generation_i  (q_i.list_gen),
    .next_i,
    .next_write_o,
    .next_waddr_o,
    .next_o,
    .listener_write_o,
    .listener_o
  );
  assign append = q_i.state == toe_conn_pkg::StCommit && q_i.meta.listed;
  assign listener_read_o = q_i.state == toe_conn_pkg::StListRead;
  assign listener_index_o = (q_i.state == toe_conn_pkg::StListen) ? listener_free_i : q_i.list_at;
  assign listener_open_o = q_i.state == toe_conn_pkg::StListen && !port_hit_i && !listeners_full_i;
  assign listener_close_o = q_i.state == toe_conn_pkg::StListExec &&
                            q_i.job == toe_conn_pkg::JobUnlisten && list_owned_i;
  assign next_read_o = meta_read_o || q_i.state == toe_conn_pkg::StUnlink;

  // ---- lookup and hash
  logic relisten_start, finding, inserting;
  assign relisten_start = q_i.state == toe_conn_pkg::StListExec &&
                          q_i.job == toe_conn_pkg::JobEnd && list_mine_i;
  assign op_start_o = q_i.state == toe_conn_pkg::StSynFind || q_i.state == toe_conn_pkg::StInsert ||
                      relisten_start || (q_i.state == toe_conn_pkg::StClose && q_i.meta.in_table);
  assign finding = q_i.state == toe_conn_pkg::StSynFind || q_i.state == toe_conn_pkg::StSynFound;
  assign inserting = q_i.state == toe_conn_pkg::StInsert || q_i.state == toe_conn_pkg::StInserted;
  assign op_o = finding ? toe_conn_pkg::OpFind :
                inserting ? toe_conn_pkg::OpInsert : toe_conn_pkg::OpDelete;

  assign hash_start_o = q_i.state == toe_conn_pkg::StDecode ||
                        q_i.state == toe_conn_pkg::StSynFind ||
                        (q_i.state == toe_conn_pkg::StListRead &&
                         q_i.job == toe_conn_pkg::JobAck) ||
                        (q_i.state == toe_conn_pkg::StCookieHash && !q_i.again) ||
                        (q_i.state == toe_conn_pkg::StPortSearch && !q_i.again);
  toe_conn_message u_message (
    .purpose_i(q_i.purpose),
    .tuple_i,
    .facts_i,
    .irs_i,
    .minute_i,
    .last_o   (hash_last_o),
    .words_o  (hash_words_o)
  );

  // ---- outputs
  toe_pkg::tx_segment_t rst;
  toe_conn_words u_words (
    .q_i,
    .command_i,
    .use_ts_i,
    .rx_ctl_o,
    .tx_ctl_o,
    .open_report_o,
    .response_o,
    .rst_o        (rst)
  );
  assign rst_o = (q_i.state == toe_conn_pkg::StSynAck) ? syn_ack_i : rst;
  assign open_report_valid_o = q_i.state == toe_conn_pkg::StReport;
  assign rx_ctl_valid_o = q_i.state == toe_conn_pkg::StRx;
  assign tx_ctl_valid_o = q_i.state == toe_conn_pkg::StTx;
  assign response_valid_o = q_i.state == toe_conn_pkg::StRespond;
  assign rst_valid_o = q_i.state == toe_conn_pkg::StRst || q_i.state == toe_conn_pkg::StSynAck;

  // ---- counts
  logic commit, asked, asked_full, none_waits;
  assign commit = q_i.state == toe_conn_pkg::StCommit;
  assign asked = q_i.job == toe_conn_pkg::JobSyn || q_i.job == toe_conn_pkg::JobAck;
  assign none_waits = q_i.state == toe_conn_pkg::StListExec && !answer_cookie_i &&
                      (asked || q_i.job == toe_conn_pkg::JobReuse) &&
                      q_i.listener.count == 17'd0;
  assign asked_full = q_i.state == toe_conn_pkg::StInserted && asked && op_done_i && op_full_i;
  assign cnt_conn_opened_active_o = commit && q_i.act == toe_conn_pkg::ActActive;
  assign cnt_conn_opened_passive_o = commit && q_i.act == toe_conn_pkg::ActSyn;
  assign cnt_syn_no_listener_o = q_i.state == toe_conn_pkg::StSynFound && op_done_i && !op_hit_i &&
                                 q_i.seg.flags[toe_pkg::FlagSyn] && !port_hit_i;
  assign cnt_syn_backlog_full_o = none_waits || asked_full;
  assign cnt_time_wait_reused_o = commit && q_i.act == toe_conn_pkg::ActSyn && q_i.reuse;
  assign cnt_syn_cookies_sent_o = q_i.state == toe_conn_pkg::StSynAck && rst_ready_i;
  assign cnt_syn_cookies_taken_o = commit && q_i.act == toe_conn_pkg::ActSyn &&
                                   q_i.job == toe_conn_pkg::JobAck;

endmodule
