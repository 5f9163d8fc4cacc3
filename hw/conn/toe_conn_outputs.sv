// SPDX-License-Identifier: Apache-2.0
// What toe_conn_ctrl says and does in each of its states: reads and writes of records and lists,
// work for the lookup and the hash, words to the engines, the host and the wire, counts.
// Combinational.
module toe_conn_outputs (
  // What the sequencer is at: its state, and what that works on.
  input  logic [4:0]              state_i,
  input  logic [3:0]              job_i,
  input  logic [2:0]              act_i,
  input  logic                    wait_i,
  input  logic [1:0]              end_kind_i,
  input  logic [7:0]              status_i,
  input  logic                    reset_i,
  input  logic [31:0]             iss_i,
  input  logic [31:0]             response_id_i,
  input  toe_pkg::command_t       command_i,
  input  toe_pkg::segment_t       seg_i,
  input  logic                    syn_refused_i,
  input  toe_pkg::tuple_t         tuple_i,
  input  logic [31:0]             ipv4_i,
  input  logic                    use_ts_i,
  input  logic [15:0]             conn_i,
  input  toe_conn_pkg::meta_t     meta_i,

  // The listener in hand, and the place in its list.
  input  logic [5:0]              list_i,
  input  toe_conn_pkg::listener_t listener_i,
  input  logic [15:0]             list_gen_i,
  input  logic                    list_mine_i,
  input  logic                    list_owned_i,
  input  logic                    first_i,
  input  logic [15:0]             cur_i,
  input  logic [15:0]             prev_i,

  // What is around it, as in toe_conn_ctrl.
  input  logic                    wait_full_i,
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
  output logic [63:0]             hash_word0_o,
  output logic [63:0]             hash_word1_o,
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
  output logic                    cnt_syn_backlog_full_o
);

  assign free_take_o = state_i == toe_conn_pkg::StCommit &&
                       (act_i == toe_conn_pkg::ActActive || act_i == toe_conn_pkg::ActListen);
  assign recycled_o = state_i == toe_conn_pkg::StClose && job_i == toe_conn_pkg::JobRecycle;

  // ---- records and lists
  logic ends_in_wait;
  assign ends_in_wait = state_i == toe_conn_pkg::StExec && job_i == toe_conn_pkg::JobEnd &&
                        meta_i.alive && !meta_i.listed && end_kind_i == toe_pkg::EndTimeWait &&
                        !meta_i.time_wait && !wait_full_i;
  assign wait_push_o = ends_in_wait;

  assign meta_read_o = state_i == toe_conn_pkg::StRead || state_i == toe_conn_pkg::StInsert ||
                       (state_i == toe_conn_pkg::StWalkLatch && !wait_i);
  assign meta_write_o = state_i == toe_conn_pkg::StClose || state_i == toe_conn_pkg::StCommit ||
                        ends_in_wait;
  always_comb begin
    meta_o = meta_i;
    if (state_i == toe_conn_pkg::StClose) meta_o.alive = 1'b0;
    if (ends_in_wait) meta_o.time_wait = 1'b1;
  end

  logic append;
  toe_conn_lists u_lists (
    .open_i        (listener_open_o),
    .append_i      (append),
    .unlink_i      (state_i == toe_conn_pkg::StUnlinkCheck && cur_i == conn_i),
    .pop_i         (state_i == toe_conn_pkg::StCommit && act_i == toe_conn_pkg::ActSyn),
    .conn_i,
    .qp_i          (command_i.qp),
    .first_i,
    .cur_i,
    .prev_i,
    .data_i        (listener_i),
    .generation_i  (list_gen_i),
    .next_i,
    .next_write_o,
    .next_waddr_o,
    .next_o,
    .listener_write_o,
    .listener_o
  );
  assign append = state_i == toe_conn_pkg::StCommit && meta_i.listed;
  assign listener_read_o = state_i == toe_conn_pkg::StListRead;
  assign listener_index_o = (state_i == toe_conn_pkg::StListen) ? listener_free_i : list_i;
  assign listener_open_o = state_i == toe_conn_pkg::StListen && !port_hit_i && !listeners_full_i;
  assign listener_close_o = state_i == toe_conn_pkg::StListExec &&
                            job_i == toe_conn_pkg::JobUnlisten && list_owned_i;
  assign next_read_o = meta_read_o || state_i == toe_conn_pkg::StUnlink;

  // ---- lookup and hash
  logic relisten_start, finding, inserting;
  assign relisten_start = state_i == toe_conn_pkg::StListExec && job_i == toe_conn_pkg::JobEnd &&
                          list_mine_i;
  assign op_start_o = state_i == toe_conn_pkg::StSynFind || state_i == toe_conn_pkg::StInsert ||
                      relisten_start || (state_i == toe_conn_pkg::StClose && meta_i.in_table);
  assign finding = state_i == toe_conn_pkg::StSynFind || state_i == toe_conn_pkg::StSynFound;
  assign inserting = state_i == toe_conn_pkg::StInsert || state_i == toe_conn_pkg::StInserted;
  assign op_o = finding ? toe_conn_pkg::OpFind :
                inserting ? toe_conn_pkg::OpInsert : toe_conn_pkg::OpDelete;

  // Initial sequence number: SipHash-2-4 of the 12 bytes local_ip, remote_ip, local_port,
  // remote_port, each little endian. Port offset (RFC 6056 algorithm 3): of the 10 bytes local_ip,
  // remote_ip, remote_port. The lengths keep the two apart.
  logic for_port;
  assign for_port = state_i == toe_conn_pkg::StDecode;
  assign hash_start_o = state_i == toe_conn_pkg::StDecode || state_i == toe_conn_pkg::StSynFind ||
                        (state_i == toe_conn_pkg::StInsert && job_i == toe_conn_pkg::JobConnect);
  assign hash_word0_o = {tuple_i.remote_ip[31:0], ipv4_i};
  assign hash_word1_o = for_port ? {8'd10, 40'd0, tuple_i.remote_port}
                                 : {8'd12, 24'd0, tuple_i.remote_port, tuple_i.local_port};

  // ---- outputs
  toe_conn_words u_words (
    .act_i,
    .conn_i,
    .meta_i,
    .command_i,
    .seg_i,
    .iss_i,
    .use_ts_i,
    .status_i,
    .reset_i,
    .response_id_i,
    .rx_ctl_o,
    .tx_ctl_o,
    .open_report_o,
    .response_o,
    .rst_o
  );
  assign open_report_valid_o = state_i == toe_conn_pkg::StReport;
  assign rx_ctl_valid_o = state_i == toe_conn_pkg::StRx;
  assign tx_ctl_valid_o = state_i == toe_conn_pkg::StTx;
  assign response_valid_o = state_i == toe_conn_pkg::StRespond;
  assign rst_valid_o = state_i == toe_conn_pkg::StRst;

  assign cnt_conn_opened_active_o = state_i == toe_conn_pkg::StCommit &&
                                    act_i == toe_conn_pkg::ActActive;
  assign cnt_conn_opened_passive_o = state_i == toe_conn_pkg::StCommit &&
                                     act_i == toe_conn_pkg::ActSyn;
  assign cnt_syn_no_listener_o = state_i == toe_conn_pkg::StSynFound && op_done_i && !op_hit_i &&
                                 !syn_refused_i && !port_hit_i;
  assign cnt_syn_backlog_full_o = (state_i == toe_conn_pkg::StListExec &&
                                   job_i == toe_conn_pkg::JobSyn &&
                                   listener_i.count == 17'd0) ||
                                  (state_i == toe_conn_pkg::StInserted &&
                                   job_i == toe_conn_pkg::JobSyn && op_done_i && op_full_i);

  logic unused;
  assign unused = ^{tuple_i};

endmodule
